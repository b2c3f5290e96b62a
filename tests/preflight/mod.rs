//! il-preflight: what it lets through, and what it stops.

use il_tests::{World, bin_folder};

#[test]
fn a_healthy_home_gets_assignments_with_their_share_of_the_money() {
    let world = World::new();
    world.repo("web").with_waste();
    world.repo("api").with_waste();
    world.write("improve-loop.toml", "[targets.web]\npath = \"web\"\n[targets.api]\npath = \"api\"\n");
    let done = world.il("preflight").run().expect(0);
    let lines = done.lines();
    assert_eq!(lines.len(), 2);
    let sum: f64 = lines.iter().map(|line| line["assignment"]["budget_usd"].as_f64().unwrap()).sum();
    assert_eq!(sum, 4.0, "medium spends at most $4 on discovery");
    let run = lines[0]["assignment"]["run"].as_str().unwrap();
    let json: serde_json::Value =
        serde_json::from_str(&world.read(&format!(".improve-loop/runs/{run}/run.json"))).unwrap();
    assert_eq!(json["numbers"]["candidates"], 6);
    assert!(done.stderr.contains("ok       target web"), "{}", done.stderr);
}

#[test]
fn without_configuration_the_home_repo_is_the_target() {
    let world = World::new();
    let repo = world.repo("web");
    repo.with_waste();
    let done = world.il("preflight").folder(&repo.folder).run().expect(0);
    assert_eq!(done.lines()[0]["assignment"]["target_repo"], "web");
    assert_eq!(repo.git(&["status", "--porcelain"]), "", "its own folder is ignored by git");
}

#[test]
fn a_failed_check_stops_everything_and_its_reason_is_the_last_line() {
    let world = World::new();
    std::fs::create_dir(world.work().join("plain")).unwrap();
    world.repo("empty");
    let cases = [
        ("plain", "is not the top of a git repo", "git -C"),
        ("empty", "has no commit yet", "git -C"),
        ("gone", "is not a folder", "--target DIR"),
    ];
    for (path, why, hint) in cases {
        world.write("improve-loop.toml", &format!("[targets.web]\npath = \"{path}\"\n"));
        let done = world.il("preflight").run().expect(3);
        let last = done.stderr.lines().last().unwrap();
        assert!(last.contains(why), "{path}: {}", done.stderr);
        assert!(done.stderr.contains(hint), "{path}: {}", done.stderr);
        assert_eq!(done.stdout, "");
        assert!(!world.work().join(".improve-loop").exists(), "nothing was written");
    }
}

#[test]
fn a_missing_git_or_gate_stops_everything() {
    let world = World::new();
    world.repo("web").with_waste();
    world.write("improve-loop.toml", "[targets.web]\npath = \"web\"\n");
    let done = world.il("preflight").env("PATH", "/nonexistent").run().expect(3);
    assert!(
        done.stderr.contains("hint: install git") && done.stderr.contains("`git` was not found"),
        "{}",
        done.stderr
    );
    let alone = world.work().join("il-preflight");
    std::fs::copy(bin_folder().join("il-preflight"), &alone).unwrap();
    let done = world.program(&alone).run().expect(3);
    assert!(done.stderr.lines().last().unwrap().contains("il-gate` was not found"), "{}", done.stderr);
}

#[test]
fn a_mode_without_its_worker_is_refused() {
    let world = World::new();
    world.repo("web").with_waste();
    world.write("improve-loop.toml", "mode = \"claude\"\n[targets.web]\npath = \"web\"\n");
    let done = world.il("preflight").run().expect(3);
    assert!(done.stderr.contains("no worker for mode `claude`"), "{}", done.stderr);
    world.il("preflight").args(["--mode", "none"]).run().expect(0);
}

#[test]
fn a_typo_in_a_target_is_answered_with_the_nearest_one() {
    let world = World::new();
    world.repo("web").with_waste();
    world.write("improve-loop.toml", "[targets.web]\npath = \"web\"\n");
    let done = world.il("preflight").args(["--target", "wbe"]).run().expect(2);
    assert!(done.stderr.contains("found `wbe`\nhint: did you mean `web`?"), "{}", done.stderr);
}

#[test]
fn what_a_harvest_would_miss_is_a_warning() {
    let world = World::new();
    let repo = world.repo("web");
    repo.write(".gitattributes", "*.bin filter=lfs diff=lfs\n").with_waste();
    repo.git(&["checkout", "--quiet", "--detach"]);
    repo.git(&["branch", "-D", "main"]);
    let done = world.il("preflight").args(["--target", "web"]).run().expect(0);
    assert!(done.stderr.contains("warning  target web"), "{}", done.stderr);
    assert!(
        done.stderr.contains("LFS files are seen as pointers; no branch to merge into"),
        "{}",
        done.stderr
    );
}

#[test]
fn a_dry_run_writes_nothing() {
    let world = World::new();
    let repo = world.repo("web");
    repo.with_waste();
    let done = world.il("preflight").args(["--dry-run"]).folder(&repo.folder).run().expect(0);
    assert_eq!(done.stdout, "");
    assert!(!repo.folder.join(".improve-loop").exists());
}

#[test]
fn targets_beyond_the_intensity_are_named_not_dropped() {
    let world = World::new();
    let mut toml = String::from("intensity = \"light\"\n");
    for name in ["a", "b", "c", "d"] {
        world.repo(name).with_waste();
        toml.push_str(&format!("[targets.{name}]\npath = \"{name}\"\n"));
    }
    world.write("improve-loop.toml", &toml);
    let done = world.il("preflight").run().expect(0);
    assert_eq!(done.lines().len(), 3);
    assert!(done.stderr.contains("not in this run: ci in `d`"), "{}", done.stderr);
}

#[test]
fn two_folders_of_one_name_are_not_one_target() {
    let world = World::new();
    world.repo("x/web").with_waste();
    world.repo("y/web").with_waste();
    let done = world.il("preflight").args(["--target", "x/web", "--target", "y/web"]).run().expect(2);
    assert!(done.stderr.contains("would both be called `web`"), "{}", done.stderr);
}

#[test]
fn a_branch_in_the_way_of_ours_is_said_before_any_work() {
    let world = World::new();
    let repo = world.repo("web");
    repo.with_waste();
    repo.git(&["branch", "improve-loop"]);
    let done = world.il("preflight").args(["--target", "web"]).run().expect(3);
    assert!(done.stderr.contains("stands in the way"), "{}", done.stderr);
}
