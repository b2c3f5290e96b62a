//! Keep a package manager's downloads between GitLab jobs.
//!
//! Adds a `cache` keyed by the lock file to each named job, and the variable
//! that moves the manager's cache into the project folder, where GitLab looks.
//!
//! Arguments: `file`, `jobs` (names), `manager`, `lock` (path of the lock file).

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::deploys::is_deploy_like;
use crate::edit::{Edit, New, Refusal};
use crate::files::Files;
use crate::fixes::{CacheArguments, Fix, Planner};
use crate::gitlab::{Job, Lookup, Pipeline};
use crate::packages::{GitlabCache, Manager, manager};
use crate::yaml::At;

/// This fix.
pub const PLANNER: Planner = Planner { name: "gitlab-cache", plan };

fn plan(files: &dyn Files, arguments: &Map<String, Value>) -> Result<Fix, Refusal> {
    let CacheArguments { file, jobs, manager: name, lock } = super::arguments(arguments)?;
    let unknown = || Refusal::Missing(format!("no cache is known for `{name}`"));
    let manager = manager(&name).ok_or_else(unknown)?;
    let cache = manager.gitlab.as_ref().ok_or_else(unknown)?;
    if !files.has(&lock) {
        return Err(Refusal::Missing(format!("`{lock}` is not there")));
    }
    let (pipeline, index) = super::pipeline_with(files, &file)?;
    let yaml = &pipeline.files[index].yaml;
    let globals =
        pipeline.files.iter().filter_map(|file| file.yaml.root()?.get("variables")?.get(cache.variable));
    if let Some(at) = globals.into_iter().next() {
        return Err(set_elsewhere(at, cache));
    }
    let mut edit = Edit::new(yaml);
    let all = pipeline.jobs();
    let by_name: HashMap<&str, &Job<'_>> =
        all.iter().filter(|job| job.file == index).map(|job| (job.name, job)).collect();
    for name in &jobs {
        let job = by_name
            .get(name.as_str())
            .ok_or_else(|| Refusal::Missing(format!("job `{name}` is not there")))?;
        check(&pipeline, &all, job, manager)?;
        add(&pipeline, &mut edit, job, cache, &lock)?;
    }
    Ok(Fix {
        before: yaml.text().to_owned(),
        after: edit.finish()?,
        effects: effects(&jobs, cache, &lock),
        path: file,
    })
}

/// The situation that makes the edit right: an install, and surely no cache.
fn check(pipeline: &Pipeline, jobs: &[Job<'_>], job: &Job<'_>, manager: &Manager) -> Result<(), Refusal> {
    if pipeline.is_spread(job.name) {
        let why = format!("several files define `{}`", job.name);
        return Err(Refusal::Shape { line: job.key.line(), why });
    }
    if is_deploy_like(pipeline, job) {
        return Err(Refusal::NotWanted("what another job has cached could reach a release".to_owned()));
    }
    match pipeline.lookup_with_defaults(job, "cache") {
        Lookup::Found(at) => {
            return Err(Refusal::AlreadyDone(format!("job `{}` has a cache (line {})", job.name, at.line())));
        }
        Lookup::Unknown => {
            let why = "an include that cannot be read here may set a cache".into();
            return Err(Refusal::Shape { line: job.key.line(), why });
        }
        Lookup::Absent => {}
    }
    let scripts = ["before_script", "script"].map(|key| job.body.get(key));
    let installs = scripts.into_iter().flatten().flat_map(At::texts).any(|(_, line)| manager.installs(line));
    if !installs {
        return Err(Refusal::Missing(format!("job `{}` no longer installs with {}", job.name, manager.name)));
    }
    for heir in pipeline.heirs(jobs, job) {
        // It would get a mixture of both.
        if heir.body.get("cache").is_some() {
            let why = format!("job `{}` extends `{}` and has a cache of its own", heir.name, job.name);
            return Err(Refusal::Shape { line: heir.key.line(), why });
        }
        if is_deploy_like(pipeline, &heir) {
            let why = format!("`{}` would get the cache, and could release what it holds", heir.name);
            return Err(Refusal::NotWanted(why));
        }
    }
    Ok(())
}

fn add<'y>(
    pipeline: &'y Pipeline,
    edit: &mut Edit<'y>,
    job: &Job<'y>,
    cache: &GitlabCache,
    lock: &str,
) -> Result<(), Refusal> {
    let variable = (cache.variable, New::Quoted(cache.value.to_owned()));
    let anchor = ["image", "stage", "extends", "needs"].into_iter().find(|key| job.body.get(key).is_some());
    match (job.body.get("variables"), pipeline.lookup(job, "variables")) {
        (Some(own), _) => {
            if let Some(at) = own.get(cache.variable) {
                return Err(set_elsewhere(at, cache));
            }
            edit.add(own, None, variable.0, variable.1)?;
        }
        // `extends` merges variables, `<<` would hide the inherited ones.
        (None, Lookup::Found(at)) if job.body.get("<<").is_some() => {
            let why = "its variables come from a merge key".into();
            return Err(Refusal::Shape { line: at.line(), why });
        }
        (None, Lookup::Found(at)) if at.get(cache.variable).is_some() => {
            return Err(set_elsewhere(at, cache));
        }
        (None, Lookup::Unknown) => {
            let why = "its variables may come from an include that cannot be read here".into();
            return Err(Refusal::Shape { line: job.key.line(), why });
        }
        (None, _) => edit.add(job.body, anchor, "variables", New::map([variable]))?,
    }
    let value = New::map([
        ("key", New::map([("files", New::List(vec![New::text(lock)]))])),
        ("paths", New::List(vec![New::text(cache.path)])),
    ]);
    let after = if job.body.get("variables").is_some() { Some("variables") } else { anchor };
    edit.add(job.body, after, "cache", value)
}

fn set_elsewhere(at: At<'_>, cache: &GitlabCache) -> Refusal {
    Refusal::Shape { line: at.line(), why: format!("`{}` is set already", cache.variable) }
}

fn effects(jobs: &[String], cache: &GitlabCache, lock: &str) -> Vec<String> {
    let names = il_core::text::list(jobs);
    vec![
        format!("{names} keep {} between pipelines, under a key made of {lock}", cache.path),
        format!("{} moves the downloads into that folder", cache.variable),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gitlab::ROOT;
    use serde_json::json;
    use std::collections::BTreeMap;

    fn fix(text: &str, jobs: &[&str]) -> Result<String, Refusal> {
        let files = BTreeMap::from([
            (ROOT.to_owned(), text.to_owned()),
            ("package-lock.json".to_owned(), "{}".to_owned()),
        ]);
        let arguments = json!({"file": ROOT, "jobs": jobs, "manager": "npm", "lock": "package-lock.json"});
        plan(&files, arguments.as_object().unwrap()).map(|fix| fix.after)
    }

    #[test]
    fn a_job_gets_cache_and_variable_and_keeps_every_comment() {
        let after = fix(
            "lint: # fast\n  image: node:22 # pinned\n  # all of it\n  script:\n    - npm ci\n    - npm test\n\nother:\n  script: [x]\n",
            &["lint"],
        )
        .unwrap();
        assert_eq!(
            after,
            "lint: # fast\n  image: node:22 # pinned\n  variables:\n    npm_config_cache: \"$CI_PROJECT_DIR/.npm\"\n  cache:\n    key:\n      files:\n        - package-lock.json\n    paths:\n      - .npm/\n  # all of it\n  script:\n    - npm ci\n    - npm test\n\nother:\n  script: [x]\n"
        );
    }

    #[test]
    fn line_breaks_indentation_and_a_missing_last_one_stay_as_they_are() {
        let after = fix("a:\r\n    script:\r\n    - npm ci\r\n", &["a"]).unwrap();
        assert!(after.lines().count() > 6 && !after.replace("\r\n", "").contains('\n'), "{after:?}");
        assert!(
            after.contains(
                "\r\n    cache:\r\n        key:\r\n            files:\r\n            - package-lock.json\r\n"
            ),
            "{after:?}"
        );
        let after = fix("a:\n  script: npm ci", &["a"]).unwrap();
        assert!(after.ends_with("- .npm/"), "{after:?}");
    }

    #[test]
    fn existing_variables_are_extended() {
        let after = fix("a:\n  variables:\n    X: 1\n  script: npm ci\n", &["a"]).unwrap();
        assert!(
            after.starts_with(
                "a:\n  variables:\n    X: 1\n    npm_config_cache: \"$CI_PROJECT_DIR/.npm\"\n  cache:\n"
            ),
            "{after}"
        );
    }

    #[test]
    fn a_job_that_caches_already_is_already_done() {
        for text in [
            "a:\n  cache: {paths: [x]}\n  script: npm ci\n",
            "default:\n  cache: {paths: [x]}\na:\n  script: npm ci\n",
            ".b:\n  cache: {paths: [x]}\na:\n  extends: .b\n  script: npm ci\n",
        ] {
            assert!(matches!(fix(text, &["a"]), Err(Refusal::AlreadyDone(_))), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_known_or_would_change_others_is_refused() {
        for text in [
            "include: {remote: 'x'}\na:\n  script: npm ci\n",
            "a:\n  variables: {npm_config_cache: x}\n  script: npm ci\n",
            ".v: &v\n  variables: {X: 1}\na:\n  <<: *v\n  script: npm ci\n",
            "a:\n  script: npm ci\nb:\n  extends: a\n  cache: {paths: [x]}\n",
            "a:\n  script: npm test\n",
            ".a:\n  script: npm ci\nship:\n  extends: .a\n  after_script: npm publish\n",
        ] {
            assert!(fix(text, &["a"]).is_err() && fix(text, &[".a"]).is_err(), "{text}");
        }
    }
}
