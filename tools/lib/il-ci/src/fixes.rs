//! Safe fixes of CI files: each plans one edit and proves it, or says why it will not.
//!
//! A fix takes the arguments that the scout wrote down and looks at the file
//! afresh: what it needs may have changed meanwhile.

pub mod github_cache;
pub mod github_concurrency;
pub mod gitlab_cache;
pub mod gitlab_interruptible;
pub mod gitlab_rules;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::edit::Refusal;
use crate::files::Files;
use crate::gitlab::{Pipeline, ROOT};

/// A proven edit of one file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fix {
    /// The file.
    pub path: String,
    /// Its text before.
    pub before: String,
    /// Its text after.
    pub after: String,
    /// What the edit means, one sentence each, for the merge request.
    pub effects: Vec<String>,
}

/// Plans an edit from the files and the recipe's arguments, or says why not.
pub type Plan = fn(&dyn Files, &Map<String, Value>) -> Result<Fix, Refusal>;

/// A fix by name: its recipe's name on the line and how it is planned.
pub struct Planner {
    /// The recipe's name.
    pub name: &'static str,
    /// Plans the edit.
    pub plan: Plan,
}

/// All fixes.
pub const ALL: &[Planner] = &[
    github_cache::PLANNER,
    github_concurrency::PLANNER,
    gitlab_cache::PLANNER,
    gitlab_interruptible::PLANNER,
    gitlab_rules::PLANNER,
];

/// Plans the fix with this name; `None` when there is none.
#[must_use]
pub fn plan(name: &str, files: &dyn Files, arguments: &Map<String, Value>) -> Option<Result<Fix, Refusal>> {
    let planner = ALL.iter().find(|planner| planner.name == name)?;
    Some((planner.plan)(files, arguments))
}

/// What both cache fixes need to know.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CacheArguments {
    file: String,
    jobs: Vec<String>,
    manager: String,
    lock: String,
}

/// The pipeline that `file` is part of, and which of its files that is.
fn pipeline_with(files: &dyn Files, file: &str) -> Result<(Pipeline, usize), Refusal> {
    let root = if files.has(ROOT) { ROOT } else { file };
    let missing = || Refusal::Missing(format!("`{file}` is not there, or not part of the pipeline"));
    let pipeline = Pipeline::load(files, root).ok_or_else(missing)?;
    let index = pipeline.files.iter().position(|part| part.path == file).ok_or_else(missing)?;
    Ok((pipeline, index))
}

/// The arguments as a type.
fn arguments<T: DeserializeOwned>(arguments: &Map<String, Value>) -> Result<T, Refusal> {
    serde_json::from_value(Value::Object(arguments.clone()))
        .map_err(|error| Refusal::Missing(format!("recipe arguments: {error}")))
}
