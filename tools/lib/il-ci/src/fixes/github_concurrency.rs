//! Let GitHub cancel runs of a pull request that a newer push has made pointless.
//!
//! Adds `concurrency` to the workflow. The group is the pull request's number, or
//! the run itself outside pull requests: so pushes, tags and schedules are never
//! cancelled and never wait for each other.
//!
//! Arguments: `file`.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::edit::{Edit, New, Refusal};
use crate::files::Files;
use crate::fixes::github_cache::publishes_in;
use crate::fixes::{Fix, Planner};
use crate::github::{FOLDER, Workflow, WorkflowJob, workflow_paths};
use crate::yaml::At;

/// This fix.
pub const PLANNER: Planner = Planner { name: "github-concurrency", plan };

/// Unique for everything but two runs of one pull request. The branch name would not do: two
/// forks may use the same one. Nor would the number alone: reviews have it as well.
pub const GROUP: &str = "${{ github.workflow }}-${{ github.event_name == 'pull_request' && \
    github.event.pull_request.number || github.run_id }}";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    file: String,
}

fn plan(files: &dyn Files, arguments: &Map<String, Value>) -> Result<Fix, Refusal> {
    let Arguments { file } = super::arguments(arguments)?;
    let workflow =
        Workflow::load(files, &file).ok_or_else(|| Refusal::Missing(format!("`{file}` is not there")))??;
    let root = workflow.root().ok_or_else(|| Refusal::Missing(format!("`{file}` is not a mapping")))?;
    check(files, &workflow, root)?;
    let mut edit = Edit::new(&workflow.yaml);
    let value = New::map([
        ("group", New::Plain(GROUP.to_owned())),
        ("cancel-in-progress", New::Plain("true".to_owned())),
    ]);
    edit.add_section(root, |key| key == "jobs", "concurrency", value)?;
    Ok(Fix {
        before: workflow.yaml.text().to_owned(),
        after: edit.finish()?,
        effects: vec![
            "a new push to a pull request cancels the runs of its older commits".to_owned(),
            "runs for all other events are neither cancelled nor queued".to_owned(),
        ],
        path: file,
    })
}

fn check(files: &dyn Files, workflow: &Workflow, root: At<'_>) -> Result<(), Refusal> {
    let refuse = |line: usize, why: &str| Err(Refusal::Shape { line, why: why.to_owned() });
    if let Some((key, _)) = root.entry("concurrency") {
        return Err(Refusal::AlreadyDone(format!("line {} sets `concurrency`", key.line())));
    }
    let Some((_, settings)) = workflow.triggers().into_iter().find(|(trigger, _)| *trigger == "pull_request")
    else {
        return Err(Refusal::Missing("it is not run for pull requests".to_owned()));
    };
    // In a called workflow `github.workflow` is the caller's: both would be in one group.
    if workflow.has_trigger("workflow_call") {
        return refuse(root.line(), "it is also called by other workflows");
    }
    if let Some(types) = settings.and_then(|settings| settings.get("types")) {
        let usual = ["opened", "synchronize", "reopened", "ready_for_review"];
        let types_list = types.texts();
        if types_list.iter().any(|(_, name)| !usual.contains(name))
            || !types_list.iter().any(|(_, name)| *name == "synchronize")
        {
            return refuse(types.line(), "it runs for other events than pushes to the pull request");
        }
    }
    // Without a name it is the path, which is its own.
    if let Some(name) = root.get("name").and_then(At::scalar) {
        let others = workflow_paths(files).into_iter().filter(|path| *path != workflow.path);
        // Most files do not even mention it: parsing is for those that do.
        for path in others.filter(|path| files.read(path).is_some_and(|text| text.contains(name))) {
            let other = Workflow::load(files, &path).and_then(Result::ok);
            let same = other.as_ref().and_then(Workflow::root).and_then(|root| root.get("name"));
            if same.and_then(At::scalar) == Some(name) {
                return refuse(
                    root.line(),
                    &format!("`{path}` has the same name: both would be in one group"),
                );
            }
        }
    }
    for job in workflow.jobs() {
        if let Some((key, _)) = job.body.entry("concurrency") {
            return Err(Refusal::AlreadyDone(format!("line {} sets `concurrency`", key.line())));
        }
        if deploys(&job) {
            return Err(Refusal::NotWanted(format!("`{}` must not be cut off", job.name)));
        }
        let Some(uses) = job.body.get("uses").and_then(At::scalar) else {
            continue;
        };
        let called = uses.strip_prefix("./").filter(|path| path.starts_with(FOLDER));
        let text = called.and_then(|path| files.read(path)).unwrap_or_default();
        if text.contains("github.workflow") {
            return refuse(job.body.line(), "it calls a workflow with a concurrency group of its own");
        }
    }
    let works = |job: &WorkflowJob<'_>| {
        job.body.get("uses").is_some() || job.steps().iter().any(|step| step.get("run").is_some())
    };
    if !workflow.jobs().iter().any(works) {
        return Err(Refusal::NotWanted("it does nothing that takes time".to_owned()));
    }
    Ok(())
}

/// Does this job change something outside the run?
fn deploys(job: &WorkflowJob<'_>) -> bool {
    const WORDS: &str = "deploy publish release upload preview cherry merge";
    let name = job.name.to_ascii_lowercase();
    job.body.get("environment").is_some()
        || WORDS.split(' ').any(|word| name.contains(word))
        || publishes_in(job)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeMap;

    fn fix(text: &str) -> Result<String, Refusal> {
        let path = ".github/workflows/ci.yml";
        let files = BTreeMap::from([(path.to_owned(), text.to_owned())]);
        plan(&files, json!({"file": path}).as_object().unwrap()).map(|fix| fix.after)
    }

    #[test]
    fn a_workflow_for_pull_requests_gets_a_group_before_its_jobs() {
        let after =
            fix("name: CI\non: [push, pull_request]\n\n# what runs\njobs:\n  a:\n    steps: [{run: x}]\n")
                .unwrap();
        assert_eq!(
            after,
            format!(
                "name: CI\non: [push, pull_request]\n\nconcurrency:\n  group: {GROUP}\n  cancel-in-progress: true\n\n# what runs\njobs:\n  a:\n    steps: [{{run: x}}]\n"
            )
        );
    }

    #[test]
    fn workflows_that_superseding_does_not_concern_are_refused() {
        for text in [
            "on: push\njobs: {}\n",
            "on: [pull_request, workflow_call]\njobs: {}\n",
            "on:\n  pull_request:\n    types: [labeled]\njobs: {}\n",
            "on: pull_request_target\njobs: {}\n",
            "on: pull_request\njobs:\n  infra:\n    steps: [{run: terraform apply -auto-approve}]\n",
        ] {
            assert!(fix(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_group_that_somebody_chose_is_left_alone() {
        for text in [
            "on: pull_request\nconcurrency: x\njobs: {}\n",
            "on: pull_request\njobs:\n  a:\n    concurrency: x\n",
        ] {
            assert!(matches!(fix(text), Err(Refusal::AlreadyDone(_))), "{text}");
        }
    }

    #[test]
    fn two_workflows_of_one_name_would_cancel_each_other() {
        let text = "name: CI\non: pull_request\njobs:\n  a:\n    steps: [{run: x}]\n";
        let paths = [".github/workflows/a.yml", ".github/workflows/b.yml"];
        let mut files = BTreeMap::from(paths.map(|path| (path.to_owned(), text.to_owned())));
        let arguments = json!({"file": paths[0]});
        assert!(plan(&files, arguments.as_object().unwrap()).is_err());
        files.insert(paths[1].to_owned(), text.replace("CI", "other"));
        assert!(plan(&files, arguments.as_object().unwrap()).is_ok());
    }
}
