//! One line of the stream: a JSON object whose members keep their bytes.
//!
//! `serde(flatten)` reorders members and rewrites numbers; an ordered list of
//! names and raw text does not.

use std::collections::HashSet;
use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::text::quote;

/// Longest line that is read, in bytes.
pub const LINE_LIMIT: usize = 768 * 1024;
/// Longest single member that is read, in bytes.
pub const MEMBER_LIMIT: usize = 64 * 1024;

/// Why a line, or one member of it, cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}expected {expected}, found {found}", self.place())]
pub struct LineError {
    /// The member; empty for the whole line.
    pub member: String,
    /// What would have been right.
    pub expected: String,
    /// What was there instead, quoted and bounded.
    pub found: String,
    /// The next step, if there is one.
    pub hint: Option<&'static str>,
}

impl LineError {
    /// An error about one member.
    pub fn new(member: impl Into<String>, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { member: member.into(), expected: expected.into(), found: found.into(), hint: None }
    }

    fn place(&self) -> String {
        if self.member.is_empty() { String::new() } else { format!("{}: ", self.member) }
    }
}

#[derive(Clone, Debug)]
enum Raw {
    /// As it was read.
    Read(Range<usize>),
    /// As we wrote it.
    Written(String),
}

#[derive(Clone, Debug)]
struct Member {
    /// The name after unescaping.
    name: String,
    key: Raw,
    value: Raw,
}

/// One JSON object with its members in order, each byte for byte as it was read.
#[derive(Clone, Debug)]
pub struct Line {
    text: String,
    members: Vec<Member>,
}

impl Line {
    /// Reads one object.
    ///
    /// # Errors
    /// When `text` is not one JSON object, has a member twice or is too large.
    pub fn parse(text: String) -> Result<Self, LineError> {
        if text.len() > LINE_LIMIT {
            return Err(too_long(text.len()));
        }
        let raw: RawMembers<'_> =
            serde_json::from_str(&text).map_err(|error| not_an_object(&text, &error))?;
        let start = text.as_ptr() as usize;
        let range = |raw: &RawValue| {
            let at = raw.get().as_ptr() as usize - start;
            Raw::Read(at..at + raw.get().len())
        };
        let mut members: Vec<Member> = Vec::with_capacity(raw.0.len());
        let mut seen = HashSet::with_capacity(raw.0.len());
        for (key, value) in raw.0 {
            let name: String =
                serde_json::from_str(key.get()).map_err(|error| not_an_object(&text, &error))?;
            if !seen.insert(name.clone()) {
                return Err(LineError::new(
                    crate::text::single_line(&name, 40),
                    "each member once",
                    "it twice",
                ));
            }
            if value.get().len() > MEMBER_LIMIT {
                return Err(LineError::new(
                    crate::text::single_line(&name, 40),
                    format!("at most {MEMBER_LIMIT} bytes"),
                    format!("{} bytes", value.get().len()),
                ));
            }
            members.push(Member { name, key: range(key), value: range(value) });
        }
        Ok(Self { text, members })
    }

    /// An object without members.
    #[must_use]
    pub fn empty() -> Self {
        Self { text: String::new(), members: Vec::new() }
    }

    /// The line as it was read; empty for a line that we made.
    #[must_use]
    pub fn original(&self) -> &str {
        &self.text
    }

    /// True when the member is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.raw(name).is_some()
    }

    /// The JSON text of a member.
    #[must_use]
    pub fn raw(&self, name: &str) -> Option<&str> {
        let member = self.members.iter().find(|member| member.name == name)?;
        Some(self.slice(&member.value))
    }

    fn slice<'a>(&'a self, raw: &'a Raw) -> &'a str {
        match raw {
            Raw::Read(range) => &self.text[range.clone()],
            Raw::Written(text) => text,
        }
    }

    /// A member as a value, if it is there; `null` counts as absent.
    ///
    /// # Errors
    /// When it is there but is not `expected`.
    pub fn get<T: DeserializeOwned>(&self, name: &str, expected: &str) -> Result<Option<T>, LineError> {
        let Some(raw) = self.raw(name).filter(|raw| *raw != "null") else {
            return Ok(None);
        };
        serde_json::from_str(raw).map(Some).map_err(|error| {
            let mut expected = expected.to_owned();
            // For an object the interesting part is which of its members is wrong.
            if raw.starts_with('{') {
                expected = format!("{expected} ({})", short(&error.to_string()));
            }
            LineError::new(name, expected, quote(raw))
        })
    }

    /// A member that must be there.
    ///
    /// # Errors
    /// When it is missing or is not `expected`.
    pub fn require<T: DeserializeOwned>(&self, name: &str, expected: &str) -> Result<T, LineError> {
        match self.get(name, expected)? {
            Some(value) => Ok(value),
            None if self.has(name) => Err(LineError::new(name, expected, "`null`")),
            None => Err(LineError::new(name, expected, "nothing")),
        }
    }

    /// Writes a member: in its place when it is there, else at the end.
    pub fn set<T: Serialize>(&mut self, name: &str, value: &T) {
        let text = serde_json::to_string(value).expect("our own types serialise");
        match self.members.iter_mut().find(|member| member.name == name) {
            Some(member) => member.value = Raw::Written(text),
            None => self.members.push(Member {
                name: name.to_owned(),
                key: Raw::Written(serde_json::to_string(name).expect("a string serialises")),
                value: Raw::Written(text),
            }),
        }
    }

    /// Takes a member away.
    pub fn remove(&mut self, name: &str) {
        self.members.retain(|member| member.name != name);
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (index, member) in self.members.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            f.write_str(self.slice(&member.key))?;
            f.write_str(":")?;
            f.write_str(self.slice(&member.value))?;
        }
        f.write_str("}")
    }
}

/// The error for a line of `length` bytes.
#[must_use]
pub fn too_long(length: usize) -> LineError {
    LineError::new("", format!("a line of at most {LINE_LIMIT} bytes"), format!("{length} bytes"))
}

fn not_an_object(text: &str, error: &serde_json::Error) -> LineError {
    let why = short(&error.to_string());
    let mut line_error =
        LineError::new("", "one JSON object on the line", format!("{} ({why})", quote(text)));
    if error.is_eof() && text.trim_start().starts_with(['{', '[']) {
        line_error.hint = Some("pretty-printed JSON? pipe it through `jq -c .` first");
    }
    line_error
}

/// serde_json's message without its line number, which is always 1 here.
fn short(message: &str) -> String {
    message.replace(" at line 1 column ", " at column ")
}

struct RawMembers<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de> Deserialize<'de> for RawMembers<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = RawMembers<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(16);
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(RawMembers(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Line, LineError> {
        Line::parse(text.to_owned())
    }

    #[test]
    fn members_keep_their_bytes_and_order() {
        let text =
            r#"{"z":123456789012345678901234567890,"\u0061":1.10,"m":{"b":1, "a":[ ]},"e":"\u00fc\/"}"#;
        let mut line = parse(text).unwrap();
        assert_eq!(line.to_string(), text);
        line.set("a", &2);
        line.set("new", &"x");
        assert_eq!(line.to_string(), text.replace("1.10", "2").replace("\"}", "\",\"new\":\"x\"}"));
    }

    #[test]
    fn a_member_that_stands_twice_is_refused_even_when_escaped() {
        let error = parse(r#"{"a":1,"\u0061":2}"#).unwrap_err();
        assert_eq!(error.to_string(), "a: expected each member once, found it twice");
        assert!(parse(r#"{"a":1,"b":{"a":2}}"#).is_ok());
    }

    #[test]
    fn pretty_printed_json_gets_the_hint_and_other_rubbish_does_not() {
        assert!(parse("{").unwrap_err().hint.is_some());
        assert!(parse("hello").unwrap_err().hint.is_none());
        assert!(parse("[1]").unwrap_err().to_string().contains("expected one JSON object"));
    }

    #[test]
    fn a_member_of_the_limit_passes_and_one_byte_more_does_not() {
        let line = |n: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(n - 2));
        assert!(parse(&line(MEMBER_LIMIT)).is_ok());
        assert!(parse(&line(MEMBER_LIMIT + 1)).is_err());
    }

    #[test]
    fn null_counts_as_absent_but_is_named() {
        let line = parse(r#"{"a":null}"#).unwrap();
        assert_eq!(line.get::<u8>("a", "a number").unwrap(), None);
        let error = line.require::<u8>("a", "a number").unwrap_err();
        assert_eq!(error.to_string(), "a: expected a number, found `null`");
    }
}
