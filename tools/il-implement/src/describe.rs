//! What a reviewer reads: title, description, commit message.

use il_core::id::RunId;
use il_core::member::{CheckStatus, Evidence};
use il_core::text::single_line;

use crate::task::Task;

/// Longest title in characters: forges cut at 255, people at less.
const TITLE_LIMIT: usize = 120;

/// `<type>(<scope>): <summary>`.
pub fn title(task: &Task) -> String {
    let candidate = &task.candidate;
    let kind = match candidate.source.as_str() {
        "ci" => "ci",
        "cargo" | "npm" | "uv" | "github-releases" => "deps",
        _ => "chore",
    };
    let scope = candidate.target_paths.first().map_or("", |path| {
        let name = path.as_str().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let name = name.trim_start_matches('.');
        name.split('.').next().unwrap_or(name)
    });
    let scope: String =
        scope.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
    let summary = lower_first(&single_line(&candidate.summary, TITLE_LIMIT));
    if scope.is_empty() { format!("{kind}: {summary}") } else { format!("{kind}({scope}): {summary}") }
}

/// The commit's message.
pub fn commit_message(task: &Task, effects: &[String]) -> String {
    let mut message = format!("{}\n\n{}\n", title(task), single_line(&task.candidate.value_for_us, 400));
    for effect in effects {
        message.push_str(&format!("\n- {effect}"));
    }
    message.push('\n');
    message
}

/// The description: what, why here, how verified, what it claims, how to undo it.
pub fn description(task: &Task, effects: &[&str], run: Option<&RunId>) -> String {
    let candidate = &task.candidate;
    let mut out = format!(
        "## What and why\n\n{} {}\n",
        sentence(&single_line(&candidate.summary, 200)),
        sentence(&single_line(&candidate.value_for_us, 400))
    );
    if !effects.is_empty() {
        out.push('\n');
    }
    for effect in effects {
        out.push_str(&format!("- {}\n", single_line(effect, 300)));
    }
    if let Some(discover) = &task.discover {
        out.push_str("\n## Evidence\n\n");
        for piece in &discover.evidence {
            out.push_str(&evidence(piece));
        }
        if let Some(claim) = &discover.claim {
            let before = claim.before.map_or("not measured".into(), |value| format!("{value}"));
            let expected = claim.expected.map_or("less".into(), |value| format!("{value}"));
            out.push_str(&format!(
                "\n## Claim\n\n{} ({}): {before} before, {expected} expected.\n",
                escape(&single_line(&claim.what, 200)),
                escape(&single_line(&claim.unit, 40))
            ));
        }
    }
    out.push_str("\n## How it was verified\n\n");
    if let Some(implement) = &task.implement {
        for check in &implement.checks {
            let mark = match check.status {
                CheckStatus::Passed => "passed",
                CheckStatus::Failed => "FAILED",
                CheckStatus::NotRun => "not run",
            };
            out.push_str(&format!(
                "- {mark}: {}: {}\n",
                escape(&check.name),
                single_line(&check.detail, 300)
            ));
        }
        for gate in &implement.gates {
            out.push_str(&format!(
                "- gate `{}`: {}\n",
                gate.gate,
                il_core::text::count(gate.findings, "finding")
            ));
        }
    }
    out.push_str(&format!(
        "- the repo's own check runs on exactly this commit; its result is a note below\n\n\
         ## Risk and how to undo it\n\nRisk {}, undone {}: `git revert` of the one commit. \
         Not wanted? Close it with a word on why.\n\n---\n\n\
         Candidate `{}`, made by a recipe: no model, $0.00; nothing of this repo was run to make it.\n\n<!-- improve-loop: {} -->",
        candidate.risk.word(),
        match candidate.reversibility.word() {
            "instant" => "at once".to_owned(),
            "irreversible" => "never".to_owned(),
            word => format!("within {word}"),
        },
        candidate.id,
        marker(task, run)
    ));
    out
}

/// What our tools read again. Inside an HTML comment: `--` must not occur.
fn marker(task: &Task, run: Option<&RunId>) -> String {
    let value = serde_json::json!({
        "id": task.candidate.id,
        "key": task.key(),
        "run": run,
    });
    value.to_string().replace("--", "-\\u002d").replace('>', "\\u003e")
}

fn evidence(piece: &Evidence) -> String {
    let place = match (&piece.path, piece.line, &piece.url) {
        (Some(path), Some(line), _) => {
            format!("`{}:{line}`", single_line(path.as_str(), 200).replace('`', "'"))
        }
        (Some(path), None, _) => format!("`{}`", single_line(path.as_str(), 200).replace('`', "'")),
        (None, _, Some(url)) => escape(&single_line(url, 300)),
        (None, _, None) => "?".to_owned(),
    };
    if piece.text.is_empty() {
        return format!("- {place}\n");
    }
    format!("- {place} {}\n", code(&single_line(&piece.text, 200)))
}

/// Text as a code span, whatever backticks it has (CommonMark 6.1).
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    format!("{fence} {text} {fence}")
}

/// Text from outside that must read as it is: no markup, no mention, no quick action.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for (index, c) in text.chars().enumerate() {
        let special = matches!(
            c,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '@' | '#' | '!' | '|' | '~' | '$' | '&'
        );
        if special || (index == 0 && matches!(c, '/' | '-' | '+' | '=' | '%')) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Text from outside as a sentence.
fn sentence(text: &str) -> String {
    let text = text.trim_end_matches('.');
    let mut chars = text.chars();
    let capital: String = chars.next().map_or_else(String::new, |first| first.to_uppercase().collect());
    format!("{}.", escape(&(capital + chars.as_str())))
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    match (chars.next(), chars.clone().next()) {
        // An acronym keeps its capitals.
        (Some(first), Some(second)) if first.is_uppercase() && second.is_lowercase() => {
            first.to_lowercase().collect::<String>() + chars.as_str()
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use il_core::line::Line;

    fn task(summary: &str, path: &str) -> Task {
        let line = serde_json::json!({
            "id": "a", "source": "ci", "summary": summary, "value_for_us": "/merge now @all",
            "effort_estimate_hours": 1, "risk": "low", "reversibility": "instant",
            "target_repo": "web", "target_paths": [path],
            "discover": {"domain": "ci", "kind": "k", "key": "web/k/-->x", "assessed_by": "rules", "cost_usd": 0,
                "evidence": [{"path": "a.yml", "line": 3, "text": "run: `x`"}]}
        });
        Task::read(Line::parse(line.to_string()).unwrap()).unwrap()
    }

    #[test]
    fn a_title_has_type_scope_and_summary() {
        assert_eq!(title(&task("Cache npm", ".gitlab-ci.yml")), "ci(gitlab-ci): cache npm");
        assert_eq!(title(&task("CI is slow", "src/")), "ci(src): CI is slow");
    }

    #[test]
    fn text_from_outside_cannot_act_on_the_forge() {
        let text = description(&task("/close #1 <b> ![x](http://e)", "a"), &["one"], None);
        assert!(text.lines().all(|line| !line.starts_with('/')), "{text}");
        assert!(text.contains("\\/close \\#1 \\<b\\> \\!\\[x\\]"), "{text}");
        assert!(text.contains("\n- one\n"), "{text}");
        assert!(text.contains("\\/merge now \\@all"), "{text}");
        assert!(text.ends_with(" -->") && text.matches("-->").count() == 1, "{text}");
        assert!(text.contains("- `a.yml:3` `` run: `x` ``"), "{text}");
    }
}
