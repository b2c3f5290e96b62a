//! One scout on one target: read its files, let the scout judge, make lines.

use std::path::Path;

use anyhow::Context as _;
use il_ci::files::Files;
use il_core::config::Target;
use il_core::id::RunId;
use il_core::line::Line;
use il_core::mirror::{Source, TargetError};
use il_core::say::Say;
use il_core::snapshot::Snapshot;

use crate::assignments::{Assignment, unknown_target};
use crate::scouts::{self, Finding, Report};

mod folder;

/// Looks, and returns the candidates as lines.
///
/// # Errors
/// When the scout could not look: never an empty answer instead.
pub fn look(
    assignment: &Assignment,
    target: Option<&Target>,
    run: Option<&RunId>,
    say: &mut Say,
) -> anyhow::Result<Vec<Line>> {
    let target = target.ok_or_else(|| unknown_target(&assignment.alias))?;
    let (files, place) = open(assignment.alias.as_str(), target)?;
    let scout = scouts::find(&assignment.domain).context("the domain was checked before")?;
    let Report { findings, looked_at, unread } = (scout.look)(&*files, &assignment.alias);
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
    Ok(findings.into_iter().map(|finding| line(finding, run)).collect())
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
            let base = source.base(target.branch.as_deref())?;
            let snapshot = Snapshot::of(source.git(), &base.sha)?;
            let name = base.branch.as_deref().unwrap_or("detached HEAD");
            let place = format!("{name} at {}", &base.sha[..10.min(base.sha.len())]);
            Ok((Box::new(snapshot), place))
        }
        Err(TargetError::NoRepo { path, .. }) => {
            let files = folder::Folder::read(Path::new(&path))?;
            Ok((Box::new(files), "a folder, not a git repo: nothing here can be implemented".into()))
        }
        Err(error) => Err(stop(error).into()),
    }
}

fn stop(error: TargetError) -> il_core::exit::Stop {
    let hint = error.hint();
    let stop = il_core::exit::Stop::new(error.to_string());
    match hint {
        Some(hint) => stop.hint(hint),
        None => stop,
    }
}
