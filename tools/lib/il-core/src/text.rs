//! Text from outside, made harmless for one line of output.

/// Longest summary a line carries, in characters.
pub const SUMMARY_LIMIT: usize = 200;

/// `text` on one line: control characters, line breaks and invisible
/// direction marks become spaces, runs of blanks become one, and what is
/// longer than `limit` characters ends in `…`.
#[must_use]
pub fn single_line(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(text.len().min(limit * 4));
    let mut count = 0;
    for word in text.split(|c: char| c.is_whitespace() || is_hidden(c)) {
        if word.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
            count += 1;
        }
        for c in word.chars() {
            if count + 1 >= limit {
                out.push('…');
                return out;
            }
            out.push(c);
            count += 1;
        }
    }
    out
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
    fn long_text_is_cut_at_a_character() {
        assert_eq!(single_line("äöü äöü", 5), "äöü …");
    }
}
