//! What il-triage adds.

use serde::{Deserialize, Serialize};

use crate::money::MicroDollars;

/// What triage decided and why.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Triage {
    /// The decision.
    pub verdict: Verdict,
    /// Every rule that had a say.
    #[serde(default)]
    pub reasons: Vec<Reason>,
    /// The score and its factors; absent in a decision written by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    /// Place among the lines that were ranked, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<usize>,
    /// Ids of the duplicates whose evidence this line also stands for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged_evidence: Vec<String>,
    /// What implementing it is expected to cost.
    #[serde(default)]
    pub quote_usd: MicroDollars,
    /// What implementing it may cost at most.
    #[serde(default)]
    pub budget_usd: MicroDollars,
    /// Who decided.
    #[serde(default)]
    pub decided_by: DecidedBy,
}

/// What happens to a candidate.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Verdict {
    /// Good enough, waiting for a person.
    Proposed,
    /// To be implemented.
    Accepted,
    /// Not wanted.
    Discarded,
    /// Not without a person's help.
    Held,
    /// Good, but others are better.
    BelowCut,
}

impl Verdict {
    /// The word on the line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Accepted => "accepted",
            Self::Discarded => "discarded",
            Self::Held => "held",
            Self::BelowCut => "below-cut",
        }
    }
}

/// A rule and what it saw.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reason {
    /// The rule's name.
    pub rule: String,
    /// What it saw, for a person.
    pub detail: String,
}

/// `value = risk × reversibility × weight / effort_hours`, with each factor.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Score {
    /// The score.
    pub value: f64,
    /// Points for the risk.
    pub risk: f64,
    /// Points for the reversibility.
    pub reversibility: f64,
    /// The effective weight.
    pub weight: f64,
    /// The effort in hours.
    pub effort_hours: f64,
}

/// Who decided.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum DecidedBy {
    /// A rule of triage.
    Rule,
    /// `--auto`.
    Auto,
    /// A person: at the gate, with `--accept`, `--reviewed` or their own jq.
    #[default]
    Human,
}
