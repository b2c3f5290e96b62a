//! il-discover on all kinds of targets.

use std::fs;

use il_tests::World;
use serde_json::{Value, json};

#[test]
fn it_works_on_a_repo_without_any_configuration() {
    let world = World::new();
    let repo = world.repo("web");
    repo.with_waste();
    let done = world.il("discover").args(["--domain", "ci", "--target", "web"]).run().expect(0);
    let kinds: Vec<_> =
        done.lines().iter().map(|line| line["discover"]["key"].as_str().unwrap().to_owned()).collect();
    assert_eq!(
        kinds,
        [
            "web/ci-only-to-rules/.gitlab-ci.yml",
            "web/ci-no-cache/.gitlab-ci.yml:npm:package-lock.json",
            "web/ci-no-cache/.github/workflows/test.yml:npm:package-lock.json",
            "web/ci-superseded-runs/.gitlab-ci.yml",
            "web/ci-superseded-runs/.github/workflows/test.yml",
        ]
    );
    assert!(!repo.folder.join(".improve-loop").exists(), "it writes nothing");
}

#[test]
fn every_candidate_names_file_line_and_the_text_there() {
    let world = World::new();
    let repo = world.repo("web");
    repo.with_waste();
    let done = world.il("discover").args(["--target", "web"]).run().expect(0);
    for line in done.lines() {
        let evidence = line["discover"]["evidence"].as_array().unwrap();
        assert!(!evidence.is_empty(), "{line}");
        for piece in evidence {
            let file = fs::read_to_string(repo.folder.join(piece["path"].as_str().unwrap())).unwrap();
            let text = file.lines().nth(piece["line"].as_u64().unwrap() as usize - 1).unwrap();
            assert_eq!(text.trim(), piece["text"].as_str().unwrap(), "{piece}");
        }
    }
}

#[test]
fn what_it_writes_is_what_the_other_tools_read() {
    let world = World::new();
    world.repo("web").with_waste();
    let found = world.il("discover").args(["--target", "web"]).run().expect(0);
    let done = world.il("triage").stdin(found.stdout).run().expect(0);
    assert_eq!(done.lines().len(), 5);
}

#[test]
fn it_reads_assignments_of_a_run() {
    let world = World::new();
    world.repo("web").with_waste();
    world.write("improve-loop.toml", "[targets.web]\npath = \"web\"\n");
    let plan = world.il("preflight").run().expect(0);
    let done = world.il("discover").stdin(plan.stdout.clone()).run().expect(0);
    let run = &plan.lines()[0]["assignment"]["run"];
    assert!(done.lines().iter().all(|line| line["discover"]["run"] == *run));
}

#[test]
fn an_assignment_that_cannot_be_followed_is_named() {
    let world = World::new();
    world.write("improve-loop.toml", "[targets.web]\npath = \"web\"\n");
    let assignment = |domain: &str, repo: &str| json!({"assignment": {"run": "r", "domain": domain, "target_repo": repo, "budget_usd": 0}});
    let cases: [(Value, &str); 3] = [
        (assignment("redit", "web"), "assignment.domain: expected one of ci, found `redit`"),
        (assignment("ci", "wbe"), "assignment.target_repo: expected one of web, found `wbe`"),
        (il_tests::candidate("a"), "expected an assignment line, found a candidate"),
    ];
    for (line, message) in cases {
        // Outside a run: the configuration alone says what the targets are.
        let mut line = line;
        if let Some(assignment) = line.get_mut("assignment") {
            assignment["run"] = json!("r");
        }
        fs::create_dir_all(world.work().join(".improve-loop/runs/r")).unwrap();
        let run = json!({"run": "r", "started_at": "", "mode": "none", "intensity": "medium",
            "numbers": {"assignments": 1, "candidates": 1, "ceiling_usd": 0, "discovery_usd": 0, "implementation_usd": 0, "parallel": 1},
            "targets": {"web": {"path": world.work().join("web")}}});
        world.write(".improve-loop/runs/r/run.json", &run.to_string());
        let done = world.il("discover").stdin(format!("{line}\n")).run().expect(1);
        assert!(done.stderr.contains(&format!("line 1: {message}")), "{}", done.stderr);
    }
}

#[test]
fn targets_of_every_shape() {
    let world = World::new();
    let found = |target: &str| {
        let done = world.il("discover").args(["--domain", "ci", "--target", target]).run();
        (done.code, done.stdout.lines().count(), done.stderr)
    };
    // Spaces and letters beyond ASCII in the path.
    world.repo("my größe repo").with_waste();
    assert_eq!(found("my größe repo").1, 5);
    // A plain folder: read as it is.
    world.write("plain/.gitlab-ci.yml", il_tests::repo::GITLAB);
    let (code, count, stderr) = found("plain");
    assert_eq!((code, count), (0, 2), "{stderr}");
    assert!(stderr.contains("not a git repo"), "{stderr}");
    // A repo without a commit cannot be looked at: unavailable, not "nothing found".
    world.repo("empty");
    let (code, count, stderr) = found("empty");
    assert_eq!((code, count), (1, 0));
    assert!(
        stderr.contains("unavailable: target `empty`") && stderr.contains("has no commit yet"),
        "{stderr}"
    );
    // Shallow.
    let full = world.repo("full");
    full.with_waste();
    full.write("x", "y").commit("second");
    let url = format!("file://{}", full.folder.display());
    full.git(&["clone", "--quiet", "--depth=1", &url, &world.work().join("shallow").display().to_string()]);
    assert_eq!(found("shallow").1, 5);
    // Detached.
    full.git(&["checkout", "--quiet", "--detach"]);
    full.git(&["branch", "-D", "main"]);
    assert_eq!(found("full").1, 5);
    // Submodules are not looked into.
    let outer = world.repo("outer");
    outer.with_waste();
    outer.git(&["submodule", "--quiet", "add", &url, "sub"]);
    outer.commit("with a submodule");
    assert_eq!(found("outer").1, 5);
    // Not there.
    let (code, _, stderr) = found("no-such-folder");
    assert_eq!(code, 2);
    assert!(stderr.contains("expected a folder or one of"), "{stderr}");
}

#[test]
fn a_missing_git_is_said_with_the_way_out() {
    let world = World::new();
    world.repo("web").with_waste();
    let done = world.il("discover").args(["--target", "web"]).env("PATH", "/nonexistent").run().expect(1);
    assert!(done.stderr.contains("`git` was not found on PATH"), "{}", done.stderr);
}

#[test]
fn a_broken_file_is_named_and_the_others_are_looked_at() {
    let world = World::new();
    let repo = world.repo("web");
    repo.with_waste();
    repo.write(".github/workflows/broken.yml", "on: [push\njobs: {}\n").commit("broken");
    let done = world.il("discover").args(["--target", "web"]).run().expect(0);
    assert_eq!(done.lines().len(), 5);
    assert!(
        done.stderr.contains("`.github/workflows/broken.yml` was not understood: line 2"),
        "{}",
        done.stderr
    );
}

#[test]
fn the_committed_main_branch_counts_not_what_is_checked_out() {
    let world = World::new();
    let repo = world.repo("web");
    repo.with_waste();
    repo.git(&["checkout", "--quiet", "-b", "feature"]);
    repo.write(".gitlab-ci.yml", "test: {script: x}\n").commit("feature");
    let done = world.il("discover").args(["--target", "web"]).run().expect(0);
    assert_eq!(done.lines().len(), 5, "{}", done.stderr);
    assert!(done.stderr.contains("main at"), "{}", done.stderr);
}

#[test]
fn what_could_not_be_read_is_unavailable_not_nothing_found() {
    let world = World::new();
    let full = world.repo("full");
    full.with_waste();
    full.git(&["config", "uploadpack.allowFilter", "true"]);
    // A partial clone: the commit is there, the contents of its files are not.
    let url = format!("file://{}", full.folder.display());
    let partial = world.work().join("partial");
    full.git(&[
        "clone",
        "--quiet",
        "--no-checkout",
        "--filter=blob:none",
        &url,
        &partial.display().to_string(),
    ]);
    // And the other end is a trap: asking it for them would run a command.
    let marker = world.work().join("fired");
    let partial = il_tests::Repo { folder: partial };
    partial.git(&["config", "remote.origin.uploadpack", &format!("touch '{}';", marker.display())]);
    let done = world.il("discover").args(["--target", "partial"]).run().expect(1);
    // Which words git finds for it depends on its version.
    assert!(done.stderr.contains("ci in `partial`: unavailable: "), "{}", done.stderr);
    assert!(!marker.exists(), "the trap was sprung");
    assert_eq!(done.stdout, "");
    let plain = world.write("plain/.gitlab-ci.yml", il_tests::repo::GITLAB);
    fs::remove_file(&plain).unwrap();
    fs::create_dir(&plain).unwrap();
    // A folder of that name is no file: nothing to look at, and nothing unread.
    world.il("discover").args(["--target", "plain"]).run().expect(0);
}

#[test]
fn a_ci_file_that_is_no_text_is_named() {
    let world = World::new();
    let repo = world.repo("web");
    fs::write(repo.folder.join(".gitlab-ci.yml"), b"test:\n  script: \xff\xfe\n").unwrap();
    repo.commit("not text");
    let done = world.il("discover").args(["--target", "web"]).run().expect(0);
    assert!(
        done.stderr.contains("`.gitlab-ci.yml` was not understood: it is not a text file"),
        "{}",
        done.stderr
    );
}

#[test]
fn an_alias_bomb_is_not_understood_and_costs_nothing() {
    let world = World::new();
    let repo = world.repo("web");
    let mut bomb = String::from(".l0: &l0 [x,x,x,x,x,x,x,x,x]\n");
    for level in 1..12 {
        let items = vec![format!("*l{}", level - 1); 9].join(",");
        bomb.push_str(&format!(".l{level}: &l{level} [{items}]\n"));
    }
    repo.write(".gitlab-ci.yml", &format!("{bomb}job:\n  script: *l11\n")).commit("bomb");
    let done = world.il("discover").args(["--target", "web"]).run().expect(0);
    assert!(
        done.stderr.contains("`.gitlab-ci.yml` was not understood") && done.stderr.contains("aliases expand"),
        "{}",
        done.stderr
    );
}

#[test]
fn each_install_is_keyed_by_the_lock_file_of_its_own_folder() {
    let world = World::new();
    let repo = world.repo("web");
    repo.write("package-lock.json", "{}").write("site/package-lock.json", "{}");
    repo.write(".gitlab-ci.yml", "a:\n  script: [cd site && npm ci]\nb:\n  script:\n    - cd site\n    - npm ci\nc:\n  script: npm ci\n.e:\n  before_script: [cd site]\nf:\n  extends: .e\n  script: npm ci\n");
    let steps = "      - uses: actions/setup-node@v4\n      - run: npm ci\n        working-directory: site\n";
    repo.write(".github/workflows/t.yml", &format!("on: push\njobs:\n  d:\n    steps:\n{steps}"));
    repo.commit("two lock files");
    let done = world.il("discover").args(["--target", "web"]).run().expect(0);
    let lines = done.lines();
    let found: Vec<_> = lines
        .iter()
        .filter(|line| line["discover"]["kind"] == "ci-no-cache")
        .map(|line| {
            (
                &line["discover"]["recipe"]["arguments"]["jobs"],
                &line["discover"]["recipe"]["arguments"]["lock"],
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            (&json!(["c"]), &json!("package-lock.json")),
            (&json!(["a", "b", "f"]), &json!("site/package-lock.json")),
            (&json!(["d"]), &json!("site/package-lock.json")),
        ]
    );
}

#[test]
fn a_large_pipeline_takes_no_square_of_its_time() {
    let world = World::new();
    let repo = world.repo("web");
    let jobs: String = (0..20_000)
        .map(|n| format!("job{n}:\n  extends: .base\n  only: [main]\n  script: npm ci\n"))
        .collect();
    repo.write(".gitlab-ci.yml", &format!(".base:\n  stage: test\n{jobs}"))
        .write("package-lock.json", "{}")
        .commit("large");
    // A minute is far above what it takes, and below what a square takes (100 s and more).
    let done = world
        .program("timeout")
        .args(["60", "il-discover", "--target", "web"])
        .env("PATH", il_tests::path_with_programs())
        .run();
    assert_eq!(done.code, 0, "{}", done.stderr);
}
