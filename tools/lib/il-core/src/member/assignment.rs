//! What il-preflight hands to il-discover.

use serde::{Deserialize, Serialize};

use crate::id::{Alias, RunId};
use crate::money::MicroDollars;

/// One line from il-preflight to il-discover.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(title = "assignment"))]
pub struct AssignmentLine {
    /// What to look at.
    pub assignment: Assignment,
}

/// One scout on one target.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// The run it belongs to.
    pub run: RunId,
    /// Where to look: `ci`, …
    pub domain: String,
    /// Which repo.
    pub target_repo: Alias,
    /// What it may spend at most.
    pub budget_usd: MicroDollars,
}
