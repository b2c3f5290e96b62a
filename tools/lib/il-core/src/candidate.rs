//! The nine members of a candidate, and the two optional flat ones.

use serde::{Deserialize, Serialize};

use crate::id::{Alias, CandidateId};
use crate::line::{Line, LineError};
use crate::paths::{TARGET_PATH_SHAPE, TargetPath};
use crate::text::{SUMMARY_LIMIT, quote, single_line};

/// How much damage a bad change could do.
///
/// The order matters: triage compares risks.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Risk {
    /// A bad change would be noticed and harm nobody.
    Low,
    /// A bad change could break somebody's work for a while.
    Medium,
    /// A bad change could do lasting harm.
    High,
}

/// How long undoing a bad change takes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Reversibility {
    /// Revert the commit.
    Instant,
    /// Revert and repair within a day.
    Hours,
    /// Data or people must be moved back.
    Days,
    /// Never.
    Irreversible,
}

impl Risk {
    /// The word on the line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl Reversibility {
    /// The word on the line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Instant => "instant",
            Self::Hours => "hours",
            Self::Days => "days",
            Self::Irreversible => "irreversible",
        }
    }
}

/// Smallest effort in hours: half a minute. Less would outrank everything by division alone.
const LEAST_EFFORT: f64 = 0.01;

/// One possible improvement to one repo.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Candidate {
    /// Its name: also its branch and its folder.
    pub id: CandidateId,
    /// Where it was seen: `ci`, `github-releases`, `gitlab-issue`, …
    pub source: String,
    /// What would change, on one line.
    pub summary: String,
    /// Why it matters here.
    pub value_for_us: String,
    /// Hours a person would need, at least 0.01.
    pub effort_estimate_hours: f64,
    /// How much damage a bad change could do.
    pub risk: Risk,
    /// How long undoing a bad change takes.
    pub reversibility: Reversibility,
    /// The alias of the repo.
    pub target_repo: Alias,
    /// Relative globs of what may change; a trailing slash means everything below.
    pub target_paths: Vec<TargetPath>,
    /// How much it is worth compared with others: above 0, at most 10; 1 without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_weight: Option<f64>,
    /// Why a cluster-wide change is safe, in a person's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub safety_story: Option<String>,
}

impl Candidate {
    /// Reads the candidate's own members and checks each of them.
    ///
    /// # Errors
    /// Names the first member that is missing or wrong.
    pub fn from_line(line: &Line) -> Result<Self, LineError> {
        if line.has("assignment") && !line.has("id") {
            let mut error = LineError::new("", "a candidate", "an assignment line");
            error.hint = Some("assignments are read by il-discover: il-preflight | il-discover | …");
            return Err(error);
        }
        let effort: f64 = line.require("effort_estimate_hours", "a number of hours")?;
        let candidate = Self {
            id: word(line, "id")?,
            source: text(line, "source")?,
            summary: text(line, "summary")?,
            value_for_us: text(line, "value_for_us")?,
            effort_estimate_hours: in_range(line, "effort_estimate_hours", effort, LEAST_EFFORT, 100_000.0)?,
            risk: line.require("risk", "low, medium or high")?,
            reversibility: line.require("reversibility", "instant, hours, days or irreversible")?,
            target_repo: word(line, "target_repo")?,
            target_paths: target_paths(line)?,
            value_weight: line
                .get("value_weight", "a number above 0, at most 10")?
                .map(|weight| in_range(line, "value_weight", weight, 0.0, 10.0))
                .transpose()?,
            safety_story: line.get("safety_story", "a text")?,
        };
        Ok(candidate)
    }

    /// The name of the idea where no scout gave it a canonical one.
    #[must_use]
    pub fn own_key(&self) -> String {
        format!("{}/id/{}", self.target_repo, self.id)
    }

    /// A line that holds this candidate and nothing else.
    #[must_use]
    pub fn to_line(&self) -> Line {
        let mut line = Line::empty();
        line.set("id", &self.id);
        line.set("source", &single_line(&self.source, 80));
        line.set("summary", &single_line(&self.summary, SUMMARY_LIMIT));
        line.set("value_for_us", &single_line(&self.value_for_us, 400));
        line.set("effort_estimate_hours", &self.effort_estimate_hours);
        line.set("risk", &self.risk);
        line.set("reversibility", &self.reversibility);
        line.set("target_repo", &self.target_repo);
        line.set("target_paths", &self.target_paths);
        if let Some(weight) = self.value_weight {
            line.set("value_weight", &weight);
        }
        if let Some(story) = &self.safety_story {
            line.set("safety_story", story);
        }
        line
    }
}

/// A member whose text must parse into a checked type.
fn word<T: std::str::FromStr<Err = String>>(line: &Line, name: &str) -> Result<T, LineError> {
    let text: String = line.require(name, "a text")?;
    text.parse().map_err(|why: String| parsed(name, &why))
}

/// Our own parse errors read `expected X, found Y`; taken apart again for the line's report.
fn parsed(name: &str, why: &str) -> LineError {
    match why.strip_prefix("expected ").and_then(|rest| rest.split_once(", found ")) {
        Some((expected, found)) => LineError::new(name, expected, found),
        None => LineError::new(name, "something else", why),
    }
}

fn text(line: &Line, name: &str) -> Result<String, LineError> {
    let text: String = line.require(name, "a text")?;
    if text.trim().is_empty() {
        return Err(LineError::new(name, "a text that says something", "an empty one"));
    }
    Ok(text)
}

/// Above `least`, or `least` itself where it is not 0, up to `most`.
fn in_range(line: &Line, name: &str, value: f64, least: f64, most: f64) -> Result<f64, LineError> {
    if value > 0.0 && value >= least && value <= most {
        return Ok(value);
    }
    let from = if least > 0.0 { format!("from {least}") } else { "above 0".to_owned() };
    let found = quote(line.raw(name).unwrap_or_default());
    Err(LineError::new(name, format!("a number {from}, at most {most}"), found))
}

fn target_paths(line: &Line) -> Result<Vec<TargetPath>, LineError> {
    let expected = format!("a list with {TARGET_PATH_SHAPE}");
    let texts: Vec<String> = line.require("target_paths", &expected)?;
    if texts.is_empty() {
        return Err(LineError::new("target_paths", "at least one path", "none"));
    }
    texts
        .iter()
        .enumerate()
        .map(|(index, text)| {
            text.parse().map_err(|why: String| parsed(&format!("target_paths[{index}]"), &why))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"id":"a","source":"ci","summary":"s","value_for_us":"v","effort_estimate_hours":2,"risk":"low","reversibility":"instant","target_repo":"web","target_paths":["src/"]}"#;

    fn check(from: &str, to: &str) -> String {
        assert!(GOOD.contains(from), "{from}");
        let line = Line::parse(GOOD.replace(from, to)).unwrap();
        Candidate::from_line(&line).map_or_else(|error| error.to_string(), |_| "ok".into())
    }

    #[test]
    fn a_good_line_survives_the_way_there_and_back() {
        let line = Line::parse(GOOD.to_owned()).unwrap();
        let again = Candidate::from_line(&line).unwrap().to_line().to_string();
        assert_eq!(again, GOOD.replace(":2,", ":2.0,"));
    }

    #[test]
    fn each_wrong_member_is_named_with_what_was_expected_and_found() {
        let cases = [
            (
                r#""risk":"low""#,
                r#""risk":"lowish""#,
                "risk: expected low, medium or high, found `\"lowish\"`",
            ),
            (r#""risk":"low","#, "", "risk: expected low, medium or high, found nothing"),
            (":2,", ":0,", "effort_estimate_hours: expected a number from 0.01, at most 100000, found `0`"),
            (":2,", ":-1,", "effort_estimate_hours: expected a number from 0.01, at most 100000, found `-1`"),
            (":2,", r#":"two","#, "effort_estimate_hours: expected a number of hours, found `\"two\"`"),
            (":2,", r#":"NaN","#, "effort_estimate_hours: expected a number of hours, found `\"NaN\"`"),
            (r#"["src/"]"#, "[]", "target_paths: expected at least one path, found none"),
        ];
        for (from, to, message) in cases {
            assert_eq!(check(from, to), message);
        }
        for bad in ["/", "..", "**", "/etc/passwd", r"a\nb"] {
            let message = check("src/", bad);
            assert!(message.starts_with("target_paths[0]: expected a relative path"), "{message}");
        }
        for bad in ["a/b", "a..b", "a.lock"] {
            let message = check(r#""id":"a""#, &format!(r#""id":"{bad}""#));
            assert!(message.starts_with("id: expected parts of"), "{message}");
        }
    }

    #[test]
    fn an_assignment_line_is_recognised() {
        let line = Line::parse(r#"{"assignment":{}}"#.into()).unwrap();
        let error = Candidate::from_line(&line).unwrap_err();
        assert_eq!(error.to_string(), "expected a candidate, found an assignment line");
        assert!(error.hint.is_some());
    }
}
