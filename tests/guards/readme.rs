//! Every command in the README runs as pasted, and the output it shows is true.

use std::os::unix::fs::PermissionsExt as _;

use il_tests::{World, bin_folder, project};

use super::read;

/// The fenced blocks with this language, in order.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let start = format!("```{language}\n");
    text.split(start.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn every_command_runs_as_pasted() {
    let readme = read("README.md");
    let world = World::new();
    // A clone as the reader has it, with the programs that are built already.
    let clone = world.work().join("improve-loop");
    std::fs::create_dir(&clone).unwrap();
    for name in ["scripts", "Cargo.toml"] {
        std::os::unix::fs::symlink(project().join(name), clone.join(name)).unwrap();
    }
    let repo = world.repo("improve-loop/../your-repo");
    repo.with_waste();
    let path = il_tests::path_with_programs();
    let mut ran = 0;
    for block in blocks(&readme, "sh") {
        // Running all tests inside a test would never end; that this file runs is the proof.
        let script: String = block
            .lines()
            .filter(|line| line.trim() != "./scripts/test")
            .map(|line| format!("{line}\n"))
            .collect();
        // Cloning and building is what the reader does first; here both are done.
        let script = script.replace("cargo install --locked --path", ": cargo install --locked --path");
        if script.trim().is_empty() {
            continue;
        }
        ran += 1;
        let script = format!("set -eo pipefail\n{script}");
        let folder =
            if block.contains("your-repo") || block.contains("./scripts") { &clone } else { &repo.folder };
        let done = world
            .program("bash")
            .args(["-c", &script])
            .folder(folder)
            .env("PATH", &path)
            .env("IL_BIN", bin_folder())
            .run();
        assert_eq!(done.code, 0, "{script}\nstdout:\n{}\nstderr:\n{}", done.stdout, done.stderr);
    }
    assert!(ran >= 3, "the README shows too few commands: {ran}");
}

#[test]
fn the_output_it_shows_is_what_the_demo_prints() {
    let readme = read("README.md");
    let shown = blocks(&readme, "text").into_iter().next().expect("the README shows the demo's output");
    let world = World::new();
    let demo = world
        .program(project().join("scripts/improve-loop"))
        .arg("--demo")
        .env("IL_BIN", bin_folder())
        .run()
        .expect(0);
    for line in shown.lines().filter(|line| !line.trim().is_empty() && line.trim() != "…") {
        assert!(
            demo.stderr.contains(line.trim_end_matches('…').trim_end()),
            "the demo does not print: {line}\n{}",
            demo.stderr
        );
    }
}

#[test]
fn the_tables_name_every_tool_and_every_script_is_executable() {
    let readme = read("README.md");
    for tool in ["preflight", "discover", "triage", "implement", "ship", "gate"] {
        assert!(readme.contains(&format!("`il-{tool}`")), "{tool}");
    }
    for domain in il_core::domains::BUILT_IN {
        assert!(readme.contains(&format!("`{domain}`")), "{domain}");
    }
    for script in ["improve-loop", "test", "test-real", "bench"] {
        let mode = std::fs::metadata(project().join("scripts").join(script)).unwrap().permissions().mode();
        assert_eq!(mode & 0o111, 0o111, "{script}");
    }
    let head: Vec<_> = readme.lines().take(30).collect();
    assert!(
        head.iter().any(|line| line.contains("./scripts/improve-loop --demo")),
        "the demo is in the first thirty lines"
    );
}

#[test]
fn the_examples_of_every_help_text_work_when_pasted() {
    let world = World::new();
    let repo = world.repo("web");
    repo.with_waste();
    repo.write("src/x", "1").commit("second");
    let path = il_tests::path_with_programs();
    // Files that the examples read.
    let bash = |script: &str| {
        let script = format!("set -eo pipefail\n{script}");
        world.program("bash").args(["-c", &script]).folder(&repo.folder).env("PATH", &path).run()
    };
    bash("il-discover --target . > candidates.ndjson; il-triage --auto < candidates.ndjson > triaged.ndjson; il-implement --no-publish < triaged.ndjson > implemented.ndjson").expect(0);
    if bash("jq --version").code != 0 {
        return il_tests::skip("examples of the help texts", "no jq");
    }
    let mut ran = 0;
    for tool in ["preflight", "discover", "triage", "implement", "ship", "gate"] {
        let help = world.il(tool).arg("--help").run().expect(0).stdout;
        let examples = help.split_once("Examples:\n").unwrap().1.split_once("\n\nExit codes").unwrap().0;
        for example in examples.lines().map(str::trim).filter(|line| !line.is_empty()) {
            // One id stands for any.
            let example = example.replace("web-ci-no-cache ", "web-ci-no-cache-test-npm ");
            let done = bash(&example);
            assert_eq!(done.code, 0, "{example}\n{}\n{}", done.stdout, done.stderr);
            ran += 1;
        }
    }
    assert!(ran >= 12, "{ran}");
}
