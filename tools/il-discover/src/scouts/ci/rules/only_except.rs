//! Jobs that still say when they run with `only` and `except`.
//!
//! Accepted: 13 of 21 repos; 0.8 % reverted within 180 days.

use il_ci::fixes::gitlab_rules::uses_only;
use il_ci::gitlab::Job;
use il_core::candidate::Risk;
use il_core::member::Claim;
use il_core::text::{count, list};
use serde_json::json;

use super::Rule;
use crate::scouts::ci::{CiFiles, Waste, recipe, stem};

/// This rule.
pub const RULE: Rule = Rule { find };

/// Evidence lines of one candidate at most: a reviewer reads them.
const SHOWN: usize = 8;

/// `deploy and pages`, or `7 jobs`.
fn shown(jobs: &[&Job<'_>]) -> String {
    let names: Vec<_> = jobs.iter().map(|job| job.name).collect();
    if names.len() > 3 { count(names.len(), "job") } else { list(&names) }
}

fn find(ci: &CiFiles<'_>) -> Vec<Waste> {
    let Some(pipeline) = &ci.pipeline else { return Vec::new() };
    let jobs = pipeline.jobs();
    let mut found = Vec::new();
    for (index, file) in pipeline.files.iter().enumerate() {
        let mine: Vec<_> = jobs.iter().filter(|job| job.file == index && uses_only(job)).collect();
        if mine.is_empty() {
            continue;
        }
        let keys = mine.iter().flat_map(|job| ["only", "except"].map(|key| job.body.entry(key))).flatten();
        let lines =
            keys.take(SHOWN).map(|(key, _)| (key.line(), file.yaml.line_text(key.line()).trim().to_owned()));
        found.push(Waste {
            kind: "ci-only-to-rules",
            subject: file.path.clone(),
            short: stem(&file.path).to_owned(),
            path: file.path.clone(),
            summary: format!("Replace only/except by rules in {} of {}", shown(&mine), file.path),
            value: "only/except is no longer developed by GitLab and cannot be combined with rules, workflow conditions or `changes` in one job".into(),
            claim: Claim {
                what: "jobs that use only/except".into(),
                unit: "jobs".into(),
                before: Some(mine.len() as f64),
                expected: Some(0.0),
            },
            lines: lines.collect(),
            effort_hours: 0.5,
            risk: Risk::Medium,
            weight: 2.5,
            recipe: recipe("gitlab-rules", [("file", json!(file.path))]),
        });
    }
    found
}
