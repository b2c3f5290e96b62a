//! One candidate on its way through triage.

use std::cmp::Ordering;

use il_core::candidate::Candidate;
use il_core::line::{Line, LineError};
use il_core::member::{Claim, DecidedBy, Evidence, Reason, Recipe, Triage, Verdict};
use il_core::money::MicroDollars;
use serde::Deserialize;

use crate::inputs::Inputs;
use crate::score::score;

/// What triage reads of `discover`; the rest is carried through.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Found {
    key: Option<String>,
    kind: Option<String>,
    evidence: Vec<Evidence>,
    claim: Option<Claim>,
    recipe: Option<Recipe>,
}

/// A candidate with what triage knows of it.
#[derive(Debug)]
pub struct Item {
    /// The line as it came.
    pub line: Line,
    /// Its own members.
    pub candidate: Candidate,
    /// The canonical name of the idea; made of repo and id where the line has none.
    pub key: String,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// What will be better.
    pub claim: Option<Claim>,
    /// The deterministic fix, if one is known.
    pub recipe: Option<Recipe>,
    /// The decision so far.
    pub triage: Triage,
}

impl Item {
    /// Reads a line and scores it.
    ///
    /// # Errors
    /// Names the member that is wrong.
    pub fn read(line: Line, inputs: &Inputs) -> Result<Self, LineError> {
        let candidate = Candidate::from_line(&line)?;
        inputs.check_target(&candidate.target_repo)?;
        let found: Found =
            line.get("discover", "an object with key, evidence and recipe")?.unwrap_or_default();
        let before: Option<Triage> = line.get("triage", "an object with a verdict")?;
        let score = score(&candidate, found.kind.as_deref(), &inputs.tables);
        let mut item = Self {
            key: found.key.unwrap_or_else(|| candidate.own_key()),
            evidence: found.evidence,
            claim: found.claim,
            recipe: found.recipe,
            triage: Triage {
                verdict: Verdict::Proposed,
                reasons: Vec::new(),
                score: Some(score),
                rank: None,
                merged_evidence: Vec::new(),
                quote_usd: MicroDollars::ZERO,
                budget_usd: MicroDollars::ZERO,
                decided_by: DecidedBy::Rule,
            },
            line,
            candidate,
        };
        if let Some(before) = before.filter(is_a_persons) {
            item.triage.verdict = before.verdict;
            item.triage.reasons = before.reasons;
            item.triage.decided_by = DecidedBy::Human;
        }
        Ok(item)
    }

    /// True while nothing and nobody has decided.
    pub fn is_open(&self) -> bool {
        self.triage.verdict == Verdict::Proposed && self.triage.decided_by == DecidedBy::Rule
    }

    /// True for lines that may become a merge request.
    pub fn may_be_implemented(&self) -> bool {
        matches!(self.triage.verdict, Verdict::Proposed | Verdict::Accepted)
    }

    /// Takes it out of the race.
    pub fn reject(&mut self, verdict: Verdict, rule: &str, detail: String) {
        self.triage.verdict = verdict;
        self.triage.reasons.push(Reason { rule: rule.into(), detail });
    }

    /// The score's value.
    pub fn value(&self) -> f64 {
        self.triage.score.as_ref().map_or(0.0, |score| score.value)
    }

    /// Best first: score, then id, then key.
    pub fn order(&self, other: &Self) -> Ordering {
        other
            .value()
            .total_cmp(&self.value())
            .then_with(|| self.candidate.id.cmp(&other.candidate.id))
            .then_with(|| self.key.cmp(&other.key))
            .then_with(|| self.line.original().cmp(other.line.original()))
    }

    /// Which part of the output it belongs to.
    pub fn place(&self) -> u8 {
        match self.triage.verdict {
            Verdict::Accepted => 0,
            Verdict::Proposed => 1,
            Verdict::BelowCut => 2,
            Verdict::Held => 3,
            Verdict::Discarded => 4,
        }
    }

    /// The line with the decision.
    pub fn into_line(self) -> Line {
        let mut line = self.line;
        line.set("triage", &self.triage);
        line
    }
}

/// Nothing but a person accepts with `decided_by: rule`: that is somebody's jq.
fn is_a_persons(triage: &Triage) -> bool {
    // Proposed is no decision, whoever says so.
    (triage.decided_by == DecidedBy::Human && triage.verdict != Verdict::Proposed)
        || (triage.verdict == Verdict::Accepted && triage.decided_by == DecidedBy::Rule)
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A candidate of `effort` hours with a recipe and the key `web/k/<id>`.
    pub fn item(id: &str, effort: f64) -> Item {
        let text = format!(
            r#"{{"id":"{id}","source":"ci","summary":"s","value_for_us":"v","effort_estimate_hours":{effort},"risk":"low","reversibility":"instant","target_repo":"web","target_paths":["a"],"discover":{{"key":"web/k/{id}","recipe":{{"name":"r"}}}}}}"#
        );
        Item::read(Line::parse(text).unwrap(), &Inputs::for_tests()).unwrap()
    }

    #[test]
    fn what_a_person_decided_is_kept_and_what_a_rule_decided_is_not() {
        let decided = |triage: &str| {
            let mut line = item("a", 1.0).line;
            line.set("triage", &serde_json::from_str::<serde_json::Value>(triage).unwrap());
            let line = Line::parse(line.to_string()).unwrap();
            Item::read(line, &Inputs::for_tests()).unwrap().triage.verdict
        };
        assert_eq!(decided(r#"{"verdict":"discarded"}"#), Verdict::Discarded);
        assert_eq!(decided(r#"{"verdict":"accepted","decided_by":"rule"}"#), Verdict::Accepted);
        assert_eq!(decided(r#"{"verdict":"discarded","decided_by":"rule"}"#), Verdict::Proposed);
        assert_eq!(decided(r#"{"verdict":"accepted","decided_by":"auto"}"#), Verdict::Proposed);
        // A proposal of nobody is judged like any other line.
        let mut line = item("a", 1.0).line;
        line.set("triage", &serde_json::json!({"verdict": "proposed"}));
        let line = Line::parse(line.to_string()).unwrap();
        assert!(Item::read(line, &Inputs::for_tests()).unwrap().is_open());
    }
}
