//! The checks, one file each plus one line in the list.

mod gates;
mod targets;
mod worker;

use il_core::home::Run;

/// One check.
pub struct Check {
    /// Looks before the run begins, and says what it saw.
    pub look: fn(&Run) -> Vec<CheckResult>,
}

/// All checks.
pub const ALL: &[Check] = &[targets::CHECK, gates::CHECK, worker::CHECK];

/// How a check ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// All is well.
    Passed,
    /// A person should know.
    Warning,
    /// Nothing may start.
    Failed,
}

/// One row of the table.
#[derive(Debug)]
pub struct CheckResult {
    /// What was looked at.
    pub name: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What was seen.
    pub detail: String,
    /// How to mend it.
    pub hint: Option<String>,
}

impl CheckResult {
    fn new(name: impl Into<String>, outcome: Outcome, detail: impl Into<String>) -> Self {
        Self { name: name.into(), outcome, detail: detail.into(), hint: None }
    }
}
