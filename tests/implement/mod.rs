//! il-implement on a real repo: what it makes, and what it leaves alone.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use il_tests::{Repo, World, bin_folder};
use serde_json::{Value, json};

/// A home with the target `web`, and all its candidates accepted.
fn accepted(world: &World, repo: &Repo) -> String {
    let toml = format!("[targets.web]\npath = \"{}\"\ncheck = \"true\"\n", repo.folder.display());
    world.write("improve-loop.toml", &toml);
    let found = world.il("discover").args(["--domain", "ci"]).run().expect(0).stdout;
    world.il("triage").arg("--auto").stdin(found).run().expect(0).stdout
}

fn statuses(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["implement"]["status"].as_str().unwrap_or("-")).collect()
}

#[test]
fn each_accepted_line_becomes_a_branch_and_a_request_and_the_owner_sees_nothing_else() {
    let world = World::new();
    let repo = world.repo("src/web");
    repo.with_waste();
    // Work in progress, staged and not.
    repo.write("README.md", "# changed\n").write("staged", "x");
    repo.git(&["add", "staged"]);
    let before = repo.owners_view();
    let input = accepted(&world, &repo);
    let done = world.il("implement").stdin(input).run().expect(0);
    assert_eq!(statuses(&done.lines()), ["opened"; 5], "{}", done.stderr);
    assert_eq!(repo.owners_view(), before);
    assert_eq!(repo.our_branches().len(), 5);
    for line in done.lines() {
        let request = &line["implement"]["request"];
        let page = fs::read_to_string(request["url"].as_str().unwrap()).unwrap();
        for part in
            ["## What and why", "## Evidence", "## How it was verified", "undo it", "```diff\ndiff --git"]
        {
            assert!(page.contains(part), "{part} in {page}");
        }
        assert!(page.contains(line["discover"]["evidence"][0]["text"].as_str().unwrap()), "{page}");
        // The branch holds one commit on main that changes one file.
        let branch = line["implement"]["branch"].as_str().unwrap();
        assert_eq!(repo.git(&["rev-list", "--count", &format!("main..{branch}")]), "1");
        assert_eq!(
            repo.git(&["diff", "--name-only", "main", branch]),
            line["target_paths"][0].as_str().unwrap()
        );
        // What is left for inspection is exactly that commit.
        let left = Repo { folder: line["implement"]["worktree"].as_str().unwrap().into() };
        assert_eq!(left.git(&["status", "--porcelain"]), "");
        assert_eq!(left.git(&["rev-parse", "HEAD"]), line["implement"]["head_sha"].as_str().unwrap());
    }
}

#[test]
fn all_requests_merge_one_after_the_other() {
    let world = World::new();
    let repo = world.repo("src/web");
    repo.with_waste();
    let input = accepted(&world, &repo);
    world.il("implement").stdin(input).run().expect(0);
    for branch in repo.our_branches() {
        repo.git(&["merge", "--quiet", "--no-edit", &branch]);
    }
    let text = fs::read_to_string(repo.folder.join(".gitlab-ci.yml")).unwrap();
    for comment in ["# pipeline of web", "# quick", "# nothing else"] {
        assert!(text.contains(comment), "{text}");
    }
    // Nothing is left to improve.
    let done = world.il("discover").args(["--domain", "ci"]).run().expect(0);
    assert_eq!(done.stdout, "", "{}", done.stdout);
}

#[test]
fn a_second_time_finds_the_open_requests() {
    let world = World::new();
    let repo = world.repo("src/web");
    repo.with_waste();
    let input = accepted(&world, &repo);
    world.il("implement").stdin(input.clone()).run().expect(0);
    let branches = repo.git(&["for-each-ref", "refs/heads/improve-loop"]);
    let again = world.il("implement").stdin(input).run().expect(0);
    assert_eq!(statuses(&again.lines()), ["already-done"; 5], "{}", again.stderr);
    assert_eq!(repo.git(&["for-each-ref", "refs/heads/improve-loop"]), branches);
}

#[test]
fn what_was_done_meanwhile_is_not_done_again() {
    let world = World::new();
    let repo = world.repo("src/web");
    repo.with_waste();
    let input = accepted(&world, &repo);
    repo.write(".github/workflows/test.yml", "on: push\njobs: {}\n")
        .write(".gitlab-ci.yml", "a: {script: x}\n");
    repo.commit("tidy");
    let done = world.il("implement").stdin(input).run().expect(0);
    assert_eq!(statuses(&done.lines()), ["already-done"; 5], "{}", done.stderr);
    assert!(
        done.lines()[0]["implement"]["reason"]["detail"].as_str().unwrap().contains("no longer has the line")
    );
    assert_eq!(repo.our_branches(), [""; 0]);
}

#[test]
fn only_accepted_lines_are_acted_on() {
    let world = World::new();
    let repo = world.repo("src/web");
    repo.with_waste();
    let input = accepted(&world, &repo);
    for verdict in ["proposed", "discarded", "held", "below-cut"] {
        let input = input.replace("\"accepted\"", &format!("\"{verdict}\""));
        let done = world.il("implement").stdin(input.clone()).run().expect(0);
        assert_eq!(done.stdout, input, "passed on byte for byte");
    }
    assert_eq!(repo.our_branches(), [""; 0]);
}

#[test]
fn no_publish_stops_at_ready_and_publish_goes_on_from_there() {
    let world = World::new();
    let repo = world.repo("src/web");
    repo.with_waste();
    let input = accepted(&world, &repo);
    let ready = world.il("implement").arg("--no-publish").stdin(input).run().expect(0);
    assert_eq!(statuses(&ready.lines()), ["ready"; 5]);
    assert_eq!(repo.our_branches(), [""; 0]);
    let opened = world.il("implement").arg("--publish").stdin(ready.stdout).run().expect(0);
    assert_eq!(statuses(&opened.lines()), ["opened"; 5], "{}", opened.stderr);
    assert_eq!(repo.our_branches().len(), 5);
}

#[test]
fn a_change_outside_the_target_paths_is_stopped() {
    let world = World::new();
    let repo = world.repo("src/web");
    repo.with_waste();
    let input = accepted(&world, &repo)
        .replace("\"target_paths\":[\".gitlab-ci.yml\"]", "\"target_paths\":[\"docs/\"]");
    let done = world.il("implement").stdin(input).run().expect(0);
    let lines = done.lines();
    let stopped: Vec<_> = lines.iter().filter(|line| line["target_paths"][0] == "docs/").collect();
    assert_eq!(stopped.len(), 3);
    for line in stopped {
        assert_eq!(line["implement"]["status"], "out-of-scope");
        assert_eq!(line["implement"]["gates"][0]["gate"], "scope");
        assert!(!repo.our_branches().contains(&line["implement"]["branch"].as_str().unwrap().to_owned()));
    }
}

#[test]
fn a_line_that_was_tampered_with_between_ready_and_publish_is_gated_again() {
    let world = World::new();
    let repo = world.repo("src/web");
    repo.with_waste();
    let input = accepted(&world, &repo);
    let ready = world.il("implement").arg("--no-publish").stdin(input).run().expect(0).stdout;
    let first = ready.lines().next().unwrap().replace("\"target_paths\":[\"", "\"target_paths\":[\"other/");
    let done = world.il("implement").arg("--publish").stdin(first + "\n").run().expect(0);
    assert_eq!(statuses(&done.lines()), ["gate-blocked"], "{}", done.stderr);
    assert_eq!(repo.our_branches(), [""; 0]);
}

#[test]
fn without_its_gate_no_change_passes() {
    let world = World::new();
    let repo = world.repo("src/web");
    repo.with_waste();
    let input = accepted(&world, &repo);
    // The same program in a folder without il-gate.
    let alone = world.work().join("alone");
    fs::create_dir(&alone).unwrap();
    fs::copy(bin_folder().join("il-implement"), alone.join("il-implement")).unwrap();
    let done = world.program(alone.join("il-implement")).stdin(input.clone()).run().expect(0);
    assert_eq!(statuses(&done.lines()), ["gate-blocked"; 5], "{}", done.stderr);
    // And with one that answers nonsense, or nothing, or crashes.
    for script in ["exit 3", "echo nonsense; exit 3", "exit 2", "kill -9 $$", "echo x"] {
        fs::write(alone.join("il-gate"), format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(alone.join("il-gate"), fs::Permissions::from_mode(0o755)).unwrap();
        let done = world.program(alone.join("il-implement")).stdin(input.clone()).run().expect(0);
        assert_eq!(statuses(&done.lines()), ["gate-blocked"; 5], "{script}: {}", done.stderr);
    }
    assert_eq!(repo.our_branches(), [""; 0]);
}

#[test]
fn targets_of_every_shape() {
    let world = World::new();
    let try_out = |repo: &Repo| {
        let input = accepted(&world, repo);
        let done = world.il("implement").stdin(input).run().expect(0);
        fs::remove_dir_all(world.work().join(".improve-loop")).unwrap();
        done.lines()
            .iter()
            .map(|line| line["implement"]["status"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let spaces = world.repo("my größe repo");
    spaces.with_waste();
    assert_eq!(try_out(&spaces), ["opened"; 5]);
    let full = world.repo("full");
    full.with_waste();
    full.write("x", "y").commit("second");
    let url = format!("file://{}", full.folder.display());
    let shallow = Repo { folder: world.work().join("shallow") };
    full.git(&["clone", "--quiet", "--depth=1", &url, &shallow.folder.display().to_string()]);
    assert_eq!(try_out(&shallow), ["opened"; 5]);
    let outer = world.repo("outer");
    outer.with_waste();
    outer.git(&["submodule", "--quiet", "add", &url, "sub"]);
    outer.commit("with a submodule");
    assert_eq!(try_out(&outer), ["opened"; 5]);
    full.git(&["checkout", "--quiet", "--detach"]);
    full.git(&["branch", "-D", "main"]);
    assert_eq!(try_out(&full), ["opened"; 5]);
    assert_eq!(full.our_branches().len(), 5);
    let modern = Repo { folder: world.work().join("sha256") };
    fs::create_dir(&modern.folder).unwrap();
    modern.git(&["init", "--quiet", "--initial-branch=main", "--object-format=sha256"]);
    modern.with_waste();
    assert_eq!(try_out(&modern), ["opened"; 5]);
}

#[test]
fn a_target_that_is_gone_defers_the_line_and_says_why() {
    let world = World::new();
    let repo = world.repo("src/web");
    repo.with_waste();
    let input = accepted(&world, &repo);
    fs::rename(&repo.folder, world.work().join("moved")).unwrap();
    let done = world.il("implement").stdin(input).run().expect(0);
    assert_eq!(statuses(&done.lines()), ["deferred"; 5]);
    assert!(done.lines()[0]["implement"]["reason"]["detail"].as_str().unwrap().contains("is not a folder"));
}

#[test]
fn a_hostile_repo_runs_nothing() {
    let world = World::new();
    let repo = world.repo("src/web");
    let marker = world.work().join("fired");
    let touch = format!("touch '{}'", marker.display());
    repo.write(".gitattributes", "* filter=evil diff=evil\n").with_waste();
    // Planted after the last ordinary git command of the owner.
    let hooks = repo.folder.join(".git/hooks");
    fs::create_dir_all(&hooks).unwrap();
    for hook in [
        "post-checkout",
        "pre-receive",
        "update",
        "post-receive",
        "reference-transaction",
        "post-index-change",
    ] {
        fs::write(hooks.join(hook), format!("#!/bin/sh\n{touch}\n")).unwrap();
        fs::set_permissions(hooks.join(hook), fs::Permissions::from_mode(0o755)).unwrap();
    }
    // A push asks the target for what its alternates have.
    let alternate = world.repo("alternate");
    alternate.commit("x");
    let objects = alternate.folder.join(".git/objects").display().to_string();
    fs::create_dir_all(repo.folder.join(".git/objects/info")).unwrap();
    fs::write(repo.folder.join(".git/objects/info/alternates"), objects + "\n").unwrap();
    let mut config = fs::read_to_string(repo.folder.join(".git/config")).unwrap();
    config.push_str(&format!(
        "[core]\n\talternateRefsCommand = \"{touch}; :\"\n\tfsmonitor = \"{touch}\"\n\tsshCommand = \"{touch}\"\n[filter \"evil\"]\n\tclean = \"{touch}; cat\"\n\tsmudge = \"{touch}; cat\"\n\trequired = true\n[diff \"evil\"]\n\tcommand = \"{touch}\"\n\ttextconv = \"{touch}\"\n[uploadpack]\n\tpackObjectsHook = \"{touch}\"\n[gpg]\n\tprogram = \"{touch}\"\n[commit]\n\tgpgSign = true\n"
    ));
    fs::write(repo.folder.join(".git/config"), config).unwrap();
    let input = accepted(&world, &repo);
    let done = world.il("implement").stdin(input).run().expect(0);
    assert_eq!(statuses(&done.lines()), ["opened"; 5], "{}", done.stderr);
    assert!(!marker.exists(), "something of the repo was run");
    // The trap works: an ordinary git springs it.
    repo.git(&["-c", "core.fsmonitor=false", "-c", "commit.gpgSign=false", "branch", "sprung"]);
    assert!(marker.exists(), "the test proves nothing");
}

#[test]
fn what_came_with_the_repo_is_never_taken_for_ours() {
    let world = World::new();
    let repo = world.repo("src/web");
    repo.with_waste();
    let marker = world.work().join("fired");
    // A mirror "of ours", with a trap in its configuration, committed by somebody else.
    let trap = il_tests::Repo { folder: repo.folder.join(".improve-loop/repos/web.git") };
    fs::create_dir_all(&trap.folder).unwrap();
    trap.git(&["init", "--quiet", "--bare", "--template="]);
    let config = fs::read_to_string(trap.folder.join("config")).unwrap();
    let ext = format!(
        "[protocol \"ext\"]\n\tallow = always\n[url \"ext::sh -c touch%% {} \"]\n\tinsteadOf = /\n",
        marker.display()
    );
    fs::write(trap.folder.join("config"), config + &ext).unwrap();
    for folder in ["objects", "refs"] {
        fs::write(trap.folder.join(folder).join("keep"), "").unwrap();
    }
    repo.git(&["add", "--all", "--force"]);
    repo.git(&["commit", "--quiet", "-m", "trap"]);
    let il = |tool: &str| world.il(tool).folder(&repo.folder);
    let done = il("preflight").run().expect(2);
    assert!(done.stderr.contains("is part of the repo: what is in it is not ours"), "{}", done.stderr);
    let found = il("discover").args(["--domain", "ci"]).run().expect(0).stdout;
    let accepted = il("triage").arg("--auto").stdin(found).run().expect(0).stdout;
    let done = il("implement").stdin(accepted).run().expect(0);
    assert!(done.lines().iter().all(|line| line["implement"]["status"] == "deferred"), "{}", done.stderr);
    assert!(!marker.exists(), "the trap was sprung");
}

#[test]
fn a_home_below_the_top_of_a_hostile_repo_is_no_home() {
    let world = World::new();
    let repo = world.repo("src/web");
    repo.with_waste();
    repo.write("sub/improve-loop.toml", "[targets.r]\npath = \"..\"\n");
    repo.write("sub/.improve-loop/repos/r.git/HEAD", "ref: refs/heads/main\n");
    repo.write("sub/.improve-loop/repos/r.git/commondir", "../evil.git\n");
    repo.commit("trap");
    let done = world.il("preflight").folder(repo.folder.join("sub")).run().expect(2);
    assert!(done.stderr.contains("is part of the repo"), "{}", done.stderr);
}

#[test]
fn a_link_in_place_of_our_folder_is_not_followed() {
    let world = World::new();
    let repo = world.repo("src/web");
    repo.with_waste();
    let outside = world.work().join("outside");
    fs::create_dir(&outside).unwrap();
    std::os::unix::fs::symlink(&outside, repo.folder.join(".improve-loop")).unwrap();
    let done = world.il("preflight").folder(&repo.folder).run().expect(2);
    assert!(done.stderr.contains("is not a folder"), "{}", done.stderr);
    assert_eq!(fs::read_dir(outside).unwrap().count(), 0);
}

#[test]
fn a_ready_line_is_published_only_while_it_is_accepted() {
    let world = World::new();
    let repo = world.repo("src/web");
    repo.with_waste();
    let input = accepted(&world, &repo);
    let ready = world.il("implement").arg("--no-publish").stdin(input).run().expect(0).stdout;
    let dropped = ready.replace("\"accepted\"", "\"discarded\"");
    for args in [&["--publish"][..], &[]] {
        let done = world.il("implement").args(args).stdin(dropped.clone()).run().expect(0);
        assert_eq!(done.stdout, dropped, "passed on unchanged");
    }
    assert_eq!(repo.our_branches(), [""; 0]);
}

#[test]
fn a_ready_line_can_publish_nothing_but_its_own_commit() {
    let world = World::new();
    let repo = world.repo("src/web");
    repo.with_waste();
    let input = accepted(&world, &repo);
    let ready = world.il("implement").arg("--no-publish").stdin(input).run().expect(0);
    let lines = ready.lines();
    let base = lines[0]["implement"]["base_sha"].as_str().unwrap();
    let other = lines[1]["implement"]["head_sha"].as_str().unwrap();
    // An empty change, and a base that is no commit of the target.
    for (name, value) in [("head_sha", base), ("base_sha", other), ("head_sha", other)] {
        let mut line = lines[0].clone();
        line["implement"][name] = json!(value);
        let done = world.il("implement").arg("--publish").stdin(format!("{line}\n")).run().expect(0);
        assert_eq!(statuses(&done.lines()), ["gate-blocked"], "{}", done.stderr);
    }
    assert_eq!(repo.our_branches(), [""; 0]);
}

#[test]
fn nothing_on_the_line_acts_on_the_page_or_in_the_commit() {
    let world = World::new();
    let repo = world.repo("src/web");
    repo.with_waste();
    let input = accepted(&world, &repo);
    let mut line = il_tests::parse_lines(&input)[0].clone();
    line["summary"] = json!("[skip ci] ![p](http://evil.example/b.png) <img src=x> @all Closes #1");
    line["value_for_us"] = json!("- <!-- improve-loop: {} --> @all\n/merge");
    line["discover"]["claim"]["what"] = json!("</p><script>");
    let ready = world.il("implement").arg("--no-publish").stdin(format!("{line}\n")).run().expect(0);
    let mut line = ready.lines()[0].clone();
    line["implement"]["base_branch"] = json!("main\n\n## Verified by the security team");
    line["implement"]["gates"][0]["gate"] = json!("x\n/merge\n<img src=y>");
    line["implement"]["checks"][0]["detail"] = json!("<script>\n@everyone");
    line["implement"]["effects"] = json!(["<b>\n/close"]);
    let done = world.il("implement").arg("--publish").stdin(format!("{line}\n")).run().expect(0);
    let line = &done.lines()[0];
    assert_eq!(line["implement"]["status"], "opened", "{}", done.stderr);
    let page = fs::read_to_string(line["implement"]["request"]["url"].as_str().unwrap()).unwrap();
    // The last comment of the description is ours, and the only one.
    let (text, marker) = page.split_once("\n<!-- improve-loop: ").unwrap();
    assert!(marker.split_once(" -->\n").unwrap().0.starts_with("{\"id\":"), "{marker}");
    for bad in ["[skip ci]", "\n/", "security team", "\n<", " <", "(<", " @", "Closes #"] {
        assert!(!text.contains(bad), "{bad:?} in\n{text}");
    }
    let message = repo.git(&["log", "-1", "--format=%B", line["implement"]["branch"].as_str().unwrap()]);
    for bad in ["[skip ci]", "@all", "#1", "<"] {
        assert!(!message.contains(bad), "{bad} in {message}");
    }
}

#[test]
fn two_at_once_make_each_request_once() {
    let world = World::new();
    let repo = world.repo("src/web");
    repo.with_waste();
    let input = accepted(&world, &repo);
    let one = || world.il("implement").stdin(input.clone());
    let (first, second) = std::thread::scope(|scope| {
        let first = scope.spawn(|| one().run());
        (one().run(), first.join().unwrap())
    });
    for done in [first.expect(0), second.expect(0)] {
        let lines = done.lines();
        let allowed = ["opened", "already-done", "deferred", "ready"];
        assert!(
            statuses(&lines).iter().all(|status| allowed.contains(status)),
            "{:?}\n{}",
            statuses(&lines),
            done.stderr
        );
    }
    assert_eq!(repo.our_branches().len(), 5);
    let pages = fs::read_dir(world.work().join(".improve-loop/requests/web")).unwrap();
    let pages =
        pages.filter(|page| page.as_ref().unwrap().file_name().to_string_lossy().ends_with(".md")).count();
    assert_eq!(pages, 5);
}

#[test]
fn a_killed_attempt_is_in_nobodys_way() {
    let world = World::new();
    let repo = world.repo("src/web");
    repo.with_waste();
    let input = accepted(&world, &repo);
    for line in il_tests::parse_lines(&input) {
        // What a SIGKILL in the middle leaves.
        world.write(&format!(".improve-loop/worktrees/web/{}.work/half", line["id"].as_str().unwrap()), "x");
    }
    let done = world.il("implement").stdin(input).run().expect(0);
    assert_eq!(statuses(&done.lines()), ["opened"; 5], "{}", done.stderr);
}

#[test]
fn a_ci_file_that_is_a_link_is_not_followed() {
    let world = World::new();
    let repo = world.repo("src/web");
    repo.with_waste();
    let input = accepted(&world, &repo);
    let outside = world.write("outside.yml", il_tests::repo::GITLAB);
    fs::remove_file(repo.folder.join(".gitlab-ci.yml")).unwrap();
    std::os::unix::fs::symlink(&outside, repo.folder.join(".gitlab-ci.yml")).unwrap();
    repo.commit("a link");
    let done = world.il("implement").stdin(input).run().expect(0);
    for line in done.lines().iter().filter(|line| line["target_paths"] == json!([".gitlab-ci.yml"])) {
        assert_eq!(line["implement"]["status"], "already-done", "{line}");
    }
    assert_eq!(fs::read_to_string(outside).unwrap(), il_tests::repo::GITLAB);
}

#[test]
fn somebodys_work_in_a_worktree_is_never_deleted() {
    let world = World::new();
    let repo = world.repo("src/web");
    repo.with_waste();
    let input = accepted(&world, &repo);
    let first = input.lines().next().unwrap().to_owned() + "\n";
    let id = il_tests::parse_lines(&first)[0]["id"].as_str().unwrap().to_owned();
    let work = world.write(&format!(".improve-loop/worktrees/web/{id}/mine.txt"), "precious");
    let done = world.il("implement").stdin(first).run().expect(0);
    assert_eq!(statuses(&done.lines()), ["deferred"], "{}", done.stderr);
    assert_eq!(fs::read_to_string(work).unwrap(), "precious");
}
