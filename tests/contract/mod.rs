//! The contract of the stream, the same for every program that reads candidate lines.

use il_tests::lines::stream;
use il_tests::{World, candidate, parse_lines};
use serde_json::{Value, json};

/// Programs that read candidate lines and pass them on.
const READERS: [&str; 3] = ["triage", "implement", "ship"];

/// A member that nobody owns, with everything that a careless JSON library would rewrite.
const FOREIGN: &str = r#""alien":{"z":123456789012345678901234567890,"a":1.10,"e":1E+2,"t":"\u00fc\/\ud83d\ude00","dup":{"x":1,"x":2}, "s" : [ ] }"#;

fn line_with_foreign_member(id: &str) -> String {
    let text = candidate(id).to_string();
    format!("{{{FOREIGN},{}", text.strip_prefix('{').unwrap())
}

#[test]
fn a_foreign_member_comes_out_of_each_program_with_the_same_bytes() {
    let world = World::new();
    // Also through the whole chain, where each program adds its own member.
    let mut text = format!("{}\n", line_with_foreign_member("a"));
    for tool in READERS {
        let done = world.il(tool).stdin(text.clone()).run().expect(0);
        assert!(done.stdout.contains(FOREIGN), "{tool}: {}\n{}", done.stdout, done.stderr);
        assert_eq!(done.stdout.lines().count(), 1, "{tool}");
        // As a person would with jq, so that the next program acts on the line.
        text = done.stdout.replace("\"verdict\":\"held\"", "\"verdict\":\"accepted\"");
    }
}

#[test]
fn unreadable_lines_are_named_kept_and_the_rest_goes_on() {
    let good = candidate("good").to_string();
    let with = |member: &str, value: Value| {
        let mut line = candidate("bad");
        line[member] = value;
        line.to_string()
    };
    let long = with("summary", json!("x".repeat(2 * 1024 * 1024)));
    let nan =
        candidate("bad").to_string().replace("\"effort_estimate_hours\":1", "\"effort_estimate_hours\":NaN");
    let twice = good.replacen('{', "{\"risk\":\"high\",", 1);
    let cases: Vec<(String, &str)> = vec![
        ("not json".into(), "expected one JSON object on the line, found `not json`"),
        ("[1,2]".into(), "expected one JSON object on the line"),
        (twice, "risk: expected each member once, found it twice"),
        (long, "expected a line of at most 786432 bytes"),
        (with("risk", json!("lowish")), "risk: expected low, medium or high, found `\"lowish\"`"),
        (
            with("reversibility", json!("soon")),
            "reversibility: expected instant, hours, days or irreversible",
        ),
        (with("effort_estimate_hours", json!(0)), "effort_estimate_hours: expected a number from 0.01"),
        (with("effort_estimate_hours", json!(-2)), "effort_estimate_hours: expected a number from 0.01"),
        (with("effort_estimate_hours", json!(1e-300)), "effort_estimate_hours: expected a number from 0.01"),
        (
            with("effort_estimate_hours", json!("two")),
            "effort_estimate_hours: expected a number of hours, found `\"two\"`",
        ),
        (nan, "expected one JSON object on the line"),
        (with("target_paths", json!(["/"])), "target_paths[0]: expected a relative path"),
        (with("target_paths", json!(["a", ".."])), "target_paths[1]: expected a relative path"),
        (with("target_paths", json!(["**"])), "target_paths[0]: expected a relative path"),
        (with("target_paths", json!(["/etc/passwd"])), "target_paths[0]: expected a relative path"),
        (with("target_paths", json!(["a\nb"])), "target_paths[0]: expected a relative path"),
        (with("id", json!("a/b")), "id: expected parts of a-z"),
        (with("id", json!("a..b")), "id: expected parts of a-z"),
        (with("id", json!("a.lock")), "id: expected parts of a-z"),
        (with("triage", json!({"verdict": "acepted"})), "triage: expected an object with a verdict"),
        (json!({"assignment": {}}).to_string(), "expected a candidate, found an assignment line"),
    ];
    for tool in READERS {
        for (bad, message) in &cases {
            // Only the programs that act on a verdict read it strictly.
            if tool == "ship" && bad.contains("acepted") {
                continue;
            }
            let world = World::new();
            let input = format!("{bad}\n{good}\n");
            let done = world.il(tool).args(["--rejects", "kept"]).stdin(input).run().expect(1);
            let message = format!("line 1: {message}");
            assert!(done.stderr.contains(&message), "{tool}: expected `{message}` in\n{:.2000}", done.stderr);
            assert_eq!(parse_lines(&done.stdout).len(), 1, "{tool}: {message}");
            assert_eq!(world.read("kept"), format!("{bad}\n"), "{tool}: {message}");
        }
    }
}

#[test]
fn a_pretty_printed_object_gets_the_hint_once() {
    let pretty = serde_json::to_string_pretty(&candidate("a")).unwrap();
    for tool in READERS {
        let done = World::new().il(tool).stdin(pretty.clone()).run().expect(1);
        assert_eq!(
            done.stderr.matches("hint: pretty-printed JSON? pipe it through `jq -c .` first").count(),
            1
        );
        assert_eq!(done.stdout, "");
    }
}

#[test]
fn without_a_rejects_file_the_line_is_shown_whole() {
    for tool in READERS {
        let done = World::new().il(tool).stdin("{\"half\": \n").run().expect(1);
        assert!(done.stderr.contains("\n{\"half\":\n"), "{tool}: {}", done.stderr);
    }
}

#[test]
fn empty_input_is_zero_lines_and_never_everything() {
    for tool in READERS.iter().chain(&["discover"]) {
        let world = World::new();
        world.repo("web").with_waste();
        let done = world.il(tool).folder(world.work().join("web")).run().expect(0);
        assert_eq!(done.stdout, "", "{tool}");
        assert!(
            !world.work().join("web/docs").exists() && !world.work().join("web/.improve-loop").exists(),
            "{tool}"
        );
    }
}

#[test]
fn a_reader_that_goes_away_is_a_quiet_success() {
    let lines: Vec<Value> = (0..5000).map(|n| candidate(&format!("c{n}"))).collect();
    for tool in READERS {
        let world = World::new();
        world.write("in", &stream(&lines));
        let script = format!("set -o pipefail; il-{tool} <in 2>err | head -n 1 | wc -l");
        let path = il_tests::path_with_programs();
        let done = world.program("bash").args(["-c", &script]).env("PATH", path).run();
        assert_eq!((done.code, done.stdout.trim()), (0, "1"), "{tool}: {}", world.read("err"));
        assert!(!world.read("err").contains("roken pipe"), "{tool}");
    }
}

#[test]
fn running_a_program_on_its_own_output_changes_nothing() {
    let world = World::new();
    let lines: Vec<Value> = ["a", "b", "c"].map(candidate).into();
    for tool in READERS {
        let first = world.il(tool).stdin(stream(&lines)).run().expect(0);
        let second = world.il(tool).stdin(first.stdout.clone()).run().expect(0);
        assert_eq!(first.stdout, second.stdout, "{tool}");
    }
}

#[test]
fn a_typo_in_the_configuration_stops_every_program_before_anything_starts() {
    let world = World::new();
    world.write("improve-loop.toml", "mode = \"none\"\n\n[targets.web]\npaht = \"web\"\n");
    world.repo("web").with_waste();
    for tool in READERS.iter().chain(&["preflight", "discover"]) {
        let args: &[&str] = if *tool == "discover" { &["--domain", "ci"] } else { &[] };
        let done = world.il(tool).args(args).run().expect(2);
        let message = format!(
            "il-{tool}: error: `improve-loop.toml` line 4: unknown key `paht`, expected `path`, `branch` and `check`\nhint: did you mean `path`?\n"
        );
        assert_eq!((done.stdout.as_str(), done.stderr.as_str()), ("", message.as_str()));
    }
}

#[test]
fn a_repo_that_is_not_configured_is_refused_where_targets_are() {
    let world = World::new();
    world.write("improve-loop.toml", "[targets.api]\npath = \"api\"\n");
    let done = world.il("triage").stdin(stream(&[candidate("a")])).run().expect(1);
    assert!(
        done.stderr.contains("line 1: target_repo: expected a configured target (api), found `web`"),
        "{}",
        done.stderr
    );
}

#[test]
fn lines_of_two_runs_are_not_mixed() {
    let of = |id: &str, run: &str| {
        let mut line = candidate(id);
        line["discover"] = json!({"run": run});
        line
    };
    for tool in READERS {
        let input = stream(&[of("a", "one"), of("b", "two")]);
        let done = World::new().il(tool).stdin(input).run().expect(2);
        assert!(
            done.stderr.contains("line 2: the lines belong to several runs (`one` and `two`)"),
            "{}",
            done.stderr
        );
    }
}

#[test]
fn every_program_describes_itself() {
    for tool in ["preflight", "discover", "triage", "implement", "ship", "gate"] {
        let world = World::new();
        let help = world.il(tool).arg("--help").run().expect(0).stdout;
        for part in
            ["Examples:", "Exit codes:", "--config", "--dry-run", "--quiet", "--verbose", "--color", "--run"]
        {
            assert!(help.contains(part), "il-{tool} --help lacks {part}:\n{help}");
        }
        assert!(world.il(tool).arg("--man").run().expect(0).stdout.contains(".TH"));
        for shell in ["bash", "zsh", "fish"] {
            let text = world.il(tool).args(["--completions", shell]).run().expect(0).stdout;
            assert!(text.contains(&format!("il-{tool}")));
        }
        let done = world.il(tool).arg("--no-such-flag").run().expect(2);
        assert!(done.stderr.contains("--no-such-flag"));
    }
}
