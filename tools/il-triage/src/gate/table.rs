//! The ranked table, at most 80 columns wide.

use il_core::member::Verdict;
use il_core::say::{Say, Style};
use il_core::text::single_line;

use crate::item::Item;

/// Held lines that are shown: they wait for a person, but not for this decision.
const HELD_SHOWN: usize = 5;

/// The lines that somebody decides about, and one line on the others.
pub fn table(items: &[Item], say: &Say) -> String {
    let shown: Vec<_> = items.iter().filter(|item| item.may_be_implemented()).collect();
    let mut out = String::new();
    if !shown.is_empty() {
        let head =
            format!("{:>3}  {:>5}  {:<14}  {:<34} {:>5} {:>6}", "", "score", "repo", "what", "hours", "cost");
        out.push_str(&say.paint(Style::Bold, &head));
        out.push('\n');
    }
    for (index, item) in shown.iter().enumerate() {
        out.push_str(&row(index + 1, item, say));
    }
    for item in items.iter().filter(|item| item.triage.verdict == Verdict::Held).take(HELD_SHOWN) {
        let why = item.triage.reasons.first().map_or("", |reason| &reason.detail);
        let row = format!("held: {}: {why}", item.candidate.id);
        out.push_str(&say.paint(Style::Dim, &single_line(&row, 80)));
        out.push('\n');
    }
    out.push_str(&say.paint(Style::Dim, &tally(items)));
    out
}

fn row(number: usize, item: &Item, say: &Say) -> String {
    let mark = if item.triage.verdict == Verdict::Accepted { "✓" } else { " " };
    let mut lines = wrap(&item.candidate.summary, 34).into_iter();
    let first = lines.next().unwrap_or_default();
    let mut row = format!(
        "{number:>2}{} {:>6.2}  {:<14}  {first:<34} {:>5} {:>6}\n",
        say.paint(Style::Green, mark),
        item.value(),
        single_line(item.candidate.target_repo.as_str(), 14),
        hours(item.candidate.effort_estimate_hours),
        item.triage.quote_usd.to_string(),
    );
    for line in lines.take(2) {
        row.push_str(&format!("{:27}{line}\n", ""));
    }
    row
}

fn hours(hours: f64) -> String {
    if hours < 1.0 { format!("{hours:.2}") } else { format!("{hours:.1}") }
}

/// `6 proposed, 2 below-cut, 1 held`.
pub fn tally(items: &[Item]) -> String {
    let order = [Verdict::Accepted, Verdict::Proposed, Verdict::BelowCut, Verdict::Held, Verdict::Discarded];
    let parts: Vec<_> = order
        .into_iter()
        .map(|verdict| (verdict, items.iter().filter(|item| item.triage.verdict == verdict).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(verdict, count)| format!("{count} {}", verdict.word()))
        .collect();
    if parts.is_empty() { "no candidates".into() } else { parts.join(", ") }
}

/// Breaks text at spaces so that no line is longer than `width` characters.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in single_line(text, 200).split(' ') {
        let last = lines.last_mut().expect("it starts with one line");
        let used = last.chars().count();
        if used > 0 && used + 1 + word.chars().count() > width {
            lines.push(single_line(word, width));
        } else {
            if used > 0 {
                last.push(' ');
            }
            last.push_str(&single_line(word, width));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::tests::item;
    use il_core::say::{Color, Level};

    #[test]
    fn no_line_of_the_table_is_wider_than_a_terminal() {
        let mut long = item("a", 0.25);
        long.candidate.summary = "word ".repeat(60) + &"x".repeat(90);
        let say = Say::stderr("t", Level::Normal, Color::Never);
        let text = table(&[long, item("b", 100.0)], &say);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(text.ends_with("2 proposed"));
    }
}
