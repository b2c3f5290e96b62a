//! Candidate lines for tests.

use serde_json::{Value, json};

/// A valid candidate of the repo `web`.
pub fn candidate(id: &str) -> Value {
    json!({
        "id": id, "source": "ci", "summary": format!("Do {id}"), "value_for_us": "it helps",
        "effort_estimate_hours": 1, "risk": "low", "reversibility": "instant",
        "target_repo": "web", "target_paths": ["README.md"],
    })
}

/// Each line of a stream.
pub fn parse_lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// Lines as a stream.
pub fn stream(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}
