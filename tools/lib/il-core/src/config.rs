//! `improve-loop.toml`: what may be improved, how much, and where the numbers come from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::exit::Stop;
use crate::id::Alias;
use crate::money::MicroDollars;
use crate::nearest::nearest;
use crate::text::list;

/// The name of the file.
pub const FILE: &str = "improve-loop.toml";

/// The whole configuration; every member has a default.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(title = "config"))]
pub struct Config {
    /// Who thinks and edits.
    pub mode: Mode,
    /// How much is done in one run.
    pub intensity: Intensity,
    /// The repos that may be improved, by alias; without any, the home repo.
    pub targets: BTreeMap<Alias, Target>,
    /// The numbers behind each intensity.
    pub intensities: Intensities,
    /// The tables of the score.
    pub score: ScoreTables,
    /// What a change may look like.
    pub gates: GateLimits,
    /// How merge requests are judged.
    pub ship: ShipRules,
}

/// Who thinks and edits.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Mode {
    /// Rules and recipes only: no model, no money.
    #[default]
    None,
    /// Claude Code.
    Claude,
    /// A model behind LiteLLM.
    Local,
    /// As local, unattended.
    Cron,
}

/// How much is done in one run.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Intensity {
    /// A quick look.
    Light,
    /// The weekly sweep.
    #[default]
    Medium,
    /// A backlog clean-up.
    Heavy,
}

impl fmt::Display for Intensity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Light => "light",
            Self::Medium => "medium",
            Self::Heavy => "heavy",
        })
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::None => "none",
            Self::Claude => "claude",
            Self::Local => "local",
            Self::Cron => "cron",
        })
    }
}

/// One repo that may be improved.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Target {
    /// Its folder, relative to the configuration.
    pub path: PathBuf,
    /// The branch to improve; without it, the repo's main branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The repo's own check: a shell command that exits 0 when all is well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
}

/// The numbers of all intensities.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Intensities {
    /// A quick look.
    pub light: Numbers,
    /// The weekly sweep.
    pub medium: Numbers,
    /// A backlog clean-up.
    pub heavy: Numbers,
}

/// The numbers of one intensity. A table in the file names all of them.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Numbers {
    /// Assignments at most.
    pub assignments: usize,
    /// Candidates accepted at most (K).
    pub candidates: usize,
    /// Dollars for the whole run.
    pub ceiling_usd: MicroDollars,
    /// Of it, dollars for discovery.
    pub discovery_usd: MicroDollars,
    /// Of it, dollars for implementation.
    pub implementation_usd: MicroDollars,
    /// Implementations at the same time.
    pub parallel: usize,
}

impl Default for Intensities {
    fn default() -> Self {
        let numbers = |assignments, candidates, ceiling, discovery, implementation, parallel| Numbers {
            assignments,
            candidates,
            ceiling_usd: MicroDollars::dollars(ceiling),
            discovery_usd: MicroDollars::dollars(discovery),
            implementation_usd: MicroDollars::dollars(implementation),
            parallel,
        };
        Self {
            light: numbers(3, 3, 1, 1, 0, 2),
            medium: numbers(6, 6, 15, 4, 11, 4),
            heavy: numbers(12, 8, 40, 8, 32, 8),
        }
    }
}

impl Config {
    /// The numbers of an intensity.
    #[must_use]
    pub fn numbers(&self, intensity: Intensity) -> &Numbers {
        match intensity {
            Intensity::Light => &self.intensities.light,
            Intensity::Medium => &self.intensities.medium,
            Intensity::Heavy => &self.intensities.heavy,
        }
    }
}

/// The tables of `risk × reversibility × weight / effort`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ScoreTables {
    /// Points for each risk.
    pub risk: RiskPoints,
    /// Points for each reversibility.
    pub reversibility: ReversibilityPoints,
    /// Weights by kind (`ci-no-cache`) or source (`gitlab-issue`); a line's own weight wins.
    pub weights: BTreeMap<String, f64>,
}

/// Points for each risk.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RiskPoints {
    /// For low risk.
    pub low: f64,
    /// For medium risk.
    pub medium: f64,
    /// For high risk.
    pub high: f64,
}

impl Default for RiskPoints {
    fn default() -> Self {
        Self { low: 1.0, medium: 0.6, high: 0.25 }
    }
}

/// Points for each reversibility.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReversibilityPoints {
    /// Undone at once.
    pub instant: f64,
    /// Undone within hours.
    pub hours: f64,
    /// Undone within days.
    pub days: f64,
    /// Never undone.
    pub irreversible: f64,
}

impl Default for ReversibilityPoints {
    fn default() -> Self {
        Self { instant: 1.0, hours: 0.7, days: 0.4, irreversible: 0.1 }
    }
}

/// What a change may look like.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GateLimits {
    /// Files changed at most.
    pub files: usize,
    /// Bytes of one changed file at most.
    pub file_bytes: u64,
}

impl Default for GateLimits {
    fn default() -> Self {
        Self { files: 100, file_bytes: 1024 * 1024 }
    }
}

/// How merge requests are judged.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ShipRules {
    /// A green recipe whose effect was proven needs no look of a person.
    pub trust_recipes: bool,
    /// Seconds that a target's check may take: 1 to 86400.
    pub check_seconds: u64,
}

impl Default for ShipRules {
    fn default() -> Self {
        Self { trust_recipes: false, check_seconds: 1800 }
    }
}

impl Config {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// Names file, line, key, what was expected and the nearest valid word.
    pub fn load(path: &Path) -> Result<Self, Stop> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Stop::new(format!("configuration `{}`: {error}", path.display())))?;
        let name = path.file_name().map_or(FILE.into(), |name| name.to_string_lossy().into_owned());
        Self::parse(&text, &name)
    }

    /// Reads configuration text; `name` is for messages.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(text: &str, name: &str) -> Result<Self, Stop> {
        let config: Self = toml::from_str(text).map_err(|error| explain(text, name, &error))?;
        config.check(text, name)?;
        Ok(config)
    }

    /// The rules that types alone cannot state.
    fn check(&self, text: &str, name: &str) -> Result<(), Stop> {
        let wrong = |key: &str, expected: &str, found: f64| {
            let word = key.rsplit('.').next().unwrap_or(key);
            let line = text.lines().position(|line| line.trim_start().starts_with(word));
            let place = line.map_or(String::new(), |line| format!(" line {}", line + 1));
            Stop::new(format!("`{name}`{place}: {key}: expected {expected}, found {found}"))
        };
        let ScoreTables { risk, reversibility, weights } = &self.score;
        let points = [
            ("score.risk.low", risk.low),
            ("score.risk.medium", risk.medium),
            ("score.risk.high", risk.high),
            ("score.reversibility.instant", reversibility.instant),
            ("score.reversibility.hours", reversibility.hours),
            ("score.reversibility.days", reversibility.days),
            ("score.reversibility.irreversible", reversibility.irreversible),
        ];
        for (key, value) in points {
            if !(0.0..=1.0).contains(&value) {
                return Err(wrong(key, "a number from 0 to 1", value));
            }
        }
        let seconds = self.ship.check_seconds;
        if !(1..=86_400).contains(&seconds) {
            return Err(wrong("ship.check_seconds", "a number from 1 to 86400", seconds as f64));
        }
        for (kind, weight) in weights {
            if !(*weight > 0.0 && *weight <= 10.0) {
                let key = format!("score.weights.{kind}");
                return Err(wrong(&key, "a number above 0, at most 10", *weight));
            }
        }
        Ok(())
    }
}

fn explain(text: &str, name: &str, error: &toml::de::Error) -> Stop {
    let line = error.span().map(|span| {
        let before = &text.as_bytes()[..span.start.min(text.len())];
        before.iter().filter(|byte| **byte == b'\n').count() + 1
    });
    let place = line.map_or(String::new(), |line| format!(" line {line}"));
    let message = error.message();
    let words = backticked(message);
    let stop = |what: String| Stop::new(format!("`{name}`{place}: {what}"));
    let Some((found, valid)) = words.split_first() else {
        return stop(message.replace('\n', " "));
    };
    let what = if message.starts_with("unknown field") {
        "key"
    } else if message.starts_with("unknown variant") {
        "value"
    } else {
        return stop(message.replace('\n', " "));
    };
    let quoted: Vec<_> = valid.iter().map(|word| format!("`{word}`")).collect();
    let stop = stop(format!("unknown {what} `{found}`, expected {}", list(&quoted)));
    match nearest(found, valid.iter().copied()) {
        Some(word) => stop.hint(format!("did you mean `{word}`?")),
        None => stop,
    }
}

/// The words in backticks: serde's messages name what was found first, then what is valid.
fn backticked(message: &str) -> Vec<&str> {
    message.split('`').skip(1).step_by(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> (String, Option<String>) {
        let stop = Config::parse(text, FILE).unwrap_err();
        (stop.message, stop.hint)
    }

    #[test]
    fn a_typo_in_a_key_is_refused_with_line_and_the_nearest_key() {
        let (message, hint) = error("mode = \"none\"\n\n[targets.web]\npath = \".\"\nbranhc = \"x\"\n");
        assert_eq!(
            message,
            "`improve-loop.toml` line 5: unknown key `branhc`, expected `path`, `branch` and `check`"
        );
        assert_eq!(hint.unwrap(), "did you mean `branch`?");
    }

    #[test]
    fn a_typo_in_a_value_is_refused_with_the_nearest_value() {
        let (message, hint) = error("intensity = \"hevy\"\n");
        assert_eq!(
            message,
            "`improve-loop.toml` line 1: unknown value `hevy`, expected `light`, `medium` and `heavy`"
        );
        assert_eq!(hint.unwrap(), "did you mean `heavy`?");
    }

    #[test]
    fn numbers_out_of_range_are_refused_with_their_place() {
        let (message, _) = error("[score.risk]\nlow = 1.0\nhigh = 7.0\n");
        assert_eq!(
            message,
            "`improve-loop.toml` line 3: score.risk.high: expected a number from 0 to 1, found 7"
        );
    }

    #[test]
    fn an_empty_file_is_the_default() {
        assert_eq!(Config::parse("", FILE).unwrap(), Config::default());
        assert_eq!(Config::default().numbers(Intensity::Medium).candidates, 6);
    }
}
