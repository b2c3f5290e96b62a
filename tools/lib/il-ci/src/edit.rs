//! Edits of YAML by splicing bytes, with a proof of their effect.
//!
//! A file is never written anew: what is not meant to change keeps its bytes.
//! After the splice the file is parsed again; the new tree must equal the old
//! one with exactly the intended difference, and every comment must still be
//! there, in order. Otherwise there is no edit.

mod layout;
mod shape;

use std::collections::HashMap;
use std::ops::Range;

use self::layout::{Layout, quoted};
use self::shape::{Shape, ShapeKind, plain_shape, shape_with};
use crate::yaml::{At, Kind, NodeId, Style, Yaml};

/// Why an edit was not made.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The place has a shape that cannot be edited safely.
    #[error("line {line}: {why}")]
    Shape {
        /// The line, from 1.
        line: usize,
        /// What stands in the way.
        why: String,
    },
    /// There is nothing to do: the file already has it.
    #[error("already done: {0}")]
    AlreadyDone(String),
    /// The edit would do no good here, or harm.
    #[error("not wanted here: {0}")]
    NotWanted(String),
    /// What the edit needs is not there.
    #[error("{0}")]
    Missing(String),
    /// The file cannot be parsed.
    #[error("{0}")]
    Yaml(#[from] crate::yaml::YamlError),
    /// The proof failed: the edit would have changed something else.
    #[error("the edit would have changed more than intended: {0}")]
    NotProven(String),
}

/// A value to be written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum New {
    /// A scalar without quotes; the caller knows that it needs none.
    Plain(String),
    /// A text in double quotes.
    Quoted(String),
    /// A list.
    List(Vec<New>),
    /// Keys with values.
    Map(Vec<(String, New)>),
}

impl New {
    /// A text, quoted where YAML would otherwise read something else.
    #[must_use]
    pub fn text(text: &str) -> Self {
        let plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '.' | '/' | '_' | '$'))
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/$".contains(c))
            && !matches!(
                text.to_ascii_lowercase().as_str(),
                "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n" | "null"
            );
        if plain { Self::Plain(text.to_owned()) } else { Self::Quoted(text.to_owned()) }
    }

    /// Keys with values.
    #[must_use]
    pub fn map<const N: usize>(entries: [(&str, New); N]) -> Self {
        Self::Map(entries.map(|(key, value)| (key.to_owned(), value)).into())
    }
}

/// One intended difference.
#[derive(Clone, Debug)]
struct Change {
    removed: Vec<String>,
    key: String,
    value: New,
}

/// An edit in preparation.
pub struct Edit<'y> {
    yaml: &'y Yaml,
    changes: HashMap<NodeId, Vec<Change>>,
    splices: Vec<(Range<usize>, String)>,
    layout: Layout,
}

impl<'y> Edit<'y> {
    /// An edit of this file.
    #[must_use]
    pub fn new(yaml: &'y Yaml) -> Self {
        Self { yaml, changes: HashMap::new(), splices: Vec::new(), layout: Layout::of(yaml) }
    }

    /// Adds `key: value` to a mapping, right after the entry `after` or, without it, at its end.
    ///
    /// # Errors
    /// When the mapping has the key, or a shape that cannot take it.
    pub fn add(
        &mut self,
        mapping: At<'y>,
        after: Option<&str>,
        key: &str,
        value: New,
    ) -> Result<(), Refusal> {
        let entries = self.own_entries(mapping)?;
        if let Some((name, _)) = mapping.entry(key) {
            return Err(shape(name, format!("`{key}` is already there")));
        }
        let wanted =
            after.and_then(|after| entries.iter().rposition(|(name, _)| name.scalar() == Some(after)));
        let index = wanted.unwrap_or(entries.len().saturating_sub(1));
        let Some((name, last)) = entries.get(index).copied() else {
            return Err(shape(mapping, "the mapping is empty".into()));
        };
        let end = last.end().max(name.end());
        if mapping.node().flow {
            let text = self
                .flow(&value)
                .ok_or_else(|| shape(mapping, format!("`{key}` does not fit into a mapping in braces")))?;
            self.splices.push((end..end, format!(", {key}: {text}")));
        } else {
            let column = entries[0].0.node().column;
            let at = self.line_end(end);
            let text = self.layout.entry(key, &value, column);
            self.insert_lines(at, &text);
        }
        self.change(mapping, &[], key, value);
        Ok(())
    }

    /// Adds a top-level entry before the first entry whose key `is_body` accepts, with a blank
    /// line after it; comments that stand directly above that entry stay with it.
    ///
    /// # Errors
    /// When the file is not a block mapping or has the key.
    pub fn add_section(
        &mut self,
        root: At<'y>,
        is_body: impl Fn(&str) -> bool,
        key: &str,
        value: New,
    ) -> Result<(), Refusal> {
        let entries = self.own_entries(root)?;
        if root.node().flow || entries.is_empty() {
            return Err(shape(root, "the file is not a mapping in block style".into()));
        }
        if let Some((name, _)) = root.entry(key) {
            return Err(shape(name, format!("`{key}` is already there")));
        }
        let body = entries.iter().position(|(name, _)| name.scalar().is_some_and(&is_body));
        let text = self.layout.entry(key, &value, entries[0].0.node().column);
        let line = self.layout.line_break;
        match body.unwrap_or(entries.len()) {
            0 => {
                let at = self.above(entries[0].0);
                self.splices.push((at..at, format!("{text}{line}{line}")));
            }
            index => {
                let (name, value) = entries[index - 1];
                let at = self.line_end(value.end().max(name.end()));
                self.insert_lines(at, &format!("{line}{text}"));
            }
        }
        self.change(root, &[], key, value);
        Ok(())
    }

    /// Replaces the entries `removed` of a block mapping by `key: value`, where the first of
    /// them stood. Comments inside them move to lines of their own above.
    ///
    /// # Errors
    /// When the mapping cannot be edited or lacks an entry.
    pub fn replace(
        &mut self,
        mapping: At<'y>,
        removed: &[&str],
        key: &str,
        value: New,
    ) -> Result<(), Refusal> {
        let entries = self.own_entries(mapping)?;
        if mapping.node().flow {
            return Err(shape(mapping, "the mapping is in braces".into()));
        }
        if let Some((name, _)) = mapping.entry(key) {
            return Err(shape(name, format!("`{key}` is already there")));
        }
        let mut places = Vec::new();
        for name in removed {
            let found: Vec<_> = entries.iter().filter(|(key, _)| key.scalar() == Some(*name)).collect();
            let [(key, value)] = found[..] else {
                return Err(shape(mapping, format!("`{name}` does not stand there once")));
            };
            places.push((*key, *value));
        }
        places.sort_by_key(|(key, _)| key.node().span.start);
        let column = entries[0].0.node().column;
        for (index, (name, old)) in places.iter().enumerate() {
            let place = self.whole_lines(*name, *old)?;
            let mut text = String::new();
            for comment in self.comments_in(&place) {
                let comment = &self.yaml.text()[comment];
                text.extend([&" ".repeat(column), comment, self.layout.line_break]);
            }
            if index == 0 {
                text.push_str(&self.layout.entry(key, &value, column));
                text.push_str(self.layout.line_break);
            }
            self.splices.push((place, text));
        }
        self.change(mapping, removed, key, value);
        Ok(())
    }

    /// Applies the edit and proves its effect.
    ///
    /// # Errors
    /// When the result does not parse, means something else than intended, or lost a comment.
    pub fn finish(mut self) -> Result<String, Refusal> {
        self.splices.sort_by_key(|(range, _)| (range.start, range.end));
        let mut text = String::with_capacity(self.yaml.text().len() + 512);
        let mut done = 0;
        for (range, new) in &self.splices {
            if range.start < done {
                return Err(Refusal::NotProven("two edits touch the same place".into()));
            }
            text.push_str(&self.yaml.text()[done..range.start]);
            text.push_str(new);
            done = range.end;
        }
        text.push_str(&self.yaml.text()[done..]);
        self.prove(&text)?;
        Ok(text)
    }

    fn prove(&self, text: &str) -> Result<(), Refusal> {
        let after = Yaml::parse(text.to_owned()).map_err(|error| Refusal::NotProven(error.to_string()))?;
        let expected: Vec<_> = self.yaml.documents().map(|root| self.shape(root)).collect();
        let found: Vec<_> = after.documents().map(|root| plain_shape(root)).collect();
        if expected != found {
            return Err(Refusal::NotProven("the values differ".into()));
        }
        let texts = |yaml: &Yaml| -> Vec<String> {
            let comments = yaml.comments().iter();
            comments.map(|range| yaml.text()[range.clone()].to_owned()).collect()
        };
        if texts(self.yaml) != texts(&after) {
            return Err(Refusal::NotProven("a comment would be lost".into()));
        }
        Ok(())
    }

    /// The old file's meaning with the intended differences.
    fn shape(&self, at: At<'_>) -> Shape {
        shape_with(at, &|mapping, entries| {
            for change in self.changes.get(&mapping).into_iter().flatten() {
                entries.retain(|(key, _)| match &key.kind {
                    ShapeKind::Scalar(text, _) => !change.removed.contains(text),
                    _ => true,
                });
                let key = Shape::scalar(&change.key, Style::Plain);
                entries.push((key, Shape::of_new(&change.value)));
            }
        })
    }

    fn change(&mut self, mapping: At<'_>, removed: &[&str], key: &str, value: New) {
        self.changes.entry(mapping.id).or_default().push(Change {
            removed: removed.iter().map(|name| (*name).to_owned()).collect(),
            key: key.to_owned(),
            value,
        });
    }

    /// The entries of a mapping that stands here itself (not through an alias).
    fn own_entries(&self, mapping: At<'y>) -> Result<Vec<(At<'y>, At<'y>)>, Refusal> {
        match mapping.node().kind {
            Kind::Mapping(_) => Ok(mapping.entries()),
            Kind::Alias(_) => Err(shape(mapping, "it is an alias: editing it would change others".into())),
            _ => Err(shape(mapping, "it is not a mapping".into())),
        }
    }

    /// A value for a mapping in braces: scalars only.
    fn flow(&self, value: &New) -> Option<String> {
        match value {
            New::Plain(text) => Some(text.clone()),
            New::Quoted(text) => Some(quoted(text)),
            New::List(_) | New::Map(_) => None,
        }
    }

    /// Where lines can be inserted after the line that holds byte `end - 1`.
    fn line_end(&self, end: usize) -> usize {
        let text = self.yaml.text();
        if end > 0 && text.as_bytes()[end - 1] == b'\n' {
            return end;
        }
        text[end..].find('\n').map_or(text.len(), |offset| end + offset + 1)
    }

    fn insert_lines(&mut self, at: usize, lines: &str) {
        let text = self.yaml.text();
        let line = self.layout.line_break;
        let complete = at == 0 || text.as_bytes()[at - 1] == b'\n';
        let new = if complete {
            format!("{lines}{line}")
        } else {
            // The file's last line has no line break: neither has the new one.
            format!("{line}{lines}")
        };
        self.splices.push((at..at, new));
    }

    /// Start of the comment lines directly above an entry; of its own line when
    /// those comments open the file (a licence, a header).
    fn above(&self, key: At<'_>) -> usize {
        let text = self.yaml.text();
        let own = line_start(text, key.node().span.start);
        let mut start = own;
        while start > 0 {
            let previous = line_start(text, start - 1);
            if !text[previous..start].trim_start().starts_with('#') {
                return start;
            }
            start = previous;
        }
        if start == 0 { own } else { start }
    }

    /// The whole lines of an entry; refused where they hold anything else.
    fn whole_lines(&self, key: At<'_>, value: At<'_>) -> Result<Range<usize>, Refusal> {
        let text = self.yaml.text();
        let start = line_start(text, key.node().span.start);
        if !text[start..key.node().span.start].bytes().all(|byte| byte == b' ') {
            return Err(shape(key, "it shares its line with something else".into()));
        }
        if value.node().anchored || value.node().tag.is_some() {
            return Err(shape(value, "its value has an anchor or a tag".into()));
        }
        Ok(start..self.line_end(value.end().max(key.end())))
    }

    fn comments_in(&self, place: &Range<usize>) -> Vec<Range<usize>> {
        let inside = |comment: &&Range<usize>| place.contains(&comment.start);
        self.yaml.comments().iter().filter(inside).cloned().collect()
    }
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

fn shape(at: At<'_>, why: String) -> Refusal {
    Refusal::Shape { line: at.line(), why }
}
