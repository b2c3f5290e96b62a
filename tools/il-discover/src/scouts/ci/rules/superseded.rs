//! Pipelines that run on after a newer push has made them pointless.
//!
//! Accepted: GitLab `interruptible` 7 of 31 repos, GitHub `concurrency` 10 of 48.

use il_core::candidate::Risk;
use il_core::member::Claim;
use serde_json::json;

use super::Rule;
use crate::scouts::ci::{CiFiles, Waste, recipe, stem};

/// This rule.
pub const RULE: Rule = Rule { find };

fn find(ci: &CiFiles<'_>) -> Vec<Waste> {
    let mut found = Vec::new();
    found.extend(gitlab(ci));
    found.extend(github(ci));
    found
}

fn claim() -> Claim {
    Claim {
        what: "pipelines of superseded commits that run to their end".into(),
        unit: "runs".into(),
        before: None,
        expected: Some(0.0),
    }
}

fn gitlab(ci: &CiFiles<'_>) -> Option<Waste> {
    let pipeline = ci.pipeline.as_ref()?;
    let root = pipeline.files.first()?;
    let jobs = pipeline.jobs();
    // What an include sets cannot be seen: no verdict.
    if pipeline.has_unknown {
        return None;
    }
    let decided = pipeline.default("interruptible").found().is_some()
        || jobs.iter().any(|job| job.body.get("interruptible").is_some());
    let workflow = root.yaml.root()?.get("workflow");
    let switched_off = workflow.and_then(|workflow| workflow.get("auto_cancel")).is_some();
    let visible: Vec<_> = jobs.iter().filter(|job| !job.is_hidden() && job.file == 0).collect();
    // A pipeline of one job saves next to nothing.
    if decided || switched_off || visible.len() < 2 {
        return None;
    }
    let first = visible.first()?;
    Some(Waste {
        kind: "ci-superseded-runs",
        subject: root.path.clone(),
        short: stem(&root.path).to_owned(),
        path: root.path.clone(),
        summary: format!("Cancel superseded pipelines of {}", root.path),
        value: "a second push to a branch leaves the first pipeline running to its end; deploys and releases stay protected".into(),
        claim: claim(),
        lines: vec![(first.key.line(), root.yaml.line_text(first.key.line()).trim().to_owned())],
        effort_hours: 0.25,
        risk: Risk::Low,
        weight: 0.9,
        recipe: recipe("gitlab-interruptible", [("file", json!(root.path))]),
    })
}

fn github(ci: &CiFiles<'_>) -> Vec<Waste> {
    let mut found = Vec::new();
    for workflow in &ci.workflows {
        let Some(root) = workflow.root() else { continue };
        let decided = root.get("concurrency").is_some()
            || workflow.jobs().iter().any(|job| job.body.get("concurrency").is_some());
        if decided || !workflow.has_trigger("pull_request") || workflow.has_trigger("workflow_call") {
            continue;
        }
        // Other events than pushes to the pull request start other work: nothing is superseded.
        let pull_request = workflow.triggers().into_iter().find(|(name, _)| *name == "pull_request");
        if pull_request.is_some_and(|(_, on)| on.is_some_and(|on| on.get("types").is_some())) {
            continue;
        }
        let Some((on, _)) = root.entry("on") else { continue };
        found.push(Waste {
            kind: "ci-superseded-runs",
            subject: workflow.path.clone(),
            short: stem(&workflow.path).to_owned(),
            path: workflow.path.clone(),
            summary: format!("Cancel superseded pull request runs of {}", workflow.path),
            value: "each push to a pull request leaves the runs of its older commits going to their end"
                .into(),
            claim: claim(),
            lines: vec![(on.line(), workflow.yaml.line_text(on.line()).trim().to_owned())],
            effort_hours: 0.25,
            risk: Risk::Low,
            weight: 0.8,
            recipe: recipe("github-concurrency", [("file", json!(workflow.path))]),
        });
    }
    found
}
