//! il-ship on the local forge: green, red, not looked, taken over.

use std::fs;
use std::path::Path;

use il_tests::{Repo, World};
use serde_json::Value;

/// One opened request of a target with this check.
fn opened(world: &World, repo: &Repo, check: Option<&str>) -> String {
    repo.with_waste();
    let check = check.map_or(String::new(), |check| format!("check = {check:?}\n"));
    let toml = format!("[targets.web]\npath = \"{}\"\n{check}", repo.folder.display());
    world.write("improve-loop.toml", &toml);
    let plan = world.il("preflight").run().expect(0).stdout;
    let found = world.il("discover").stdin(plan).run().expect(0).stdout;
    let chosen =
        world.il("triage").args(["--auto", "-k", "1", "--only", "accepted"]).stdin(found).run().expect(0);
    world.il("implement").args(["--only", "opened"]).stdin(chosen.stdout).run().expect(0).stdout
}

fn page(line: &Value) -> String {
    fs::read_to_string(line["implement"]["request"]["url"].as_str().unwrap()).unwrap()
}

#[test]
fn green_is_labelled_remembered_and_never_merged() {
    let world = World::new();
    let repo = world.repo("src/web");
    let input = opened(&world, &repo, Some("grep -q interruptible .gitlab-ci.yml && test \"$CI\" = true"));
    let done = world.il("ship").arg("--unsafe-no-sandbox").stdin(input).run().expect(0);
    let line = &done.lines()[0];
    assert_eq!(line["ship"]["verdict"], "needs-review", "{}", done.stderr);
    assert_eq!(line["ship"]["pipeline"]["status"], "success");
    assert_eq!(line["ship"]["pipeline"]["sha"], line["implement"]["head_sha"], "exactly our commit");
    assert!(page(line).contains("labels: improve-loop/needs-review"), "{}", page(line));
    let state = world.read("docs/runtime/improve-loop-state.yaml");
    assert!(state.contains("shipped:") && state.contains(line["id"].as_str().unwrap()), "{state}");
    assert_eq!(repo.git(&["rev-list", "--count", "main"]), "1", "nothing was merged");
}

#[test]
fn the_owner_can_trust_recipes() {
    let world = World::new();
    let repo = world.repo("src/web");
    let input = opened(&world, &repo, Some("true"));
    let toml = world.read("improve-loop.toml") + "[ship]\ntrust_recipes = true\n";
    world.write("improve-loop.toml", &toml);
    let done = world.il("ship").arg("--unsafe-no-sandbox").stdin(input).run().expect(0);
    assert_eq!(done.lines()[0]["ship"]["verdict"], "auto-mergeable");
    assert!(page(&done.lines()[0]).contains("labels: improve-loop/auto-mergeable"));
    assert_eq!(repo.git(&["rev-list", "--count", "main"]), "1", "nothing was merged");
}

#[test]
fn red_is_closed_with_an_explanation_and_remembered() {
    let world = World::new();
    let repo = world.repo("src/web");
    let input = opened(&world, &repo, Some("echo 'it /merge broke'; exit 7"));
    let done = world.il("ship").arg("--unsafe-no-sandbox").stdin(input).run().expect(0);
    let line = &done.lines()[0];
    assert_eq!(line["ship"]["verdict"], "failed");
    let page = page(line);
    assert!(page.contains("\nclosed · ") && page.contains("    it /merge broke"), "{page}");
    let state = world.read("docs/runtime/improve-loop-state.yaml");
    assert!(state.contains("failed:\n") && state.contains("needs a human plan"), "{state}");
}

#[test]
fn what_was_not_run_is_not_green() {
    for (check, args, why) in [
        (Some("true"), &[][..], "it needs --unsafe-no-sandbox"),
        (None, &["--unsafe-no-sandbox"][..], "no check is configured"),
    ] {
        let world = World::new();
        let repo = world.repo("src/web");
        let input = opened(&world, &repo, check);
        let done = world.il("ship").args(args).stdin(input).run().expect(0);
        let ship = &done.lines()[0]["ship"];
        assert_eq!(
            (ship["verdict"].as_str(), ship["pipeline"]["status"].as_str()),
            (Some("needs-review"), Some("missing"))
        );
        assert!(ship["note"].as_str().unwrap().contains(why), "{ship}");
    }
}

#[test]
fn what_a_check_leaves_running_ends_with_it() {
    let world = World::new();
    let repo = world.repo("src/web");
    let pid = world.work().join("pid");
    let check = format!(
        "setsid sh -c 'echo $$ > {0}.new; mv {0}.new {0}; exec sleep 600' & while [ ! -s {0} ]; do sleep 0.02; done",
        pid.display()
    );
    let input = opened(&world, &repo, Some(&check));
    let done = world.il("ship").arg("--unsafe-no-sandbox").stdin(input).run().expect(0);
    assert_eq!(done.lines()[0]["ship"]["pipeline"]["status"], "success", "{}", done.stderr);
    let pid = fs::read_to_string(pid).unwrap();
    assert!(!Path::new("/proc").join(pid.trim()).exists(), "a process was left behind");
}

#[test]
fn ctrl_c_ends_the_check_and_the_line_stays_pending() {
    let world = World::new();
    let repo = world.repo("src/web");
    let pid = world.work().join("pid");
    let check = format!("echo $$ > {0}.new; mv {0}.new {0}; sleep 600", pid.display());
    let input = opened(&world, &repo, Some(&check));
    world.write("in", &input);
    // The shell sends the signal as a terminal would: to the tool alone, it passes it on.
    let script = format!(
        "il-ship --unsafe-no-sandbox <in >out 2>err & while [ ! -s {} ]; do sleep 0.02; done; kill -INT $!; wait $!",
        pid.display()
    );
    let done =
        world.program("bash").args(["-m", "-c", &script]).env("PATH", il_tests::path_with_programs()).run();
    assert_eq!(done.code, 130, "{}", world.read("err"));
    let pid = fs::read_to_string(pid).unwrap();
    assert!(!Path::new("/proc").join(pid.trim()).exists(), "the check goes on");
    let line = &il_tests::parse_lines(&world.read("out"))[0];
    assert_eq!(line["ship"]["verdict"], "pending");
    // Nothing was closed or labelled, and the next run can judge it.
    assert!(page(line).contains("\nopen · ") && page(line).contains("labels: none"), "{}", page(line));
}

#[test]
fn the_check_sees_no_environment_and_no_home_of_ours() {
    let world = World::new();
    let repo = world.repo("src/web");
    let seen = world.work().join("seen");
    let input = opened(&world, &repo, Some(&format!("env > {0}; ls -A \"$HOME\" >> {0}", seen.display())));
    world
        .il("ship")
        .arg("--unsafe-no-sandbox")
        .env("IL_GITLAB_TOKEN", "glpat-secret")
        .stdin(input)
        .run()
        .expect(0);
    let seen = fs::read_to_string(seen).unwrap();
    assert!(!seen.contains("glpat-secret") && seen.contains("CI=true"), "{seen}");
}

#[test]
fn hands_off_as_soon_as_a_person_acted() {
    let world = World::new();
    let repo = world.repo("src/web");
    let input = opened(&world, &repo, Some("true"));
    let branch = repo.our_branches()[0].clone();
    repo.git(&["checkout", "--quiet", &branch]);
    repo.write("more", "x").commit("my own touch");
    let done = world.il("ship").arg("--unsafe-no-sandbox").stdin(input).run().expect(0);
    let line = &done.lines()[0];
    assert_eq!(line["ship"]["verdict"], "taken-over");
    assert!(page(line).contains("labels: none"), "not touched: {}", page(line));
}

#[test]
fn a_line_that_points_at_somebody_elses_request_is_not_judged() {
    let world = World::new();
    let repo = world.repo("src/web");
    let input = opened(&world, &repo, Some("true"));
    let id = il_tests::parse_lines(&input)[0]["id"].as_str().unwrap().to_owned();
    let forged = input.replace(&format!("\"id\":\"{id}\""), "\"id\":\"other\"");
    let done = world.il("ship").arg("--unsafe-no-sandbox").stdin(forged).run().expect(0);
    assert_eq!(done.lines()[0]["ship"]["verdict"], "pending");
    assert!(done.stderr.contains("belongs to"), "{}", done.stderr);
}

#[test]
fn a_verdict_is_final_and_lines_without_a_request_pass_unchanged() {
    let world = World::new();
    let repo = world.repo("src/web");
    let input = opened(&world, &repo, Some("true"));
    let done = world.il("ship").arg("--unsafe-no-sandbox").stdin(input).run().expect(0);
    let again = world.il("ship").arg("--unsafe-no-sandbox").stdin(done.stdout.clone()).run().expect(0);
    assert_eq!(done.stdout, again.stdout);
    let plain = il_tests::lines::stream(&[il_tests::candidate("a")]);
    assert_eq!(world.il("ship").stdin(plain.clone()).run().expect(0).stdout, plain);
}

#[test]
fn a_state_file_that_cannot_be_understood_is_not_overwritten() {
    let world = World::new();
    let repo = world.repo("src/web");
    let input = opened(&world, &repo, Some("true"));
    world.write("docs/runtime/improve-loop-state.yaml", "notes: [\n");
    let done = world.il("ship").stdin(input.clone()).run().expect(2);
    assert!(done.stderr.contains("improve-loop-state.yaml"), "{}", done.stderr);
    assert_eq!(world.read("docs/runtime/improve-loop-state.yaml"), "notes: [\n");
    // Nothing was done that could not be remembered.
    assert_eq!(done.stdout, "");
    let page = world.read(&format!(
        ".improve-loop/requests/web/1-{}.md",
        il_tests::parse_lines(&input)[0]["id"].as_str().unwrap()
    ));
    assert!(page.contains("\nopen · ") && page.contains("labels: none"), "{page}");
}

#[test]
fn a_check_that_never_ends_is_red_at_its_limit() {
    let world = World::new();
    let repo = world.repo("src/web");
    let input = opened(&world, &repo, Some("sleep 600"));
    let toml = world.read("improve-loop.toml") + "[ship]\ncheck_seconds = 1\n";
    world.write("improve-loop.toml", &toml);
    let done = world.il("ship").arg("--unsafe-no-sandbox").stdin(input).run().expect(0);
    let line = &done.lines()[0];
    assert_eq!(
        (line["ship"]["verdict"].as_str(), line["ship"]["pipeline"]["status"].as_str()),
        (Some("failed"), Some("timeout"))
    );
    assert!(page(line).contains("did not end in time"), "{}", page(line));
}

#[test]
fn outside_a_run_no_file_is_written() {
    let world = World::new();
    let repo = world.repo("src/web");
    let input = opened(&world, &repo, Some("true"));
    let run = il_tests::parse_lines(&input)[0]["discover"]["run"].as_str().unwrap().to_owned();
    let outside = input.replace(&format!("\"run\":\"{run}\","), "");
    let done = world.il("ship").arg("--unsafe-no-sandbox").stdin(outside).run().expect(0);
    assert_eq!(done.lines()[0]["ship"]["verdict"], "needs-review");
    assert!(!world.work().join("docs").exists());
}

#[test]
fn the_maker_is_who_the_request_says_not_who_the_line_says() {
    let world = World::new();
    let repo = world.repo("src/web");
    let input = opened(&world, &repo, Some("true"));
    let toml = world.read("improve-loop.toml") + "[ship]\ntrust_recipes = true\n";
    world.write("improve-loop.toml", &toml);
    let record = ".improve-loop/requests/web/1.json";
    let other = world.read(record).replace("\"worker\": \"recipe\"", "\"worker\": \"claude\"");
    world.write(record, &other);
    let done = world.il("ship").arg("--unsafe-no-sandbox").stdin(input).run().expect(0);
    assert_eq!(done.lines()[0]["ship"]["verdict"], "needs-review");
}

#[test]
fn the_state_file_is_not_written_through_a_link() {
    let world = World::new();
    let repo = world.repo("src/web");
    let input = opened(&world, &repo, Some("true"));
    let outside = world.work().join("outside");
    fs::create_dir(&outside).unwrap();
    std::os::unix::fs::symlink(&outside, world.work().join("docs")).unwrap();
    let done = world.il("ship").stdin(input).run().expect(2);
    assert!(done.stderr.contains("is a symbolic link"), "{}", done.stderr);
    assert_eq!(fs::read_dir(outside).unwrap().count(), 0);
}
