//! How a file is laid out, so that what we add looks like the rest.

use crate::edit::New;
use crate::yaml::{At, Kind, Yaml};

/// Line breaks and indentation of one file.
pub struct Layout {
    /// `\n` or `\r\n`.
    pub line_break: &'static str,
    step: usize,
    list_step: usize,
}

impl Layout {
    /// Learns from the file.
    pub fn of(yaml: &Yaml) -> Self {
        let line_break = if yaml.text().contains("\r\n") { "\r\n" } else { "\n" };
        let mut layout = Self { line_break, step: 2, list_step: 2 };
        if let Some(root) = yaml.root() {
            layout.learn(root);
        }
        layout
    }

    /// Takes the indentation from the first nested mapping and the first list that the file has.
    fn learn(&mut self, root: At<'_>) {
        let (mut step, mut list) = (None, None);
        let mut queue = root.entries();
        let mut index = 0;
        while index < queue.len() && index < 2_000 && (step.is_none() || list.is_none()) {
            let (key, value) = queue[index];
            index += 1;
            let node = value.node();
            if node.flow || matches!(node.kind, Kind::Alias(_)) {
                continue;
            }
            let column = key.node().column;
            match (&node.kind, value.entries().first()) {
                (Kind::Mapping(_), Some((first, _))) => {
                    step = step.or(first.node().column.checked_sub(column));
                    queue.extend(value.entries());
                }
                (Kind::Sequence(_), _) => {
                    if let Some(item) = value.items().first() {
                        let line = item.yaml().line_text(item.line());
                        let dash = line.len() - line.trim_start().len();
                        if line.trim_start().starts_with('-') {
                            list = list.or(dash.checked_sub(column));
                        }
                    }
                }
                _ => {}
            }
        }
        self.step = step.filter(|step| (1..=8).contains(step)).unwrap_or(2);
        self.list_step = list.filter(|step| *step <= 8).unwrap_or(self.step);
    }

    /// The lines of `key: value` at `column`, without the last line break.
    pub fn entry(&self, key: &str, value: &New, column: usize) -> String {
        let mut out = format!("{}{key}:", " ".repeat(column));
        self.value(&mut out, value, column);
        out
    }

    fn value(&self, out: &mut String, value: &New, column: usize) {
        match value {
            New::Plain(text) => out.extend([" ", text]),
            New::Quoted(text) => out.extend([" ", &quoted(text)]),
            New::Map(entries) => {
                for (key, value) in entries {
                    out.push_str(self.line_break);
                    out.push_str(&self.entry(key, value, column + self.step));
                }
            }
            New::List(items) => {
                for item in items {
                    out.push_str(self.line_break);
                    self.item(out, item, column + self.list_step);
                }
            }
        }
    }

    fn item(&self, out: &mut String, item: &New, column: usize) {
        out.push_str(&" ".repeat(column));
        out.push('-');
        match item {
            New::Map(entries) => {
                for (index, (key, value)) in entries.iter().enumerate() {
                    let entry = self.entry(key, value, column + 2);
                    if index == 0 {
                        out.push(' ');
                        out.push_str(entry.trim_start());
                    } else {
                        out.push_str(self.line_break);
                        out.push_str(&entry);
                    }
                }
            }
            other => self.value(out, other, column),
        }
    }
}

/// A double-quoted scalar. JSON strings are YAML strings.
pub fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a text serialises")
}
