//! Text from outside, made harmless for one line of output.

/// Longest summary a line carries, in characters.
pub const SUMMARY_LIMIT: usize = 200;

/// `text` on one line: control characters, line breaks and invisible
/// direction marks become spaces, runs of blanks become one, and what is
/// longer than `limit` characters ends in `…`.
#[must_use]
pub fn single_line(text: &str, limit: usize) -> String {
    let words = text.split(|c: char| c.is_whitespace() || is_hidden(c)).filter(|word| !word.is_empty());
    let mut out = String::with_capacity(text.len().min(limit * 4));
    let chars = words.flat_map(|word| std::iter::once(' ').chain(word.chars())).skip(1);
    for (count, c) in chars.enumerate() {
        if count == limit {
            // The last character makes room for the mark.
            out.pop();
            out.push('…');
            break;
        }
        out.push(c);
    }
    out
}

/// Text as a Markdown code span, whatever backticks it has (CommonMark 6.1).
#[must_use]
pub fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    if longest == 0 { format!("`{text}`") } else { format!("{fence} {text} {fence}") }
}

/// Text from outside in Markdown, read as it is: no markup, no mention, no quick action.
#[must_use]
pub fn escape_markdown(text: &str) -> String {
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

/// Text from outside for a title or a commit message, where nothing can be escaped: characters
/// that a forge acts on are replaced by harmless ones.
#[must_use]
pub fn plain_words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '[' | '<' => out.push('('),
            ']' | '>' => out.push(')'),
            '`' => out.push('\''),
            '@' => out.push_str("at "),
            '#' => out.push_str("no. "),
            '!' => {}
            c => out.push(c),
        }
    }
    out.trim_start_matches(['/', '-', ' ']).to_owned()
}

/// Characters that a terminal or a reviewer would not see, or would see in another order.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{200b}'..='\u{200f}'   // zero width, direction marks
            | '\u{2028}'..='\u{202e}' // line separators, bidirectional overrides
            | '\u{2060}'..='\u{2069}' // word joiner, isolates
            | '\u{feff}'              // byte order mark
            | '\u{e0000}'..='\u{e007f}') // tag characters
}

/// A short quotation of `text` for an error message, at most 40 characters, in backticks.
#[must_use]
pub fn quote(text: &str) -> String {
    format!("`{}`", single_line(text, 40).replace('`', "'"))
}

/// `1 file`, `2 files`.
#[must_use]
pub fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// `a, b and c`.
#[must_use]
pub fn list<S: AsRef<str>>(items: &[S]) -> String {
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [head @ .., last] => {
            let head: Vec<_> = head.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", head.join(", "), last.as_ref())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_escapes_and_line_breaks_do_not_survive() {
        assert_eq!(single_line("a\u{1b}[31mb\r\nc\u{202e}d", 80), "a [31mb c d");
    }

    #[test]
    fn ordinary_text_in_any_script_passes_unchanged() {
        let text = "Größe: 10 µs, 日本語 — ok";
        assert_eq!(single_line(text, 80), text);
    }

    #[test]
    fn a_forge_acts_on_nothing_in_a_title_or_a_text_from_outside() {
        let text = "[skip ci] Closes #1 @all <img src=x> ![y](z)";
        assert_eq!(plain_words(text), "(skip ci) Closes no. 1 at all (img src=x) (y)(z)");
        assert_eq!(escape_markdown("/merge @all"), "\\/merge \\@all");
        assert_eq!(plain_words("cache npm in web/ci.yml"), "cache npm in web/ci.yml");
        assert_eq!(code("a`b"), "`` a`b ``");
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        assert_eq!(single_line("äöü äöü", 5), "äöü …");
        assert_eq!(single_line("äöü äöü", 7), "äöü äöü");
    }
}
