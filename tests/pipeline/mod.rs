//! Stories across the tools: the demo, the same by hand, jq as the human gate.

use std::fs;
use std::path::PathBuf;

use il_tests::{Done, Repo, World, bin_folder, project, skip};

/// The driver, with the programs that are already built.
fn driver(world: &World, args: &[&str]) -> il_tests::Run {
    world.program(project().join("scripts/improve-loop")).args(args).env("IL_BIN", bin_folder())
}

fn requests(done: &Done) -> Vec<PathBuf> {
    let pages = done.stderr.lines().filter_map(|line| line.strip_prefix("  /"));
    pages.filter(|line| line.ends_with(".md")).map(|line| PathBuf::from(format!("/{line}"))).collect()
}

#[test]
fn the_demo_ends_with_merge_requests_of_three_kinds_that_apply_cleanly() {
    let world = World::new();
    let done = driver(&world, &["--demo"]).run().expect(0);
    let pages = requests(&done);
    assert!(pages.len() >= 5, "{}", done.stderr);
    let home = pages[0].ancestors().nth(4).unwrap();
    let repo = Repo { folder: home.join("tally") };
    let lines = fs::read_dir(home.join(".improve-loop/runs")).unwrap().next().unwrap().unwrap().path();
    let shipped = fs::read_to_string(lines.join("5-shipped.ndjson")).unwrap();
    let shipped: Vec<_> =
        il_tests::parse_lines(&shipped).into_iter().filter(|line| !line["ship"].is_null()).collect();
    let mut kinds: Vec<_> = shipped.iter().map(|line| line["discover"]["kind"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds, ["ci-no-cache", "ci-only-to-rules", "ci-superseded-runs"]);
    for line in &shipped {
        assert_eq!(line["ship"]["pipeline"]["status"], "success", "{line}");
        // Each alone, and all of them one after the other.
        let branch = line["implement"]["branch"].as_str().unwrap();
        repo.git(&["merge-tree", "--write-tree", "main", branch]);
    }
    for branch in repo.our_branches() {
        repo.git(&["merge", "--quiet", "--no-edit", &branch]);
    }
    world.program("./check.sh").folder(&repo.folder).run().expect(0);
    for page in pages {
        // The diff on the page is the one that applies.
        let page = fs::read_to_string(page).unwrap();
        let diff = page.split_once("```diff\n").unwrap().1.split_once("\n```").unwrap().0;
        repo.git(&["checkout", "--quiet", "--detach", "main~"]);
        let patch = world.write("p.patch", &format!("{diff}\n"));
        let base = repo.git(&["rev-list", "--max-parents=0", "main"]);
        repo.git(&["checkout", "--quiet", "--detach", &base]);
        repo.git(&["apply", "--check", &patch.display().to_string()]);
    }
}

#[test]
fn the_same_typed_by_hand() {
    let world = World::new();
    let repo = world.repo("web");
    repo.with_waste();
    let path = il_tests::path_with_programs();
    let bash = |script: &str| {
        let script = format!("set -euo pipefail; {script}");
        world.program("bash").args(["-c", &script]).env("PATH", &path).folder(&repo.folder).run()
    };
    // One pipe.
    let done =
        bash("il-preflight | il-discover | il-triage --auto | il-implement --no-publish | il-ship").expect(0);
    assert_eq!(done.lines().len(), 5, "{}", done.stderr);
    // Each step from and to a file, in pieces, with a person's jq in between.
    if bash("jq --version").code != 0 {
        return skip("jq as the human gate", "no jq");
    }
    let done = bash(
        "il-preflight > 1; il-discover < 1 > 2; il-triage < 2 > 3
         jq -c 'select(.discover.kind == \"ci-no-cache\") | .triage.verdict = \"accepted\"' 3 > 3b
         split -l 1 3b part.; for part in part.*; do il-implement < $part; done > 4
         il-ship < 4 > 5; jq -r .implement.status 5",
    )
    .expect(0);
    assert_eq!(done.stdout, "opened\nopened\n", "{}", done.stderr);
    assert_eq!(repo.our_branches().len(), 2);
    assert!(repo.our_branches().iter().all(|branch| branch.contains("no-cache")));
}

#[test]
fn without_a_terminal_nothing_is_implemented_unless_told() {
    let world = World::new();
    let repo = world.repo("web");
    repo.with_waste();
    let done = driver(&world, &["--target", "web"]).run().expect(0);
    assert!(done.stderr.contains("Nothing was accepted, so nothing was implemented"), "{}", done.stderr);
    assert_eq!(repo.our_branches(), [""; 0]);
    let done = driver(&world, &["--target=web", "--auto"]).run().expect(0);
    assert_eq!(requests(&done).len(), 5, "{}", done.stderr);
    // Its own target has no check: nothing is called green.
    assert_eq!(
        done.stderr.matches("needs-review: not verified: no check is configured").count(),
        5,
        "{}",
        done.stderr
    );
}

#[test]
fn a_second_sweep_proposes_nothing_that_is_open() {
    let world = World::new();
    let repo = world.repo("web");
    repo.with_waste();
    driver(&world, &["--target", "web", "--auto"]).run().expect(0);
    let done = driver(&world, &["--target", "web", "--auto"]).run().expect(0);
    assert!(done.stderr.contains("5 discarded"), "{}", done.stderr);
    assert_eq!(repo.our_branches().len(), 5);
}

#[test]
fn light_only_looks() {
    let world = World::new();
    let repo = world.repo("web");
    repo.with_waste();
    let done = driver(&world, &["--light", "--target", "web", "--auto"]).run().expect(0);
    assert!(done.stderr.contains("Nothing was implemented"), "{}", done.stderr);
    assert!(done.stderr.contains("3 proposed, 2 below-cut"), "{}", done.stderr);
    assert_eq!(repo.our_branches(), [""; 0]);
}

#[test]
fn the_driver_refuses_what_it_does_not_know() {
    let world = World::new();
    world.repo("web").with_waste();
    let done = driver(&world, &["--intensty", "heavy"]).run().expect(2);
    assert!(done.stderr.contains("unknown argument '--intensty'"), "{}", done.stderr);
    driver(&world, &["--intensity"]).run().expect(2);
    driver(&world, &["--target", "web", "--intensity", "huge"]).run().expect(2);
    driver(&world, &["--target", "web", "--domain", "redit"]).run().expect(2);
    let done = driver(&world, &["--target", "web", "--local"]).run().expect(3);
    assert!(done.stderr.contains("no worker for mode `local`"), "{}", done.stderr);
    driver(&world, &["--target", "web", "--dry-run"]).run().expect(0);
    assert!(!world.work().join("web/.improve-loop").exists());
    assert!(driver(&world, &["--help"]).run().expect(0).stdout.contains("Usage: improve-loop"));
}

#[test]
fn a_red_check_closes_its_request_and_the_run_says_so() {
    let world = World::new();
    world.repo("web").with_waste();
    world.write(
        "improve-loop.toml",
        "[targets.web]\npath = \"web\"\ncheck = \"! grep -q concurrency .github/workflows/test.yml\"\n",
    );
    let done = driver(&world, &["--auto", "--unsafe-no-sandbox"]).run().expect(0);
    assert_eq!(done.stderr.matches(" failed: `").count(), 1, "{}", done.stderr);
    assert_eq!(done.stderr.matches(" needs-review: `").count(), 4, "{}", done.stderr);
}
