//! The gates, run as their own program: what cannot be run has not passed.

use std::time::Duration;

use il_core::candidate::Candidate;
use il_core::config::GateLimits;
use il_core::git::Git;
use il_core::member::GateResult;
use il_core::process::{Ending, Program, beside_us};
use serde::Deserialize;

/// Longest time for the gates on one change.
const LIMIT: Duration = Duration::from_secs(300);

/// What the gates said.
pub enum Gated {
    /// Nothing to object to.
    Clean(Vec<GateResult>),
    /// Blocked, by these.
    Blocked(Vec<GateResult>),
}

/// What is read of a finding line.
#[derive(Deserialize)]
struct Finding {
    gate: String,
    rule: String,
    path: String,
    what: String,
}

/// Runs il-gate on the difference between two commits.
///
/// # Errors
/// When it is missing, fails, or answers nonsense: then the change is blocked too.
pub fn check(
    git: &Git,
    base: &str,
    head: &str,
    candidate: &Candidate,
    limits: &GateLimits,
) -> Result<Gated, String> {
    let mut program = beside_us("il-gate")
        .and_then(Program::new)
        .map_err(|error| format!("no change passes without its gate: {error}"))?
        .args(["diff", "--quiet", "--base", base, "--head", head])
        .arg("--repo")
        .arg(git.git_dir())
        .arg(format!("--max-files={}", limits.files))
        .arg(format!("--max-bytes={}", limits.file_bytes))
        .folder(git.git_dir())
        .limit(LIMIT);
    for path in &candidate.target_paths {
        program = program.arg(format!("--target-path={path}"));
    }
    let outcome = program.run().map_err(|error| error.to_string())?;
    match outcome.ending {
        Ending::Code(0) if outcome.stdout.is_empty() => {
            let clean = |gate: &str| GateResult { gate: gate.into(), findings: 0, detail: None };
            Ok(Gated::Clean(vec![clean("diff")]))
        }
        Ending::Code(3) => blocked(&outcome.stdout),
        ending => {
            let why = il_core::text::single_line(&String::from_utf8_lossy(&outcome.stderr), 200);
            Err(format!("il-gate ended with {ending:?}: {why}"))
        }
    }
}

fn blocked(stdout: &[u8]) -> Result<Gated, String> {
    let mut results: Vec<GateResult> = Vec::new();
    for line in String::from_utf8_lossy(stdout).lines() {
        let finding: Finding =
            serde_json::from_str(line).map_err(|error| format!("il-gate answered nonsense: {error}"))?;
        match results.iter_mut().find(|result| result.gate == finding.gate) {
            Some(result) => result.findings += 1,
            None => results.push(GateResult {
                gate: finding.gate,
                findings: 1,
                detail: Some(format!("{}: `{}`: {}", finding.rule, finding.path, finding.what)),
            }),
        }
    }
    if results.is_empty() {
        return Err("il-gate blocked without a finding".into());
    }
    Ok(Gated::Blocked(results))
}
