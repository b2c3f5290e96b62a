//! `il-gate`: hard checks of a change. Deterministic, no network, no model.
//!
//! Reads two commits of a repo; writes one line per finding. Blocks on any
//! finding, and on anything that it could not read. Exit 0 clean; 3 blocked;
//! 2 wrong use, or it could not look: treat both as blocked.

mod args;
mod change;
mod gates;

pub use args::Args;

use il_core::cli::{Context, Io};
use il_core::exit::{Exit, Stop};
use il_core::git::Git;
use il_core::home::Home;
use il_core::line::Line;
use il_core::lines::Writer;
use il_core::paths::Scope;
use il_core::text::count;

use crate::args::{Diff, What};
use crate::change::Change;
use crate::gates::{Finding, Limits};

/// Runs the tool.
///
/// # Errors
/// On wrong use, and when the repo cannot be read.
pub fn run(args: Args, io: &mut Io, context: &Context) -> anyhow::Result<Exit> {
    let config = Home::find(&args.common, context)?.config.gates;
    let What::Diff(diff) = args.what;
    let limits = Limits {
        scope: (!diff.target_path.is_empty()).then(|| Scope::new(&diff.target_path)),
        files: diff.max_files.unwrap_or(config.files),
        file_bytes: diff.max_bytes.unwrap_or(config.file_bytes),
    };
    let change = read(&diff, context)?;
    let findings: Vec<Finding> = gates::ALL.iter().flat_map(|gate| (gate.check)(&change, &limits)).collect();
    let output = std::mem::replace(&mut io.output, Box::new(std::io::sink()));
    let mut writer = Writer::new(output);
    for finding in &findings {
        io.say.error(&format!("gate `{}` blocked `{}`: {}", finding.rule, finding.path, finding.what));
        writer.write(&line(finding))?;
    }
    writer.flush()?;
    if findings.is_empty() {
        io.say.detail(&format!("{}: clean", count(change.files.len(), "changed file")));
        return Ok(Exit::Done);
    }
    Ok(Exit::Refused)
}

fn read(diff: &Diff, context: &Context) -> anyhow::Result<Change> {
    let git = Git::discover(&context.folder.join(&diff.repo)).map_err(Stop::from)?;
    let commit = |rev: &str| -> anyhow::Result<String> {
        let found = git.commit(rev).map_err(Stop::from)?;
        Ok(found.ok_or_else(|| Stop::new(format!("`{rev}` is no commit of this repo")))?)
    };
    let (base, head) = (commit(&diff.base)?, commit(&diff.head)?);
    Ok(Change::between(&git, &base, &head)?)
}

fn line(finding: &Finding) -> Line {
    let mut line = Line::empty();
    line.set("gate", &finding.gate());
    line.set("rule", &finding.rule);
    line.set("path", &finding.path);
    line.set("what", &finding.what);
    line.set("why", &finding.why);
    line.set("fix", &finding.fix);
    line
}
