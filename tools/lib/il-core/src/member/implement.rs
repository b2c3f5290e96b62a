//! What il-implement adds.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::candidate::Candidate;
use crate::member::Reason;
use crate::money::MicroDollars;

/// What was done about an accepted candidate.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Implement {
    /// How it ended.
    pub status: Status,
    /// Why, where the status alone does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Who did the work: `recipe`, `claude`, …
    pub worker: String,
    /// How often it was tried.
    pub attempts: u32,
    /// The branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The commit it starts from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_sha: Option<String>,
    /// The branch that it should be merged into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_branch: Option<String>,
    /// Our commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head_sha: Option<String>,
    /// The folder left for inspection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worktree: Option<PathBuf>,
    /// The merge request, once it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Request>,
    /// What it cost.
    pub cost_usd: MicroDollars,
    /// Tokens used.
    pub tokens: u64,
    /// Wall-clock time.
    pub elapsed_seconds: f64,
    /// What the change means, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<String>,
    /// What each gate said.
    #[serde(default)]
    pub gates: Vec<GateResult>,
    /// What was verified.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// How the work was fenced in: `none` where nothing of the target was run.
    pub sandbox: String,
    /// What turned out to lie outside the scope, as candidates of their own.
    #[serde(default)]
    pub spillover: Vec<Candidate>,
}

impl Implement {
    /// A result that says only how it ended.
    #[must_use]
    pub fn ended(status: Status, worker: &str, reason: Option<Reason>) -> Self {
        Self {
            status,
            reason,
            worker: worker.to_owned(),
            attempts: 0,
            branch: None,
            base_sha: None,
            base_branch: None,
            head_sha: None,
            worktree: None,
            request: None,
            cost_usd: MicroDollars::ZERO,
            tokens: 0,
            elapsed_seconds: 0.0,
            effects: Vec::new(),
            gates: Vec::new(),
            checks: Vec::new(),
            sandbox: "none".to_owned(),
            spillover: Vec::new(),
        }
    }
}

/// How an implementation ended.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Status {
    /// Committed and gated, not yet published.
    Ready,
    /// The merge request is open.
    Opened,
    /// There was nothing to change.
    NoChange,
    /// The target's main already has it.
    AlreadyDone,
    /// A gate said no.
    GateBlocked,
    /// It would have changed files outside its target paths.
    OutOfScope,
    /// The target's own checks failed.
    ChecksFailed,
    /// It took too long.
    Timeout,
    /// It cost too much.
    OverBudget,
    /// The worker or the recipe could not do it.
    WorkerFailed,
    /// Somebody stopped the run.
    Interrupted,
    /// Not started; can be tried later.
    Deferred,
    /// No recipe knows it and no worker is there.
    NeedsWorker,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 13] = [
        Self::Ready,
        Self::Opened,
        Self::NoChange,
        Self::AlreadyDone,
        Self::GateBlocked,
        Self::OutOfScope,
        Self::ChecksFailed,
        Self::Timeout,
        Self::OverBudget,
        Self::WorkerFailed,
        Self::Interrupted,
        Self::Deferred,
        Self::NeedsWorker,
    ];

    /// The word on the line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Opened => "opened",
            Self::NoChange => "no-change",
            Self::AlreadyDone => "already-done",
            Self::GateBlocked => "gate-blocked",
            Self::OutOfScope => "out-of-scope",
            Self::ChecksFailed => "checks-failed",
            Self::Timeout => "timeout",
            Self::OverBudget => "over-budget",
            Self::WorkerFailed => "worker-failed",
            Self::Interrupted => "interrupted",
            Self::Deferred => "deferred",
            Self::NeedsWorker => "needs-worker",
        }
    }
}

/// A merge request.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Request {
    /// Where it lives: `local`, `gitlab`, `github`.
    pub forge: String,
    /// Its number there.
    pub iid: u64,
    /// Where a person reads it: an address, or a file's path on the local forge.
    pub url: String,
}

/// What one gate said.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GateResult {
    /// The gate's class: `scope`, `file`, …
    pub gate: String,
    /// How many findings it had; 0 is clean.
    pub findings: usize,
    /// The first finding, for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Something that was verified.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Check {
    /// What was run, or the name of our own verification.
    pub name: String,
    /// How it went.
    pub status: CheckStatus,
    /// The result in words.
    pub detail: String,
}

/// How a check went.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum CheckStatus {
    /// It passed.
    Passed,
    /// It failed.
    Failed,
    /// It was not run; never counts as passed.
    NotRun,
}
