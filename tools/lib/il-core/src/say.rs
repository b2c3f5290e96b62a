//! What a person sees: everything on stderr, coloured only where it is seen.

use std::borrow::Cow;
use std::io::{self, IsTerminal as _, Write};

use crate::environment;
use crate::text::is_hidden;

/// When to colour.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How much a tool says.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum Level {
    /// Errors only.
    Quiet,
    /// Errors, warnings, results.
    #[default]
    Normal,
    /// Also what is being done.
    Verbose,
}

/// A style of the small palette that all tools share.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Style {
    /// Failed, blocked.
    Red,
    /// Passed.
    Green,
    /// Needs attention.
    Yellow,
    /// Less important.
    Dim,
    /// Headings.
    Bold,
}

impl Style {
    fn code(self) -> &'static str {
        match self {
            Self::Red => "31",
            Self::Green => "32",
            Self::Yellow => "33",
            Self::Dim => "2",
            Self::Bold => "1",
        }
    }
}

/// The voice of one tool.
pub struct Say {
    tool: &'static str,
    level: Level,
    color: bool,
    out: Box<dyn Write + Send>,
}

impl Say {
    /// A voice on stderr.
    #[must_use]
    pub fn stderr(tool: &'static str, level: Level, color: Color) -> Self {
        let color = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                io::stderr().is_terminal()
                    && environment::var("NO_COLOR").is_none()
                    && environment::var("TERM").is_none_or(|term| term != "dumb")
            }
        };
        Self { tool, level, color, out: Box::new(io::stderr()) }
    }

    /// `text` in `style`, or as it is where colours are off.
    #[must_use]
    pub fn paint(&self, style: Style, text: &str) -> String {
        if self.color { format!("\u{1b}[{}m{text}\u{1b}[0m", style.code()) } else { text.to_owned() }
    }

    /// Something failed.
    pub fn error(&mut self, text: &str) {
        let word = self.paint(Style::Red, "error:");
        self.write(Level::Quiet, &format!("{}: {word} {text}", self.tool));
    }

    /// Something a person should know but that stops nothing.
    pub fn warn(&mut self, text: &str) {
        let word = self.paint(Style::Yellow, "warning:");
        self.write(Level::Normal, &format!("{}: {word} {text}", self.tool));
    }

    /// The next step.
    pub fn hint(&mut self, text: &str) {
        let word = self.paint(Style::Bold, "hint:");
        self.write(Level::Quiet, &format!("{word} {text}"));
    }

    /// A result.
    pub fn note(&mut self, text: &str) {
        self.write(Level::Normal, &format!("{}: {text}", self.tool));
    }

    /// What is being done, for `-v`.
    pub fn detail(&mut self, text: &str) {
        let text = self.paint(Style::Dim, text);
        self.write(Level::Verbose, &format!("{}: {text}", self.tool));
    }

    /// Text as it is: tables, summaries.
    pub fn plain(&mut self, text: &str) {
        self.write(Level::Normal, text);
    }

    /// Bytes as they are, at every level; on a terminal without what could command it.
    pub fn raw(&mut self, bytes: &[u8]) {
        let shown = if io::stderr().is_terminal() {
            harmless(&String::from_utf8_lossy(bytes)).into_owned().into_bytes()
        } else {
            bytes.to_vec()
        };
        // Nobody is left to tell when stderr is gone.
        let _ = self.out.write_all(&shown);
    }

    fn write(&mut self, level: Level, text: &str) {
        if level <= self.level {
            let _ = writeln!(self.out, "{}", harmless(text));
        }
    }
}

/// What [`Say::paint`] writes.
const OUR_CODES: [&str; 6] =
    ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[31m", "\u{1b}[32m", "\u{1b}[33m"];

/// Text from anywhere, without what would command a terminal or hide from its reader: such
/// characters become a replacement character. Line breaks and our own colours stay.
fn harmless(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| is_hidden(c) && c != '\n') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(code) = OUR_CODES.iter().find(|code| rest.starts_with(**code)) {
            out.push_str(code);
            rest = &rest[code.len()..];
            continue;
        }
        out.push(if is_hidden(c) && c != '\n' { '\u{fffd}' } else { c });
        rest = &rest[c.len_utf8()..];
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_outside_cannot_command_the_terminal() {
        assert_eq!(harmless("a\u{1b}]0;x\u{7}b\r\u{202e}c"), "a\u{fffd}]0;x\u{fffd}b\u{fffd}\u{fffd}c");
    }

    #[test]
    fn colours_and_line_breaks_of_ours_stay() {
        let text = "\u{1b}[31merror\u{1b}[0m\nnext größe";
        assert_eq!(harmless(text), text);
    }
}
