//! il-triage: flags, verdicts, the human gate on a terminal of its own.

use il_tests::lines::stream;
use il_tests::terminal::Terminal;
use il_tests::{World, bin_folder, candidate, parse_lines, skip};
use serde_json::{Value, json};

fn with_recipe(id: &str, hours: f64) -> Value {
    let mut line = candidate(id);
    line["effort_estimate_hours"] = json!(hours);
    line["discover"] = json!({"key": format!("web/k/{id}"), "recipe": {"name": "r", "arguments": {}}});
    line
}

fn lines() -> String {
    stream(&[with_recipe("slow", 4.0), with_recipe("fast", 1.0), with_recipe("mid", 2.0)])
}

fn verdicts(text: &str) -> Vec<(String, String)> {
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    parse_lines(text).iter().map(|line| (word(&line["id"]), word(&line["triage"]["verdict"]))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(id, verdict)| ((*id).to_owned(), (*verdict).to_owned())).collect()
}

#[test]
fn without_a_terminal_the_best_are_proposed_with_a_hint() {
    let done = World::new().il("triage").args(["-k", "2"]).stdin(lines()).run().expect(0);
    assert_eq!(
        verdicts(&done.stdout),
        pairs(&[("fast", "proposed"), ("mid", "proposed"), ("slow", "below-cut")])
    );
    assert!(done.stderr.contains("hint: accept with --accept ID"), "{}", done.stderr);
}

#[test]
fn every_factor_of_the_score_is_on_the_line() {
    let done = World::new().il("triage").stdin(lines()).run().expect(0);
    let score = &done.lines()[1]["triage"]["score"];
    assert_eq!(
        *score,
        json!({"value": 0.5, "risk": 1.0, "reversibility": 1.0, "weight": 1.0, "effort_hours": 2.0})
    );
}

#[test]
fn auto_accepts_the_best_k_and_only_filters() {
    let world = World::new();
    let done =
        world.il("triage").args(["--auto", "-k", "2", "--only", "accepted"]).stdin(lines()).run().expect(0);
    assert_eq!(verdicts(&done.stdout), pairs(&[("fast", "accepted"), ("mid", "accepted")]));
    assert_eq!(done.lines()[0]["triage"]["decided_by"], "auto");
}

#[test]
fn accept_takes_ids_and_refuses_what_is_not_there() {
    let world = World::new();
    let done = world.il("triage").args(["--accept", "slow,mid"]).stdin(lines()).run().expect(0);
    assert_eq!(
        verdicts(&done.stdout),
        pairs(&[("mid", "accepted"), ("slow", "accepted"), ("fast", "proposed")])
    );
    let done = world.il("triage").args(["--accept", "slwo"]).stdin(lines()).run().expect(2);
    assert!(done.stderr.contains("no line has the id `slwo`\nhint: did you mean `slow`?"), "{}", done.stderr);
}

#[test]
fn a_list_of_ids_does_not_undo_what_a_rule_excluded() {
    let mut bare = candidate("bare");
    bare["discover"] = json!({"key": "web/k/bare"});
    let done = World::new().il("triage").args(["--accept", "bare"]).stdin(stream(&[bare])).run().expect(2);
    assert!(done.stderr.contains("`bare` is held: no recipe is known"), "{}", done.stderr);
}

#[test]
fn a_reviewed_file_carries_the_verdicts_of_a_person() {
    let world = World::new();
    let proposed = world.il("triage").stdin(lines()).run().expect(0).stdout;
    let reviewed: String = proposed
        .lines()
        .map(|line| {
            let wanted = if line.contains("\"id\":\"mid\"") { "accepted" } else { "discarded" };
            line.replace("\"verdict\":\"proposed\"", &format!("\"verdict\":\"{wanted}\"")) + "\n"
        })
        .collect();
    world.write("reviewed", &reviewed);
    let done = world.il("triage").args(["--reviewed", "reviewed"]).stdin(lines()).run().expect(0);
    assert_eq!(
        verdicts(&done.stdout),
        pairs(&[("mid", "accepted"), ("fast", "discarded"), ("slow", "discarded")])
    );
    world.write("reviewed", "{\"id\":\"mid\"}\n");
    let done = world.il("triage").args(["--reviewed", "reviewed"]).stdin(lines()).run().expect(2);
    assert!(
        done.stderr.contains("`reviewed` line 1: target_repo: expected a text, found nothing"),
        "{}",
        done.stderr
    );
}

#[test]
fn a_verdict_set_with_jq_is_kept() {
    let world = World::new();
    let proposed = world.il("triage").stdin(lines()).run().expect(0).stdout;
    let by_jq = proposed.replace("\"verdict\":\"proposed\"", "\"verdict\":\"accepted\"");
    let done = world.il("triage").args(["-k", "1"]).stdin(by_jq).run().expect(0);
    assert!(done.lines().iter().all(|line| line["triage"]["verdict"] == "accepted"), "{}", done.stdout);
    assert!(done.lines().iter().all(|line| line["triage"]["decided_by"] == "human"));
}

#[test]
fn no_line_vanishes_and_a_duplicate_says_which_one_stays() {
    let mut again = with_recipe("again", 8.0);
    again["discover"]["key"] = json!("web/k/fast");
    let input = lines() + &stream(&[again]);
    let done = World::new().il("triage").stdin(input).run().expect(0);
    assert_eq!(done.lines().len(), 4);
    let again = done.lines().into_iter().find(|line| line["id"] == "again").unwrap();
    assert_eq!(
        again["triage"]["reasons"][0],
        json!({"rule": "duplicate", "detail": "the same idea as `fast`, which stays"})
    );
}

/// Runs triage on a terminal; `None` (and a skip) where no terminal can be made.
fn on_terminal(world: &World, name: &str, env: &[(&str, &str)]) -> Option<Terminal> {
    let input = world.write("in.ndjson", &lines());
    let output = world.work().join("out.ndjson");
    let terminal = Terminal::start(&bin_folder().join("il-triage"), &[], &input, &output, env);
    if terminal.is_none() {
        skip(name, "no setsid from util-linux");
    }
    terminal
}

#[test]
fn a_person_chooses_by_number_after_looking_at_one() {
    let world = World::new();
    let Some(mut terminal) = on_terminal(&world, "gate by number", &[]) else { return };
    let table = terminal.wait_for("Implement which?");
    assert!(table.contains("Do fast") && table.contains("3 proposed"), "{table}");
    terminal.type_in("s 2\n");
    let story = terminal.wait_for("Implement which?");
    assert!(
        story.contains("score     0.500 = risk low 1 × reversibility instant 1 × weight 1 / 2 h"),
        "{story}"
    );
    terminal.type_in("7\n");
    assert!(terminal.wait_for("Implement which?").contains("expected numbers from 1 to 3, found `7`"));
    terminal.type_in("\n");
    terminal.wait_for("Implement which?");
    terminal.type_in("1 3\n");
    assert_eq!(terminal.finish(), 0);
    let expected = [("fast", "accepted"), ("slow", "accepted"), ("mid", "discarded")];
    assert_eq!(verdicts(&world.read("out.ndjson")), pairs(&expected));
    assert!(
        parse_lines(&world.read("out.ndjson")).iter().all(|line| line["triage"]["decided_by"] == "human")
    );
}

#[test]
fn what_was_typed_before_the_question_is_no_answer() {
    let world = World::new();
    let input = world.work().join("in.ndjson");
    // The lines come late: until then the person types ahead.
    let status = std::process::Command::new("mkfifo").arg(&input).status().unwrap();
    assert!(status.success());
    let output = world.work().join("out.ndjson");
    let Some(mut terminal) = Terminal::start(&bin_folder().join("il-triage"), &[], &input, &output, &[])
    else {
        return skip("gate and type-ahead", "no setsid from util-linux");
    };
    terminal.type_in("all\n");
    std::thread::sleep(std::time::Duration::from_millis(300));
    std::fs::write(&input, lines()).unwrap();
    terminal.wait_for("Implement which?");
    terminal.type_in("none\n");
    assert_eq!(terminal.finish(), 0);
    assert!(verdicts(&world.read("out.ndjson")).iter().all(|(_, verdict)| verdict == "discarded"));
}

#[test]
fn all_and_none_and_leaving_it_undecided() {
    for (typed, verdict) in
        [("all\n", "accepted"), ("none\n", "discarded"), ("q\n", "proposed"), ("\u{4}", "proposed")]
    {
        let world = World::new();
        let Some(mut terminal) = on_terminal(&world, "gate all and none", &[]) else { return };
        terminal.wait_for("Implement which?");
        terminal.type_in(typed);
        assert_eq!(terminal.finish(), 0);
        assert!(verdicts(&world.read("out.ndjson")).iter().all(|(_, found)| found == verdict), "{typed:?}");
    }
}

#[test]
fn ctrl_c_accepts_nothing() {
    let world = World::new();
    let Some(mut terminal) = on_terminal(&world, "gate Ctrl-C", &[]) else { return };
    terminal.wait_for("Implement which?");
    terminal.type_in("\u{3}");
    assert_eq!(terminal.finish(), 130);
    assert_eq!(world.read("out.ndjson"), "");
}

#[test]
fn the_list_is_edited_like_a_rebase_todo_and_a_mistake_is_explained() {
    let world = World::new();
    let script = "#!/bin/sh\nif [ -e '@/second' ]; then sed -i 's/^pikc/drop/' \"$1\"; else sed -i '2s/^pick/pikc/;3s/^pick/hold/' \"$1\"; touch '@/second'; fi\n";
    let editor = world.write("editor", &script.replace('@', &world.work().display().to_string()));
    std::fs::set_permissions(&editor, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let Some(mut terminal) =
        on_terminal(&world, "gate in an editor", &[("EDITOR", editor.to_str().unwrap())])
    else {
        return;
    };
    terminal.wait_for("Implement which?");
    terminal.type_in("e\n");
    let explained = terminal.wait_for("Enter opens the editor again");
    assert!(explained.contains("line 2: expected pick, hold or drop, found `pikc`"), "{explained}");
    terminal.type_in("\n");
    assert_eq!(terminal.finish(), 0);
    let expected = [("fast", "accepted"), ("slow", "held"), ("mid", "discarded")];
    assert_eq!(verdicts(&world.read("out.ndjson")), pairs(&expected));
}
