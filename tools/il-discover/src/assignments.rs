//! What to look at: assignment lines, or flags.

use std::collections::BTreeMap;

use il_core::cli::{Context, Io};
use il_core::config::Target;
use il_core::exit::Stop;
use il_core::home::{Home, Run, select_targets, which_run};
use il_core::id::{Alias, RunId};
use il_core::line::{Line, LineError};
use il_core::lines::Rejects;
use il_core::member;

use crate::args::Args;
use crate::scouts;

/// One scout on one target.
pub struct Assignment {
    /// The scout's domain.
    pub domain: String,
    /// The target.
    pub alias: Alias,
}

/// Everything that is looked at.
pub struct Plan {
    /// In this order.
    pub assignments: Vec<Assignment>,
    /// Where the targets are.
    pub targets: BTreeMap<Alias, Target>,
    /// The run, inside one.
    pub run: Option<RunId>,
}

/// Takes the plan from the flags, else from stdin.
///
/// # Errors
/// On wrong use or configuration, and when stdin fails.
pub fn plan(args: &Args, io: &mut Io, context: &Context, rejects: &mut Rejects) -> anyhow::Result<Plan> {
    let home = Home::find(&args.common, context)?;
    if !args.domain.is_empty() || !args.target.is_empty() {
        let targets = select_targets(&args.target, &home.targets(), context)?;
        let domains: Vec<String> = if args.domain.is_empty() {
            scouts::names().map(str::to_owned).into()
        } else {
            args.domain.clone()
        };
        let assignments = targets
            .keys()
            .flat_map(|alias| {
                domains.iter().map(|domain| Assignment { domain: domain.clone(), alias: alias.clone() })
            })
            .collect();
        let run = which_run(&args.common, &[])?;
        return Ok(Plan { assignments, targets, run });
    }
    let lines = io.read_all(rejects)?;
    let run = which_run(&args.common, &lines)?;
    let targets = match &run {
        Some(run) => Run::load(&home, run)?.targets,
        None => home.targets(),
    };
    if let Some(run) = run.as_ref().filter(|_| args.stream.rejects.is_none()) {
        rejects.to(Run::folder(&home, run)?.join("rejects.ndjson"));
    }
    let mut assignments = Vec::new();
    for numbered in lines {
        match assignment(&numbered.line, &targets) {
            Ok(assignment) => assignments.push(assignment),
            Err(error) => rejects.refuse(&mut io.say, &numbered, &error)?,
        }
    }
    Ok(Plan { assignments, targets, run })
}

fn assignment(line: &Line, targets: &BTreeMap<Alias, Target>) -> Result<Assignment, LineError> {
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
    if !targets.contains_key(&assignment.target_repo) {
        let aliases: Vec<_> = targets.keys().map(Alias::as_str).collect();
        let expected = format!("one of {}", il_core::text::list(&aliases));
        let found = format!("`{}`", assignment.target_repo);
        return Err(LineError::new("assignment.target_repo", expected, found));
    }
    Ok(Assignment { domain: assignment.domain, alias: assignment.target_repo })
}

/// The error for a target that nobody knows.
pub fn unknown_target(alias: &Alias) -> Stop {
    Stop::new(format!("target `{alias}` is not known")).hint(format!("--target {alias}=FOLDER"))
}
