//! Dependencies that every job downloads anew.
//!
//! Accepted: GitLab 5 of 16 repos, GitHub 8 of 30.

use std::collections::BTreeMap;

use il_ci::deploys::is_deploy_like;
use il_ci::files::Files;
use il_ci::fixes::github_cache::setup_step;
use il_ci::packages::{MANAGERS, Manager};
use il_ci::yaml::{At, Yaml};
use il_core::candidate::Risk;
use il_core::member::{Claim, Recipe};
use il_core::text::list;
use serde_json::json;

use super::Rule;
use crate::scouts::ci::{CiFiles, Waste, recipe, stem};

/// This rule.
pub const RULE: Rule = Rule { find };

/// Jobs of one file that install the same locked dependencies: manager and lock file.
type Groups = BTreeMap<(&'static str, String), Vec<Install>>;

/// A piece of a job's script.
struct Script<'s> {
    /// Its first line.
    line: usize,
    text: &'s str,
    /// What ran before it in the same shell.
    before: String,
    /// Where it runs, if that is said.
    folder: Option<&'s str>,
}

/// One job's install.
struct Install {
    job: String,
    line: usize,
    text: String,
}

fn find(ci: &CiFiles<'_>) -> Vec<Waste> {
    let mut found = gitlab(ci);
    found.extend(github(ci));
    found
}

fn gitlab(ci: &CiFiles<'_>) -> Vec<Waste> {
    let Some(pipeline) = &ci.pipeline else { return Vec::new() };
    let mut found = Vec::new();
    for (index, file) in pipeline.files.iter().enumerate() {
        let mut groups = Groups::new();
        for job in pipeline.jobs().iter().filter(|job| job.file == index) {
            // Uncertain is not absent; and a release job must not run what another job cached.
            if !pipeline.lookup_with_defaults(job, "cache").is_absent() || is_deploy_like(pipeline, job) {
                continue;
            }
            let parts = ["before_script", "script"].map(|key| job.body.get(key));
            let inherited = match job.body.get("before_script") {
                Some(_) => String::new(),
                None => lines_of(pipeline.lookup_with_defaults(job, "before_script").found()),
            };
            let mut scripts: Vec<Script<'_>> = Vec::new();
            for (line, text) in parts.into_iter().flatten().flat_map(At::texts) {
                // One shell for all lines: a `cd` stays in force.
                let last = scripts.last().map(|last| format!("{}{}\n", last.before, last.text));
                let before = last.unwrap_or_else(|| inherited.clone());
                scripts.push(Script { line, text, before, folder: None });
            }
            let fits = |manager: &Manager| manager.gitlab.is_some();
            collect(ci.files, &file.yaml, &mut groups, job.name, &scripts, fits);
        }
        for ((manager, lock), installs) in groups {
            let subject = format!("{}:{manager}:{lock}", file.path);
            let recipe = the_recipe("gitlab-cache", &file.path, &installs, manager, &lock);
            found.push(waste(subject, &file.path, manager, &installs, recipe));
        }
    }
    found
}

fn github(ci: &CiFiles<'_>) -> Vec<Waste> {
    let mut found = Vec::new();
    for workflow in &ci.workflows {
        let mut groups = Groups::new();
        for job in workflow.jobs() {
            let name = job.name.to_ascii_lowercase();
            if ["release", "publish", "deploy"].iter().any(|word| name.contains(word)) {
                continue;
            }
            let default = default_folder(job.body)
                .or_else(|| workflow.root().and_then(default_folder))
                .and_then(At::scalar);
            let steps = job.steps();
            let scripts: Vec<_> = steps
                .iter()
                .filter_map(|step| {
                    let run = step.get("run")?;
                    let folder = step.get("working-directory").and_then(At::scalar).or(default);
                    Some(Script { line: run.line(), text: run.scalar()?, before: String::new(), folder })
                })
                .collect();
            let fits = |manager: &Manager| setup_step(ci.files, &job, manager).is_ok();
            collect(ci.files, &workflow.yaml, &mut groups, job.name, &scripts, fits);
        }
        for ((manager, lock), installs) in groups {
            let subject = format!("{}:{manager}:{lock}", workflow.path);
            let recipe = the_recipe("github-cache", &workflow.path, &installs, manager, &lock);
            found.push(waste(subject, &workflow.path, manager, &installs, recipe));
        }
    }
    found
}

/// A script's lines as one text.
fn lines_of(script: Option<At<'_>>) -> String {
    script.map(At::texts).unwrap_or_default().iter().map(|(_, text)| format!("{text}\n")).collect()
}

/// `defaults: run: working-directory:` of a job or a workflow.
fn default_folder(at: At<'_>) -> Option<At<'_>> {
    at.get("defaults")?.get("run")?.get("working-directory")
}

/// Adds a job to the group of the first manager whose install it runs.
fn collect(
    files: &dyn Files,
    yaml: &Yaml,
    groups: &mut Groups,
    job: &str,
    scripts: &[Script<'_>],
    fits: impl Fn(&Manager) -> bool,
) {
    for manager in &MANAGERS {
        let installs = |script: &&Script<'_>| manager.install_end(script.text).is_some();
        let Some(Script { line: start, text, before, folder }) = scripts.iter().find(installs) else {
            continue;
        };
        let end = manager.install_end(text).unwrap_or(text.len());
        let script = format!("{before}{}", &text[..end]);
        let Some(lock) = manager.lock(files, &script, *folder).filter(|_| fits(manager)) else {
            continue;
        };
        // A block scalar starts at its `|`: the command is on one of the lines below.
        let below = start + text.lines().count();
        let is_install =
            |line: &usize| manager.installs(yaml.line_text(*line).trim().trim_start_matches("- "));
        let line = (*start..=below).find(is_install).unwrap_or(*start);
        let text = yaml.line_text(line).trim().to_owned();
        let install = Install { job: job.to_owned(), line, text };
        groups.entry((manager.name, lock)).or_default().push(install);
        return;
    }
}

fn the_recipe(name: &str, file: &str, installs: &[Install], manager: &str, lock: &str) -> Recipe {
    let jobs: Vec<_> = installs.iter().map(|install| install.job.as_str()).collect();
    recipe(
        name,
        [("file", json!(file)), ("jobs", json!(jobs)), ("manager", json!(manager)), ("lock", json!(lock))],
    )
}

fn waste(subject: String, path: &str, manager: &str, installs: &[Install], recipe: Recipe) -> Waste {
    let names: Vec<_> = installs.iter().map(|install| install.job.as_str()).collect();
    let shown = if names.len() > 3 { il_core::text::count(names.len(), "job") } else { list(&names) };
    Waste {
        kind: "ci-no-cache",
        subject,
        short: format!("{}-{manager}", stem(path)),
        path: path.to_owned(),
        summary: format!("Cache {manager} downloads in {shown} of {path}"),
        value: format!("every run downloads all {manager} packages again"),
        claim: Claim {
            what: format!("duration of {shown} when the lock file has not changed"),
            unit: "seconds-per-run".into(),
            before: None,
            expected: None,
        },
        lines: installs.iter().map(|install| (install.line, install.text.clone())).collect(),
        effort_hours: 0.5,
        risk: Risk::Low,
        weight: 1.2,
        recipe,
    }
}
