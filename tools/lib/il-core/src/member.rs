//! What each tool adds to a line: one member per tool, written by no other.

mod assignment;
mod discover;
mod implement;
mod ship;
mod triage;

pub use assignment::{Assignment, AssignmentLine};
pub use discover::{Claim, Discover, Evidence, Recipe};
pub use implement::{Check, CheckStatus, GateResult, Implement, Request, Status};
pub use ship::{Pipeline, PipelineStatus, Ship, ShipVerdict};
pub use triage::{DecidedBy, Reason, Score, Triage, Verdict};

use crate::candidate::Candidate;

/// A whole candidate line, for the schema: each tool reads and writes only its part.
#[derive(serde::Deserialize, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(title = "candidate"))]
pub struct CandidateLine {
    /// The candidate itself.
    #[serde(flatten)]
    pub candidate: Candidate,
    /// What il-discover found.
    #[serde(default)]
    pub discover: Option<Discover>,
    /// What il-triage decided.
    #[serde(default)]
    pub triage: Option<Triage>,
    /// What il-implement did.
    #[serde(default)]
    pub implement: Option<Implement>,
    /// What il-ship saw.
    #[serde(default)]
    pub ship: Option<Ship>,
}
