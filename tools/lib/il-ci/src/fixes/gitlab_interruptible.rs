//! Let GitLab cancel pipelines that a newer push has made pointless.
//!
//! Sets `default: interruptible: true`, and `interruptible: false` on every job
//! that changes something outside the pipeline (deploys, releases, uploads), so
//! that such a job is never cut off.
//!
//! Arguments: `file` (the root file).

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::deploys::is_deploy_like;
use crate::edit::{Edit, New, Refusal};
use crate::files::Files;
use crate::fixes::{Fix, Planner};
use crate::gitlab::{Job, Pipeline};

/// This fix.
pub const PLANNER: Planner = Planner { name: "gitlab-interruptible", plan };

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    file: String,
}

/// Keys that open a file; `default` is added after them.
const HEAD: &[&str] = &["spec", "include", "workflow", "stages", "variables", "image", "services"];

fn plan(files: &dyn Files, arguments: &Map<String, Value>) -> Result<Fix, Refusal> {
    let Arguments { file } = super::arguments(arguments)?;
    let pipeline = Pipeline::load(files, &file)
        .filter(|pipeline| !pipeline.files.is_empty())
        .ok_or_else(|| Refusal::Missing(format!("`{file}` is not there or cannot be parsed")))?;
    let protected = protected_jobs(&pipeline)?;
    let yaml = &pipeline.files[0].yaml;
    let root = yaml.root().ok_or_else(|| Refusal::Missing(format!("`{file}` is empty")))?;
    let mut edit = Edit::new(yaml);
    let truth = || New::Plain("true".to_owned());
    match root.get("default") {
        Some(default) => edit.add(default, None, "interruptible", truth())?,
        None => {
            let value = New::map([("interruptible", truth())]);
            edit.add_section(root, |key| !HEAD.contains(&key), "default", value)?;
        }
    }
    let mut names = Vec::new();
    for job in pipeline.jobs().into_iter().filter(|job| protected.contains(&job.name)) {
        let anchor = ["stage", "extends", "image"].into_iter().find(|key| job.body.get(key).is_some());
        edit.add(job.body, anchor, "interruptible", New::Plain("false".to_owned()))?;
        names.push(job.name);
    }
    let mut effects =
        vec!["jobs of a superseded pipeline may be cancelled (default: interruptible: true)".to_owned()];
    if !names.is_empty() {
        effects.push(format!(
            "{} change something outside the pipeline and are never cut off (interruptible: false)",
            il_core::text::list(&names)
        ));
    }
    Ok(Fix { before: yaml.text().to_owned(), after: edit.finish()?, effects, path: file })
}

/// The jobs that must not be cut off. Refuses where that cannot be decided for all jobs.
fn protected_jobs(pipeline: &Pipeline) -> Result<Vec<&str>, Refusal> {
    if pipeline.has_unknown {
        return Err(Refusal::Missing("the pipeline includes something that cannot be read here".to_owned()));
    }
    let jobs = pipeline.jobs();
    if let Some(at) = jobs.iter().find_map(|job| job.body.get("interruptible")) {
        return Err(Refusal::AlreadyDone(format!("line {} sets `interruptible`", at.line())));
    }
    if let Some(at) = pipeline.default("interruptible").found() {
        return Err(Refusal::AlreadyDone(format!("line {} sets `interruptible`", at.line())));
    }
    if let Some(job) = jobs.iter().find(|job| pipeline.is_spread(job.name)) {
        return Err(Refusal::Missing(format!("several files define `{}`", job.name)));
    }
    let (protected, free): (Vec<&Job<'_>>, Vec<&Job<'_>>) =
        jobs.iter().filter(|job| !job.is_hidden()).partition(|job| is_deploy_like(pipeline, job));
    if free.is_empty() {
        return Err(Refusal::NotWanted("every job changes something outside the pipeline".to_owned()));
    }
    if let Some(job) = protected.iter().find(|job| job.file != 0) {
        let path = &pipeline.files[job.file].path;
        return Err(Refusal::Missing(format!("`{}` in `{path}` would have to be protected too", job.name)));
    }
    Ok(protected.into_iter().map(|job| job.name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeMap;

    fn fix(text: &str) -> Result<String, Refusal> {
        let files = BTreeMap::from([(".gitlab-ci.yml".to_owned(), text.to_owned())]);
        let arguments = json!({"file": ".gitlab-ci.yml"});
        plan(&files, arguments.as_object().unwrap()).map(|fix| fix.after)
    }

    #[test]
    fn tests_may_be_cancelled_and_deploys_may_not() {
        let after = fix("# Licence\n\nstages: [test, deploy]\n\n# unit tests\ntest:\n  script: make test\n\nrelease:\n  stage: deploy # last\n  script: make push\n").unwrap();
        assert_eq!(
            after,
            "# Licence\n\nstages: [test, deploy]\n\ndefault:\n  interruptible: true\n\n# unit tests\ntest:\n  script: make test\n\nrelease:\n  stage: deploy # last\n  interruptible: false\n  script: make push\n"
        );
    }

    #[test]
    fn a_file_that_starts_with_a_job_gets_the_default_above_it() {
        let after = fix("# about this file\n\n# tests\ntest:\n  script: x\n").unwrap();
        assert_eq!(
            after,
            "# about this file\n\ndefault:\n  interruptible: true\n\n# tests\ntest:\n  script: x\n"
        );
    }

    #[test]
    fn an_existing_default_is_extended() {
        let after = fix("default:\n  image: x\ntest:\n  script: x").unwrap();
        assert_eq!(after, "default:\n  image: x\n  interruptible: true\ntest:\n  script: x");
    }

    #[test]
    fn a_decision_that_somebody_made_is_left_alone() {
        for text in [
            "test:\n  interruptible: false\n  script: x\n",
            "default: {interruptible: true}\ntest:\n  script: x\n",
        ] {
            assert!(matches!(fix(text), Err(Refusal::AlreadyDone(_))), "{text}");
        }
    }

    #[test]
    fn unknown_includes_and_pipelines_that_only_deploy_are_refused() {
        for text in ["include: {project: a/b, file: c}\ntest:\n  script: x\n", "deploy:\n  script: x\n"] {
            assert!(fix(text).is_err(), "{text}");
        }
    }
}
