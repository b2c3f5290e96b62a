//! What il-ship adds.

use serde::{Deserialize, Serialize};

/// What came of the merge request.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ship {
    /// The decision.
    pub verdict: ShipVerdict,
    /// What the pipeline of our commit said.
    pub pipeline: Pipeline,
    /// What a reviewer said; absent where none is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<String>,
    /// The claim against what was measured, where it could be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured: Option<String>,
    /// Labels on the merge request afterwards.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Why, for a person.
    pub note: String,
}

/// What a person should do with the merge request.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ShipVerdict {
    /// Green and clean.
    AutoMergeable,
    /// Somebody should look.
    NeedsReview,
    /// Red: closed with an explanation.
    Failed,
    /// Waits for something that only a person can do.
    Blocked,
    /// Another change made it needless.
    Superseded,
    /// A person acted: hands off.
    TakenOver,
    /// Not decided yet.
    Pending,
}

impl ShipVerdict {
    /// Every verdict.
    pub const ALL: [Self; 7] = [
        Self::AutoMergeable,
        Self::NeedsReview,
        Self::Failed,
        Self::Blocked,
        Self::Superseded,
        Self::TakenOver,
        Self::Pending,
    ];

    /// The word on the line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::AutoMergeable => "auto-mergeable",
            Self::NeedsReview => "needs-review",
            Self::Failed => "failed",
            Self::Blocked => "blocked",
            Self::Superseded => "superseded",
            Self::TakenOver => "taken-over",
            Self::Pending => "pending",
        }
    }
}

/// The pipeline of exactly our commit.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Pipeline {
    /// How it ended.
    pub status: PipelineStatus,
    /// The commit it ran on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha: Option<String>,
    /// What ran: the command on the local forge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// How long it took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elapsed_seconds: Option<f64>,
    /// The last lines of its output.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tail: String,
}

/// How a pipeline ended.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum PipelineStatus {
    /// Green.
    Success,
    /// Red.
    Failed,
    /// It did not end in time.
    Timeout,
    /// None ran: never counts as green.
    Missing,
}
