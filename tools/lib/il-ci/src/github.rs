//! A GitHub workflow with places: triggers, jobs, steps.

use crate::files::Files;
use crate::yaml::{At, Yaml, YamlError};

/// The folder that GitHub reads workflows from.
pub const FOLDER: &str = ".github/workflows/";

/// One workflow file.
pub struct Workflow {
    /// Its path.
    pub path: String,
    /// Its tree.
    pub yaml: Yaml,
}

/// One job of a workflow.
#[derive(Clone, Copy)]
pub struct WorkflowJob<'w> {
    /// Its id.
    pub name: &'w str,
    /// Its entries.
    pub body: At<'w>,
}

/// `uses: owner/action@ref # comment`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Action<'w> {
    /// `actions/setup-node`.
    pub name: &'w str,
    /// `v4`, or a commit.
    pub reference: &'w str,
    /// The major version, from the reference or from the comment behind a pinned commit.
    pub major: Option<u32>,
}

/// The paths of all workflows.
#[must_use]
pub fn workflow_paths(files: &dyn Files) -> Vec<String> {
    let is_workflow = |path: &&str| {
        path.strip_prefix(FOLDER)
            .is_some_and(|name| !name.contains('/') && (name.ends_with(".yml") || name.ends_with(".yaml")))
    };
    files.paths().into_iter().filter(is_workflow).map(str::to_owned).collect()
}

impl Workflow {
    /// Reads a workflow; `None` when there is no such file.
    #[must_use]
    pub fn load(files: &dyn Files, path: &str) -> Option<Result<Self, YamlError>> {
        let text = files.read(path)?;
        Some(Yaml::parse(text).map(|yaml| Self { path: path.to_owned(), yaml }))
    }

    /// The file's mapping.
    #[must_use]
    pub fn root(&self) -> Option<At<'_>> {
        self.yaml.root().filter(|root| root.is_mapping())
    }

    /// The names of the triggers with their settings.
    #[must_use]
    pub fn triggers(&self) -> Vec<(&str, Option<At<'_>>)> {
        let Some(on) = self.root().and_then(|root| root.get("on")) else {
            return Vec::new();
        };
        if on.is_mapping() {
            return on
                .entries()
                .into_iter()
                .filter_map(|(name, settings)| Some((name.scalar()?, Some(settings))))
                .collect();
        }
        on.texts().into_iter().map(|(_, name)| (name, None)).collect()
    }

    /// True when `name` is a trigger.
    #[must_use]
    pub fn has_trigger(&self, name: &str) -> bool {
        self.triggers().iter().any(|(trigger, _)| *trigger == name)
    }

    /// The jobs in order.
    #[must_use]
    pub fn jobs(&self) -> Vec<WorkflowJob<'_>> {
        let jobs = self.root().and_then(|root| root.get("jobs"));
        jobs.map(At::entries)
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(name, body)| Some(WorkflowJob { name: name.scalar()?, body }))
            .collect()
    }
}

impl<'w> WorkflowJob<'w> {
    /// The steps in order.
    #[must_use]
    pub fn steps(&self) -> Vec<At<'w>> {
        self.body.get("steps").map(At::items).unwrap_or_default()
    }
}

/// The action that a step uses.
#[must_use]
pub fn action(step: At<'_>) -> Option<Action<'_>> {
    let uses = step.get("uses")?;
    let (name, reference) = uses.scalar()?.split_once('@')?;
    let line = uses.yaml().line_text(uses.line());
    let comment = line.rsplit_once('#').map_or("", |(_, comment)| comment);
    Some(Action { name, reference, major: major(reference).or_else(|| major(comment.trim())) })
}

/// The major version in `v4`, `v4.1.0` or `tag=v4`; none in a commit id.
fn major(text: &str) -> Option<u32> {
    let text = text.split_whitespace().next()?.trim_start_matches("tag=");
    let number = text.strip_prefix('v')?;
    number.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_an_action_is_read_from_its_tag_or_its_comment() {
        let sha = "0123456789012345678901234567890123456789";
        let text =
            format!("- uses: a/b@v4\n- uses: a/b@{sha} # v3.1.2\n- uses: a/b@{sha}\n- uses: a/b@main\n");
        let yaml = Yaml::parse(text).unwrap();
        let majors: Vec<_> =
            yaml.root().unwrap().items().into_iter().map(|step| action(step).unwrap().major).collect();
        assert_eq!(majors, [Some(4), Some(3), None, None]);
    }

    #[test]
    fn triggers_are_read_in_all_three_spellings() {
        for text in ["on: push\n", "on: [push]\n", "on:\n  push:\n    branches: [main]\n"] {
            let yaml = Yaml::parse(text.into()).unwrap();
            let workflow = Workflow { path: String::new(), yaml };
            assert!(workflow.has_trigger("push") && !workflow.has_trigger("pull_request"));
        }
    }
}
