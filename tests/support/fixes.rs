//! Every fix that could apply to a CI file.

use std::collections::BTreeMap;

use il_ci::github::Workflow;
use il_ci::gitlab::{Pipeline, ROOT};
use il_ci::packages::MANAGERS;
use serde_json::{Map, Value, json};

/// A repo in memory that has the file at its place and every lock file that a fix may ask for.
pub fn world(path: &str, text: &str) -> BTreeMap<String, String> {
    let locks =
        MANAGERS.iter().flat_map(|manager| manager.locks).map(|lock| ((*lock).to_owned(), String::new()));
    locks.chain([(path.to_owned(), text.to_owned())]).collect()
}

/// Every fix with every argument that could apply to the file.
pub fn requests(path: &str, files: &BTreeMap<String, String>) -> Vec<(&'static str, Map<String, Value>)> {
    let object = |value: Value| value.as_object().unwrap().clone();
    let jobs: Vec<String> = if path == ROOT {
        Pipeline::load(files, path).unwrap().jobs().iter().map(|job| job.name.to_owned()).collect()
    } else {
        let Some(Ok(workflow)) = Workflow::load(files, path) else { return Vec::new() };
        workflow.jobs().iter().map(|job| job.name.to_owned()).collect()
    };
    let (whole, cache): (&[&str], &str) = if path == ROOT {
        (&["gitlab-interruptible", "gitlab-rules"], "gitlab-cache")
    } else {
        (&["github-concurrency"], "github-cache")
    };
    let mut requests: Vec<_> = whole.iter().map(|name| (*name, object(json!({"file": path})))).collect();
    for job in jobs {
        for manager in &MANAGERS {
            let arguments =
                json!({"file": path, "jobs": [job], "manager": manager.name, "lock": manager.locks[0]});
            requests.push((cache, object(arguments)));
        }
    }
    requests
}
