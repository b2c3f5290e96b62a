//! Let GitHub's set-up actions keep a package manager's downloads.
//!
//! Adds `cache: <manager>` to the set-up step of each named job, and
//! `cache-dependency-path` where the lock file is not at the root.
//!
//! Arguments: `file`, `jobs` (ids), `manager`, `lock` (path of the lock file).

use serde_json::{Map, Value};

use crate::deploys::runs_command;
use crate::edit::{Edit, New, Refusal};
use crate::files::Files;
use crate::fixes::{CacheArguments, Fix, Planner};
use crate::github::{Workflow, WorkflowJob, action};
use crate::packages::{Manager, manager};
use crate::yaml::At;

/// This fix.
pub const PLANNER: Planner = Planner { name: "github-cache", plan };

fn plan(files: &dyn Files, arguments: &Map<String, Value>) -> Result<Fix, Refusal> {
    let CacheArguments { file, jobs, manager: name, lock } = super::arguments(arguments)?;
    let manager = manager(&name).ok_or_else(|| Refusal::Missing(format!("`{name}` is not known")))?;
    if !files.has(&lock) {
        return Err(Refusal::Missing(format!("`{lock}` is not there")));
    }
    let workflow =
        Workflow::load(files, &file).ok_or_else(|| Refusal::Missing(format!("`{file}` is not there")))??;
    if publishes(&workflow) {
        return Err(Refusal::NotWanted("what a pull request has cached could reach a release".to_owned()));
    }
    let mut edit = Edit::new(&workflow.yaml);
    for id in &jobs {
        let job = workflow
            .jobs()
            .into_iter()
            .find(|job| job.name == id.as_str())
            .ok_or_else(|| Refusal::Missing(format!("job `{id}` is not there")))?;
        let step = setup_step(files, &job, manager)?;
        add(&mut edit, step, manager, &lock)?;
    }
    Ok(Fix {
        before: workflow.yaml.text().to_owned(),
        after: edit.finish()?,
        effects: vec![format!(
            "{} keep the downloads of {name} between runs, under a key made of {lock}",
            il_core::text::list(&jobs)
        )],
        path: file,
    })
}

/// Does this workflow make releases? A cache that others can fill must not reach them
/// (zizmor's audit `cache-poisoning`).
#[must_use]
pub fn publishes(workflow: &Workflow) -> bool {
    let triggers = workflow.triggers();
    let by_trigger = triggers.iter().any(|(name, settings)| {
        let filter = |key| settings.and_then(|settings| settings.get(key)).map(At::texts).unwrap_or_default();
        let release_branch = filter("branches").iter().any(|(_, branch)| branch.contains("release"));
        *name == "release" || (*name == "push" && (release_branch || !filter("tags").is_empty()))
    });
    by_trigger || workflow.jobs().iter().any(publishes_in)
}

/// Does this job publish: by an action, or by a command?
#[must_use]
pub fn publishes_in(job: &WorkflowJob<'_>) -> bool {
    const WORDS: &str = "publish release deploy push pages changesets upload-cloud ssh scp ftp rsync wrangler vercel \
        netlify firebase bake azure/ s3 heroku";
    // What a workflow of another repo does is not seen here.
    let far = job.body.get("uses").and_then(At::scalar).is_some_and(|uses| !uses.starts_with("./"));
    far || job.steps().into_iter().any(|step| {
        let by_action = action(step).is_some_and(|used| {
            let name = used.name.to_ascii_lowercase();
            WORDS.split_whitespace().any(|word| name.contains(word))
        });
        let with = step.get("with");
        let input = |key| with.and_then(|with| with.get(key)).and_then(At::scalar);
        let told = input("push").is_some_and(|push| push != "false") || input("publish").is_some();
        let run = step.get("run").and_then(At::scalar);
        by_action || told || run.is_some_and(runs_command)
    })
}

/// The step that sets the language up and could cache, where nothing caches yet.
///
/// # Errors
/// Says what caches already, or what speaks against it.
pub fn setup_step<'w>(
    files: &dyn Files,
    job: &WorkflowJob<'w>,
    manager: &Manager,
) -> Result<At<'w>, Refusal> {
    let cache = manager
        .github
        .as_ref()
        .ok_or_else(|| Refusal::Missing(format!("no set-up action caches {}", manager.name)))?;
    let steps = job.steps();
    let mut setup = None;
    for step in &steps {
        let Some(used) = action(*step) else {
            let composite = step.get("uses").and_then(At::scalar);
            if composite.is_some_and(|uses| uses.starts_with("./")) {
                let why = "an action of this repo may cache".to_owned();
                return Err(Refusal::Shape { line: step.line(), why });
            }
            continue;
        };
        if used.name.to_ascii_lowercase().contains("cache") {
            return Err(Refusal::AlreadyDone(format!("line {} uses `{}`", step.line(), used.name)));
        }
        if used.name == cache.action {
            setup = Some((*step, used));
        }
    }
    let Some((step, used)) = setup else {
        return Err(Refusal::Missing(format!("job `{}` does not use `{}`", job.name, cache.action)));
    };
    let with = step.get("with");
    let given = ["cache", "package-manager-cache"].map(|key| with.and_then(|with| with.get(key)));
    if let Some(at) = given.into_iter().flatten().next() {
        return Err(Refusal::AlreadyDone(format!("line {} decides about the cache", at.line())));
    }
    let major = used.major.ok_or_else(|| Refusal::Shape {
        line: step.line(),
        why: format!("the version of `{}` is not known", cache.action),
    })?;
    let own = cache.automatic_since.is_some_and(|since| major >= since);
    let names_manager = || {
        files
            .paths()
            .into_iter()
            .filter(|path| *path == "package.json" || path.ends_with("/package.json"))
            .filter_map(|path| files.read(path))
            .any(|text| text.contains("\"packageManager\"") || text.contains("\"devEngines\""))
    };
    if own && names_manager() {
        return Err(Refusal::AlreadyDone(format!("`{}` v{major} caches by itself", cache.action)));
    }
    if major < cache.since {
        return Err(Refusal::Shape {
            line: step.line(),
            why: format!("`{}` v{major} cannot cache", cache.action),
        });
    }
    Ok(step)
}

fn add<'y>(edit: &mut Edit<'y>, step: At<'y>, manager: &Manager, lock: &str) -> Result<(), Refusal> {
    let mut entries = vec![("cache".to_owned(), New::text(manager.name))];
    // The actions look for the lock file at the root only.
    if !manager.locks.contains(&lock) {
        entries.push(("cache-dependency-path".to_owned(), New::text(lock)));
    }
    match step.get("with") {
        None => edit.add(step, Some("uses"), "with", New::Map(entries)),
        Some(with) => entries.into_iter().try_for_each(|(key, value)| edit.add(with, None, &key, value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::manager;
    use serde_json::json;
    use std::collections::BTreeMap;

    fn fix(steps: &str, lock: &str) -> Result<String, Refusal> {
        fix_on("push", steps, lock)
    }

    fn fix_on(on: &str, steps: &str, lock: &str) -> Result<String, Refusal> {
        let path = ".github/workflows/ci.yml";
        let text = format!("on: {on}\njobs:\n  a:\n    steps:\n{steps}");
        let files = BTreeMap::from([(path.to_owned(), text), (lock.to_owned(), String::new())]);
        let arguments = json!({"file": path, "jobs": ["a"], "manager": "npm", "lock": lock});
        let fix = plan(&files, arguments.as_object().unwrap())?;
        Ok(fix.after.split_once("steps:\n").unwrap().1.to_owned())
    }

    #[test]
    fn the_set_up_step_gets_the_cache_input() {
        let cases = [
            (
                "      - uses: actions/setup-node@v4 # node\n      - run: npm ci\n",
                "      - uses: actions/setup-node@v4 # node\n        with:\n          cache: npm\n      - run: npm ci\n",
            ),
            (
                "      - name: n\n        uses: actions/setup-node@v4\n        with:\n          node-version: 22 # lts\n      - run: npm ci\n",
                "      - name: n\n        uses: actions/setup-node@v4\n        with:\n          node-version: 22 # lts\n          cache: npm\n      - run: npm ci\n",
            ),
            (
                "      - uses: actions/setup-node@v4\n        with: { node-version: 22 }\n      - run: npm ci\n",
                "      - uses: actions/setup-node@v4\n        with: { node-version: 22, cache: npm }\n      - run: npm ci\n",
            ),
        ];
        for (before, after) in cases {
            assert_eq!(fix(before, "package-lock.json").unwrap(), after);
        }
    }

    #[test]
    fn a_lock_file_in_a_folder_is_named() {
        let after = fix(
            "      - uses: actions/setup-node@v4\n        with:\n          node-version: 22\n",
            "web/package-lock.json",
        )
        .unwrap();
        assert!(after.ends_with("node-version: 22\n          cache: npm\n          cache-dependency-path: web/package-lock.json\n"), "{after}");
    }

    #[test]
    fn what_caches_already_or_cannot_is_refused() {
        for steps in [
            "      - uses: actions/setup-node@v4\n        with: {cache: yarn}\n",
            "      - uses: actions/cache@v4\n      - uses: actions/setup-node@v4\n",
            "      - uses: ./.github/actions/setup\n      - uses: actions/setup-node@v4\n",
            "      - uses: actions/setup-node@v1\n",
            "      - uses: actions/setup-node@0123456789012345678901234567890123456789\n",
            "      - run: npm ci\n",
        ] {
            assert!(fix(steps, "package-lock.json").is_err(), "{steps}");
        }
    }

    #[test]
    fn a_workflow_that_makes_releases_gets_no_cache_and_one_that_tests_does() {
        let steps = "      - uses: actions/setup-node@v4\n";
        let publishing = format!("{steps}      - uses: pypa/gh-action-pypi-publish@v1\n");
        let by_command = format!("{steps}      - run: npm publish\n");
        for (on, steps) in [
            ("push", &*by_command),
            ("push", &*format!("{steps}      - uses: docker/bake-action@v6\n")),
            ("push", &*format!("{steps}      - uses: a/b@v6\n        with: {{push: true}}\n")),
            ("{push: {tags: ['v*']}}", steps),
            ("{release: {types: [published]}}", steps),
            ("{push: {branches: [main, 'release-*']}}", steps),
            ("push", &*publishing),
        ] {
            let refusal = fix_on(on, steps, "package-lock.json").unwrap_err();
            assert!(matches!(refusal, Refusal::NotWanted(_)), "{on}: {refusal}");
        }
        assert!(fix_on("{push: {branches: [main]}}", steps, "package-lock.json").is_ok());
    }

    #[test]
    fn a_newer_set_up_that_caches_by_itself_is_left_alone() {
        let files =
            BTreeMap::from([("package.json".to_owned(), "{\"packageManager\":\"npm@11\"}".to_owned())]);
        let yaml = crate::yaml::Yaml::parse("steps:\n  - uses: actions/setup-node@v5\n".into()).unwrap();
        let job = WorkflowJob { name: "a", body: yaml.root().unwrap() };
        let refusal = setup_step(&files, &job, manager("npm").unwrap()).err().unwrap();
        assert!(matches!(refusal, Refusal::AlreadyDone(_)));
        assert!(setup_step(&BTreeMap::new(), &job, manager("npm").unwrap()).is_ok());
    }
}
