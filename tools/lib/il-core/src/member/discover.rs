//! What il-discover adds.

use serde::{Deserialize, Serialize};

use crate::id::RunId;
use crate::money::MicroDollars;
use crate::paths::RepoPath;

/// How the candidate was found and what it rests on.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Discover {
    /// The run; absent outside one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// Where it was looked for: `ci`, …
    pub domain: String,
    /// What kind of improvement: `ci-no-cache`, …
    pub kind: String,
    /// Canonical name of the idea: `<alias>/<kind>/<subject>`; ten rephrasings share it.
    pub key: String,
    /// What it rests on.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    /// What will be measurably better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<Claim>,
    /// The deterministic fix, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipe: Option<Recipe>,
    /// Who judged value, effort and risk: `rules`, `claude`, …
    pub assessed_by: String,
    /// What finding it cost.
    pub cost_usd: MicroDollars,
}

/// One piece of evidence: a place in the repo, or an address outside.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Evidence {
    /// The file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<RepoPath>,
    /// The line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The text there, without its indentation.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Where it was read, for evidence from outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// What will be measurably better.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Claim {
    /// What is measured, in words.
    pub what: String,
    /// In which unit: `seconds-per-run`, `runs`, `correctness`, …
    pub unit: String,
    /// The value before, where it was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<f64>,
    /// The value expected, where it can be computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<f64>,
}

/// A deterministic fix by name.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Recipe {
    /// One of il-implement's recipes.
    pub name: String,
    /// What it needs to know; each recipe documents its own.
    #[serde(default)]
    pub arguments: serde_json::Map<String, serde_json::Value>,
}
