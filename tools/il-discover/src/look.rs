//! One scout on one target: read its files, let the scout judge, make lines.

use anyhow::Context as _;
use il_ci::files::Files;
use il_core::config::Target;
use il_core::exit::Stop;
use il_core::id::RunId;
use il_core::interrupt;
use il_core::line::Line;
use il_core::mirror::{Source, TargetError};
use il_core::say::Say;
use il_core::session::Session;
use il_core::snapshot::Snapshot;

use crate::assignments::Assignment;
use crate::scouts::{self, Finding, Report};

mod folder;

/// Looks, and returns the candidates as lines.
///
/// # Errors
/// When the scout could not look: never an empty answer instead.
pub fn look(assignment: &Assignment, session: &Session, say: &mut Say) -> anyhow::Result<Vec<Line>> {
    let target = session.target(&assignment.alias)?;
    let (files, place) = open(assignment.alias.as_str(), target)?;
    let scout = scouts::find(&assignment.domain).context("the domain was checked before")?;
    let Report { findings, looked_at, unread } =
        interrupt::while_idle(|| (scout.look)(&*files, &assignment.alias));
    if let Some(problem) = files.problem() {
        anyhow::bail!("{problem}");
    }
    for (path, why) in &unread {
        say.warn(&format!("`{path}` was not understood: {why}"));
    }
    say.note(&format!(
        "{} in `{}` ({place}): {} looked at, {}, {} not understood",
        assignment.domain,
        assignment.alias,
        il_core::text::count(looked_at, "file"),
        il_core::text::count(findings.len(), "candidate"),
        unread.len(),
    ));
    let mut lines = Vec::new();
    for finding in findings {
        let id = finding.candidate.id.clone();
        let line = line(finding, session.run_id());
        // What we write can always be read again; a job list of 64 KiB cannot.
        match Line::parse(line.to_string()) {
            Ok(line) => lines.push(line),
            Err(error) => say.warn(&format!("`{id}` is left out: {error}")),
        }
    }
    Ok(lines)
}

fn line(finding: Finding, run: Option<&RunId>) -> Line {
    let Finding { candidate, mut discover } = finding;
    discover.run = run.cloned();
    let mut line = candidate.to_line();
    line.set("discover", &discover);
    line
}

/// The files of the target: of its base commit, or of the plain folder where it is no repo.
fn open(alias: &str, target: &Target) -> anyhow::Result<(Box<dyn Files>, String)> {
    match Source::open(alias, &target.path) {
        Ok(source) => {
            let base = source.base(target.branch.as_deref()).map_err(TargetError::into_stop)?;
            let snapshot = Snapshot::of(source.git(), &base.sha).map_err(Stop::from)?;
            let name = base.branch.as_deref().unwrap_or("detached HEAD");
            let place = format!("{name} at {}", &base.sha[..10.min(base.sha.len())]);
            Ok((Box::new(snapshot), place))
        }
        Err(TargetError::NoRepo { path, .. }) => {
            let files = folder::Folder::read(&path)?;
            Ok((Box::new(files), "a folder, not a git repo: nothing here can be implemented".into()))
        }
        Err(error) => Err(error.into_stop().into()),
    }
}
