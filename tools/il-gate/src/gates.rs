//! The gates, one file each plus one line in the list.

mod file;
mod scope;

use il_core::paths::Scope;

use crate::change::Change;

/// One gate: a class of rules.
pub struct Gate {
    /// Checks a change.
    pub check: fn(&Change, &Limits) -> Vec<Finding>,
}

/// All gates.
pub const ALL: &[Gate] = &[scope::GATE, file::GATE];

/// What a change may be.
pub struct Limits {
    /// The paths it may touch; `None` when everything.
    pub scope: Option<Scope>,
    /// Files changed at most.
    pub files: usize,
    /// Bytes of one file at most.
    pub file_bytes: u64,
}

/// One reason to block.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// `<gate>.<rule>`.
    pub rule: &'static str,
    /// Where.
    pub path: String,
    /// What was seen.
    pub what: String,
    /// Why it is not allowed.
    pub why: &'static str,
    /// What to do instead.
    pub fix: &'static str,
}

impl Finding {
    /// The gate's name: the part before the dot.
    pub fn gate(&self) -> &'static str {
        self.rule.split('.').next().unwrap_or(self.rule)
    }
}
