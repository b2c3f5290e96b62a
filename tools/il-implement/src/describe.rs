//! What a reviewer reads: title, description, commit message.

use il_core::id::RunId;
use il_core::member::{CheckStatus, Evidence};
use il_core::text::{code, escape_markdown, plain_words, single_line};

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
    let summary = lower_first(&plain_words(&single_line(&candidate.summary, TITLE_LIMIT)));
    if scope.is_empty() { format!("{kind}: {summary}") } else { format!("{kind}({scope}): {summary}") }
}

/// The commit's message.
pub fn commit_message(task: &Task, effects: &[String]) -> String {
    let value = plain_words(&single_line(&task.candidate.value_for_us, 400));
    let mut message = format!("{}\n\n{value}\n", title(task));
    for effect in effects {
        message.push_str(&format!("\n- {}", plain_words(&single_line(effect, 300))));
    }
    message.push('\n');
    message
}

/// The description: what, why here, how verified, what it claims, how to undo it. Everything on
/// the line may come from outside: it is escaped, whichever tool wrote it.
pub fn description(task: &Task, run: Option<&RunId>) -> String {
    let candidate = &task.candidate;
    let mut out = format!(
        "## What and why\n\n{} {}\n",
        sentence(&single_line(&candidate.summary, 200)),
        sentence(&single_line(&candidate.value_for_us, 400))
    );
    if let Some(implement) = task.implement.as_ref().filter(|done| !done.effects.is_empty()) {
        out.push('\n');
        for effect in &implement.effects {
            out.push_str(&format!("- {}\n", outside(effect, 300)));
        }
    }
    if let Some(discover) = &task.discover {
        out.push_str("\n## Evidence\n\n");
        for piece in &discover.evidence {
            out.push_str(&evidence(piece));
        }
        if let Some(claim) = &discover.claim {
            let before = claim.before.map_or("not measured".into(), |value| format!("{value}"));
            let expected = claim.expected.map_or("less".into(), |value| format!("{value}"));
            let (what, unit) = (outside(&claim.what, 200), outside(&claim.unit, 40));
            out.push_str(&format!("\n## Claim\n\n{what} ({unit}): {before} before, {expected} expected.\n"));
        }
    }
    out.push_str(&verified(task));
    out.push_str(&format!(
        "\n## Risk and how to undo it\n\nRisk {}, undone {}: `git revert` of the one commit. \
         Not wanted? Close it with a word on why.\n\n---\n\n\
         Candidate `{}`{}.\n\n<!-- improve-loop: {} -->",
        candidate.risk.word(),
        match candidate.reversibility.word() {
            "instant" => "at once".to_owned(),
            "irreversible" => "never".to_owned(),
            word => format!("within {word}"),
        },
        candidate.id,
        made_by(task),
        marker(task, run)
    ));
    out
}

/// What was checked, and what was not.
fn verified(task: &Task) -> String {
    let mut out = "\n## How it was verified\n\n".to_owned();
    for check in task.implement.iter().flat_map(|done| &done.checks) {
        let mark = match check.status {
            CheckStatus::Passed => "passed",
            CheckStatus::Failed => "FAILED",
            CheckStatus::NotRun => "not run",
        };
        let (name, detail) = (outside(&check.name, 80), outside(&check.detail, 300));
        out.push_str(&format!("- {mark}: {name}: {detail}\n"));
    }
    for gate in task.implement.iter().flat_map(|done| &done.gates) {
        let findings = il_core::text::count(gate.findings, "finding");
        out.push_str(&format!("- gate {}: {findings}\n", outside(&gate.gate, 40)));
    }
    out.push_str(
        "- what the repo's own check says of exactly this commit, or why it was not run, is a note below\n",
    );
    out
}

fn made_by(task: &Task) -> String {
    task.implement.as_ref().map_or_else(String::new, |done| {
        if done.worker == "recipe" {
            ", made by a recipe: no model, and nothing of this repo was run to make it".to_owned()
        } else {
            format!(", made by {} for {}", outside(&done.worker, 40), done.cost_usd)
        }
    })
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
        (Some(path), Some(line), _) => code(&format!("{}:{line}", single_line(path.as_str(), 200))),
        (Some(path), None, _) => code(&single_line(path.as_str(), 200)),
        (None, _, Some(url)) => outside(url, 300),
        (None, _, None) => "?".to_owned(),
    };
    if piece.text.is_empty() {
        return format!("- {place}\n");
    }
    format!("- {place} {}\n", code(&single_line(&piece.text, 200)))
}

/// Text from outside, bounded and escaped.
fn outside(text: &str, limit: usize) -> String {
    escape_markdown(&single_line(text, limit))
}

/// Text from outside as a sentence.
fn sentence(text: &str) -> String {
    let text = text.trim_end_matches('.');
    let mut chars = text.chars();
    let capital: String = chars.next().map_or_else(String::new, |first| first.to_uppercase().collect());
    format!("{}.", escape_markdown(&(capital + chars.as_str())))
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
        let text = description(&task("/close #1 <b> ![x](http://e)", "a"), None);
        assert!(text.lines().all(|line| !line.starts_with('/')), "{text}");
        assert!(text.contains("\\/close \\#1 \\<b\\> \\!\\[x\\]"), "{text}");
        assert!(text.contains("\\/merge now \\@all"), "{text}");
        assert!(text.ends_with(" -->") && text.matches("-->").count() == 1, "{text}");
        assert!(text.contains("- `a.yml:3` `` run: `x` ``"), "{text}");
    }
}
