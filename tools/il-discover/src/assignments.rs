//! What to look at: assignment lines, or flags.

use il_core::cli::{Context, Io};
use il_core::id::Alias;
use il_core::line::{Line, LineError};
use il_core::lines::Rejects;
use il_core::member;
use il_core::session::Session;

use crate::args::Args;
use crate::scouts;

/// One scout on one target.
pub struct Assignment {
    /// The scout's domain.
    pub domain: String,
    /// The target.
    pub alias: Alias,
}

/// Takes the assignments from the flags, else from stdin.
///
/// # Errors
/// On wrong use or configuration, and when stdin fails.
pub fn plan(
    args: &Args,
    io: &mut Io,
    context: &Context,
    rejects: &mut Rejects,
) -> anyhow::Result<(Session, Vec<Assignment>)> {
    if !args.domain.is_empty() || !args.target.is_empty() {
        let session = Session::open(&args.common, &args.target, &[], context)?;
        let all = scouts::names().map(str::to_owned);
        let domains: &[String] = if args.domain.is_empty() { &all } else { &args.domain };
        let on = |alias: &Alias| {
            let alias = alias.clone();
            domains.iter().map(move |domain| Assignment { domain: domain.clone(), alias: alias.clone() })
        };
        let assignments = session.selected.keys().flat_map(on).collect();
        return Ok((session, assignments));
    }
    let lines = io.read_all(rejects)?;
    let session = Session::open(&args.common, &[], &lines, context)?;
    session.keep_rejects(rejects, &args.stream)?;
    let mut assignments = Vec::new();
    for numbered in lines {
        match assignment(&numbered.line, &session) {
            Ok(assignment) => assignments.push(assignment),
            Err(error) => rejects.refuse(&mut io.say, &numbered, &error)?,
        }
    }
    Ok((session, assignments))
}

fn assignment(line: &Line, session: &Session) -> Result<Assignment, LineError> {
    if !line.has("assignment") && line.has("id") {
        let mut error = LineError::new("", "an assignment line", "a candidate");
        error.hint = Some("candidates go to il-triage: il-discover | il-triage");
        return Err(error);
    }
    let assignment: member::Assignment =
        line.require("assignment", "an object with run, domain, target_repo and budget_usd")?;
    if !scouts::names().contains(&assignment.domain.as_str()) {
        let expected = format!("one of {}", il_core::text::list(&scouts::names()));
        let found = il_core::text::quote(&assignment.domain);
        return Err(LineError::new("assignment.domain", expected, found));
    }
    if !session.targets.contains_key(&assignment.target_repo) {
        let aliases: Vec<_> = session.targets.keys().map(Alias::as_str).collect();
        let expected = format!("one of {}", il_core::text::list(&aliases));
        let found = format!("`{}`", assignment.target_repo);
        return Err(LineError::new("assignment.target_repo", expected, found));
    }
    Ok(Assignment { domain: assignment.domain, alias: assignment.target_repo })
}
