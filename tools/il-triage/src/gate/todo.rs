//! The list in the editor: one line per candidate, like a rebase todo.

use il_core::member::Verdict;
use il_core::text::single_line;

use crate::item::Item;

const HELP: &str = "
# One line per candidate, best first. Change the first word:
#   pick  implement it
#   hold  not now, keep it
#   drop  not wanted
# A line that is taken out counts as drop. Nothing else on a line matters.
";

/// The text for the editor.
pub fn text(items: &[&Item]) -> String {
    let mut out = String::new();
    for (index, item) in items.iter().enumerate() {
        let summary = single_line(&item.candidate.summary, 120);
        out.push_str(&format!("pick {} {} {summary}\n", index + 1, item.candidate.id));
    }
    out + HELP
}

/// Reads the text back: a verdict for each of `count` candidates.
///
/// # Errors
/// Says which line is wrong and what was expected.
pub fn parse(text: &str, count: usize) -> Result<Vec<Verdict>, String> {
    let mut verdicts = vec![None; count];
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |expected: &str, found: &str| {
            let found = il_core::text::quote(found);
            Err(format!("line {}: expected {expected}, found {found}", index + 1))
        };
        let mut words = line.split_whitespace();
        let word = words.next().unwrap_or_default();
        let verdict = match word {
            "pick" | "p" => Verdict::Accepted,
            "hold" | "h" => Verdict::Held,
            "drop" | "d" => Verdict::Discarded,
            _ => return wrong("pick, hold or drop", word),
        };
        let number = words.next().unwrap_or_default();
        match number.parse::<usize>() {
            Ok(number @ 1..) if number <= count => {
                if verdicts[number - 1].replace(verdict).is_some() {
                    return wrong("each number once", &number.to_string());
                }
            }
            _ => return wrong(&format!("a number from 1 to {count}"), number),
        }
    }
    Ok(verdicts.into_iter().map(|verdict| verdict.unwrap_or(Verdict::Discarded)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::tests::item;

    #[test]
    fn the_text_as_it_is_picks_everything() {
        let (a, b) = (item("a", 1.0), item("b", 1.0));
        assert_eq!(parse(&text(&[&a, &b]), 2), Ok(vec![Verdict::Accepted; 2]));
    }

    #[test]
    fn words_may_change_and_lines_may_go() {
        let verdicts = parse("d 3 x\nhold 1\n# pick 2\n", 4).unwrap();
        assert_eq!(verdicts, [Verdict::Held, Verdict::Discarded, Verdict::Discarded, Verdict::Discarded]);
    }

    #[test]
    fn a_mistake_is_named_with_its_line() {
        assert_eq!(
            parse("pick 1\npikc 2\n", 2).unwrap_err(),
            "line 2: expected pick, hold or drop, found `pikc`"
        );
        assert_eq!(parse("pick 3\n", 2).unwrap_err(), "line 1: expected a number from 1 to 2, found `3`");
        assert_eq!(parse("pick 1\ndrop 1\n", 2).unwrap_err(), "line 2: expected each number once, found `1`");
    }
}
