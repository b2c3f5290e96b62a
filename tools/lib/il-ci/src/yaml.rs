//! YAML as a tree with places: every value knows its file position, every comment is kept.

use std::collections::HashMap;
use std::ops::Range;

use granit_parser::{Event, Options, Parser, ScalarStyle, Span, StructureStyle, Tag};

/// Most nodes of one file: twenty times the largest CI file that was measured.
const NODE_LIMIT: usize = 400_000;
/// Most values of one file with its aliases followed: more is an alias bomb, not a pipeline.
const EXPANDED_LIMIT: usize = 100_000;
/// How many alias hops are followed before a value counts as unknown.
const ALIAS_HOPS: usize = 16;

/// Why a file could not be parsed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("line {line}, column {column}: {what}")]
pub struct YamlError {
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
    /// What the parser says.
    pub what: String,
}

/// A node's place in its tree.
pub type NodeId = usize;

/// How a scalar is written: decides whether `1` is a number or a text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In quotes.
    Quoted,
    /// `|` or `>`.
    Block,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A text, a number, a truth value or nothing.
    Scalar(String, Style),
    /// A list.
    Sequence(Vec<NodeId>),
    /// Keys with values, in order, duplicates included.
    Mapping(Vec<(NodeId, NodeId)>),
    /// A reference to an anchored node, if there is one.
    Alias(Option<NodeId>),
}

/// One value with its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it stands, in bytes. Block collections are empty spans: use [`At::end`].
    pub span: Range<usize>,
    /// Line of its first character, from 1.
    pub line: usize,
    /// Column of its first character, from 0.
    pub column: usize,
    /// `!reference` and the like.
    pub tag: Option<String>,
    /// True for `[…]` and `{…}`.
    pub flow: bool,
    /// True where `&name` stands before it.
    pub anchored: bool,
}

/// A file as a tree.
#[derive(Clone, Debug)]
pub struct Yaml {
    text: String,
    nodes: Vec<Node>,
    documents: Vec<NodeId>,
    comments: Vec<Range<usize>>,
    /// Where each line starts.
    lines: Vec<usize>,
}

impl Yaml {
    /// Parses a file.
    ///
    /// # Errors
    /// Says where and why; nothing is guessed.
    pub fn parse(text: String) -> Result<Self, YamlError> {
        let mut options = Options::default();
        // A long comment block is ordinary in CI files; the default of 96 refuses it.
        options.max_buffered_comment_events = 100_000;
        let mut builder = Builder::default();
        for event in Parser::new_from_str_with_options(&text, options) {
            let (event, span) = event.map_err(|error| YamlError {
                line: error.marker().line(),
                column: error.marker().col() + 1,
                what: error.info().to_owned(),
            })?;
            builder.take(event, &span)?;
        }
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0).chain(newlines.map(|(at, _)| at + 1)).collect();
        let Builder { nodes, documents, comments, finished, .. } = builder;
        let yaml = Self { text, nodes, documents, comments, lines };
        yaml.check_expansion(&finished)?;
        Ok(yaml)
    }

    /// Refuses a file whose aliases would expand without bound.
    fn check_expansion(&self, finished: &[NodeId]) -> Result<(), YamlError> {
        // 0: not counted yet.
        let mut sizes = vec![0_usize; self.nodes.len()];
        for &id in finished {
            let node = &self.nodes[id];
            let size = |child: &NodeId| sizes[*child];
            let total = match &node.kind {
                Kind::Scalar(..) | Kind::Alias(None) => 1,
                // A target without a size yet is the collection that this alias stands in.
                Kind::Alias(Some(target)) if sizes[*target] == 0 => EXPANDED_LIMIT + 1,
                Kind::Alias(Some(target)) => sizes[*target],
                Kind::Sequence(items) => 1 + items.iter().map(size).sum::<usize>(),
                Kind::Mapping(entries) => {
                    1 + entries.iter().map(|(key, value)| size(key) + size(value)).sum::<usize>()
                }
            };
            if total > EXPANDED_LIMIT && (total > self.nodes.len() || matches!(node.kind, Kind::Alias(_))) {
                return Err(YamlError {
                    line: node.line,
                    column: node.column + 1,
                    what: format!("its aliases expand to more than {EXPANDED_LIMIT} values"),
                });
            }
            sizes[id] = total;
        }
        Ok(())
    }

    /// The file's text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The last document: GitLab allows a `spec` document before it. `None` for an empty file.
    #[must_use]
    pub fn root(&self) -> Option<At<'_>> {
        self.documents.last().map(|id| self.at(*id))
    }

    /// All documents.
    pub fn documents(&self) -> impl Iterator<Item = At<'_>> {
        self.documents.iter().map(|id| self.at(*id))
    }

    /// The node with this id.
    #[must_use]
    pub fn at(&self, id: NodeId) -> At<'_> {
        At { yaml: self, id }
    }

    /// The comments' places in order.
    #[must_use]
    pub fn comments(&self) -> &[Range<usize>] {
        &self.comments
    }

    /// The text of line `number` (from 1) without its line break.
    #[must_use]
    pub fn line_text(&self, number: usize) -> &str {
        let start = number.checked_sub(1).and_then(|index| self.lines.get(index));
        let rest = start.map_or("", |start| &self.text[*start..]);
        rest.lines().next().unwrap_or("")
    }
}

#[derive(Default)]
struct Builder {
    nodes: Vec<Node>,
    documents: Vec<NodeId>,
    comments: Vec<Range<usize>>,
    /// Open collections, with the key that waits for its value.
    open: Vec<(NodeId, Option<NodeId>)>,
    anchors: HashMap<usize, NodeId>,
    /// Every node in the order in which they were complete: children before their parents.
    finished: Vec<NodeId>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), YamlError> {
        let anchor = match &event {
            Event::Scalar(_, _, anchor, _)
            | Event::SequenceStart(_, anchor, _)
            | Event::MappingStart(_, anchor, _) => *anchor,
            _ => 0,
        };
        let id = match event {
            Event::Scalar(text, style, _, tag) => {
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
                    ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
                };
                let range = bytes(span);
                // An absent value and `~` are both nothing.
                let text =
                    if range.is_empty() && style == Style::Plain { String::new() } else { text.into_owned() };
                self.add(Kind::Scalar(text, style), span, tag.as_deref(), false, anchor)?
            }
            Event::Alias(target) => {
                let node = self.anchors.get(&target).copied();
                self.add(Kind::Alias(node), span, None, false, 0)?
            }
            Event::SequenceStart(style, _, tag) => {
                let flow = style == StructureStyle::Flow;
                let kind = Kind::Sequence(Vec::new());
                let id = self.add(kind, span, tag.as_deref(), flow, anchor)?;
                self.open.push((id, None));
                return Ok(());
            }
            Event::MappingStart(style, _, tag) => {
                let flow = style == StructureStyle::Flow;
                let kind = Kind::Mapping(Vec::new());
                let id = self.add(kind, span, tag.as_deref(), flow, anchor)?;
                self.open.push((id, None));
                return Ok(());
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some((id, _)) = self.open.pop() else {
                    return Ok(());
                };
                if self.nodes[id].flow {
                    self.nodes[id].span.end = bytes(span).end;
                }
                id
            }
            Event::Comment(..) => {
                self.comments.push(bytes(span));
                return Ok(());
            }
            _ => return Ok(()),
        };
        self.attach(id);
        Ok(())
    }

    fn add(
        &mut self,
        kind: Kind,
        span: &Span,
        tag: Option<&Tag>,
        flow: bool,
        anchor: usize,
    ) -> Result<NodeId, YamlError> {
        if self.nodes.len() >= NODE_LIMIT {
            return Err(YamlError {
                line: span.start.line(),
                column: span.start.col() + 1,
                what: format!("more than {NODE_LIMIT} values in one file"),
            });
        }
        let id = self.nodes.len();
        self.nodes.push(Node {
            kind,
            span: bytes(span),
            line: span.start.line(),
            column: span.start.col(),
            tag: tag.map(ToString::to_string),
            flow,
            anchored: anchor != 0,
        });
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
        Ok(id)
    }

    /// Gives a finished node to the collection it stands in.
    fn attach(&mut self, id: NodeId) {
        self.finished.push(id);
        let Some((parent, key)) = self.open.last_mut() else {
            self.documents.push(id);
            return;
        };
        match (&mut self.nodes[*parent].kind, key.take()) {
            (Kind::Sequence(items), _) => items.push(id),
            (Kind::Mapping(entries), Some(key)) => entries.push((key, id)),
            (Kind::Mapping(_), None) => *key = Some(id),
            _ => {}
        }
    }
}

fn bytes(span: &Span) -> Range<usize> {
    span.byte_range().unwrap_or(0..0)
}

/// A node in its tree.
#[derive(Clone, Copy)]
pub struct At<'a> {
    yaml: &'a Yaml,
    /// The node.
    pub id: NodeId,
}

impl<'a> At<'a> {
    /// The node itself.
    #[must_use]
    pub fn node(self) -> &'a Node {
        &self.yaml.nodes[self.id]
    }

    /// The tree it stands in.
    #[must_use]
    pub fn yaml(self) -> &'a Yaml {
        self.yaml
    }

    /// The line of its first character, from 1.
    #[must_use]
    pub fn line(self) -> usize {
        self.node().line
    }

    /// What an alias refers to, else the node itself.
    #[must_use]
    pub fn resolved(self) -> Option<Self> {
        let mut at = self;
        for _ in 0..ALIAS_HOPS {
            match at.node().kind {
                Kind::Alias(target) => at = self.yaml.at(target?),
                _ => return Some(at),
            }
        }
        None
    }

    /// True for the same node of the same file, aliases followed.
    #[must_use]
    pub fn is(self, other: At<'_>) -> bool {
        let place = |at: At<'_>| at.resolved().map(|at| at.node().span.clone());
        std::ptr::eq(self.yaml, other.yaml) && place(self) == place(other)
    }

    /// The text of a scalar, aliases followed.
    #[must_use]
    pub fn scalar(self) -> Option<&'a str> {
        match &self.resolved()?.node().kind {
            Kind::Scalar(text, _) => Some(text),
            _ => None,
        }
    }

    /// The entries of a mapping, aliases followed, merge keys not.
    #[must_use]
    pub fn entries(self) -> Vec<(Self, Self)> {
        match self.resolved().map(|at| &at.node().kind) {
            Some(Kind::Mapping(entries)) => {
                entries.iter().map(|(key, value)| (self.yaml.at(*key), self.yaml.at(*value))).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The items of a sequence, aliases followed.
    #[must_use]
    pub fn items(self) -> Vec<Self> {
        match self.resolved().map(|at| &at.node().kind) {
            Some(Kind::Sequence(items)) => items.iter().map(|id| self.yaml.at(*id)).collect(),
            _ => Vec::new(),
        }
    }

    /// True for a mapping, aliases followed.
    #[must_use]
    pub fn is_mapping(self) -> bool {
        self.resolved().is_some_and(|at| matches!(at.node().kind, Kind::Mapping(_)))
    }

    /// True for a sequence, aliases followed.
    #[must_use]
    pub fn is_sequence(self) -> bool {
        self.resolved().is_some_and(|at| matches!(at.node().kind, Kind::Sequence(_)))
    }

    /// The value of a key; the last one where a key stands twice, as GitLab and GitHub read it.
    #[must_use]
    pub fn get(self, key: &str) -> Option<Self> {
        self.entry(key).map(|(_, value)| value)
    }

    /// A key with its value.
    #[must_use]
    pub fn entry(self, key: &str) -> Option<(Self, Self)> {
        self.entries().into_iter().rev().find(|(name, _)| name.scalar() == Some(key))
    }

    /// Every text in a scalar or in a list of scalars, nested lists included.
    #[must_use]
    pub fn texts(self) -> Vec<(usize, &'a str)> {
        if let Some(text) = self.scalar() {
            return vec![(self.line(), text)];
        }
        let mut out = Vec::new();
        self.collect_texts(&mut out, 0);
        out
    }

    fn collect_texts(self, out: &mut Vec<(usize, &'a str)>, depth: usize) {
        for item in self.items() {
            match item.scalar() {
                Some(text) => out.push((item.line(), text)),
                None if depth < ALIAS_HOPS => item.collect_texts(out, depth + 1),
                None => {}
            }
        }
    }

    /// The byte after the node's last character.
    #[must_use]
    pub fn end(self) -> usize {
        let node = self.node();
        let last = match &node.kind {
            Kind::Scalar(_, Style::Block) => {
                let text = &self.yaml.text[node.span.clone()];
                // Blank lines after a block scalar belong to nobody, unless it keeps them (`|+`).
                let keeps =
                    self.yaml.text[..node.span.start].lines().last().is_some_and(|line| line.contains('+'));
                let kept = if keeps { text.trim_end_matches([' ', '\t']) } else { text.trim_end() };
                node.span.start + kept.len()
            }
            Kind::Sequence(items) if !node.flow => {
                items.iter().map(|id| self.yaml.at(*id).end()).max().unwrap_or(0)
            }
            Kind::Mapping(entries) if !node.flow => entries
                .iter()
                .map(|(key, value)| self.yaml.at(*key).end().max(self.yaml.at(*value).end()))
                .max()
                .unwrap_or(0),
            _ => node.span.end,
        };
        last.max(node.span.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yaml(text: &str) -> Yaml {
        Yaml::parse(text.to_owned()).unwrap()
    }

    #[test]
    fn values_know_their_lines_and_aliases_lead_to_their_anchors() {
        let yaml = yaml("a: &x\n  k: 1 # c\nb: *x\nc: !reference [.a, b]\n");
        let root = yaml.root().unwrap();
        assert_eq!(root.get("b").unwrap().get("k").unwrap().scalar(), Some("1"));
        assert_eq!(root.get("b").unwrap().get("k").unwrap().line(), 2);
        assert_eq!(root.get("c").unwrap().node().tag.as_deref(), Some("!reference"));
        assert_eq!(yaml.comments().len(), 1);
    }

    #[test]
    fn a_hundred_comments_in_a_row_are_ordinary() {
        let text = format!("a:\n{}  b: 1\n", "  # c\n".repeat(500));
        assert_eq!(yaml(&text).comments().len(), 500);
    }

    #[test]
    fn a_broken_file_says_where() {
        let error = Yaml::parse("a: [1\nb: 2\n".into()).unwrap_err();
        assert_eq!(error.line, 2, "{error}");
    }

    #[test]
    fn the_end_of_a_block_scalar_is_its_last_line() {
        let yaml = yaml("a: |\n  one\n\n  two\n\n\nb: 1\n");
        let end = yaml.root().unwrap().get("a").unwrap().end();
        assert!(yaml.text()[..end].ends_with("two"));
    }

    #[test]
    fn an_alias_bomb_and_an_alias_inside_its_anchor_are_refused() {
        let mut bomb = String::from(".l0: &l0 [x,x,x,x,x,x,x,x,x]\n");
        for level in 1..12 {
            let items = vec![format!("*l{}", level - 1); 9].join(",");
            bomb.push_str(&format!(".l{level}: &l{level} [{items}]\n"));
        }
        bomb.push_str("job:\n  script: *l11\n");
        for text in [bomb, "a: &x [*x, *x]\n".into(), "a: &x\n  b: *x\n".into()] {
            let error = Yaml::parse(text).unwrap_err();
            assert!(error.what.contains("aliases expand"), "{error}");
        }
    }

    #[test]
    fn a_large_file_and_ordinary_aliases_are_not_bombs() {
        let large: String = (0..30_000).map(|n| format!("j{n}: {{script: x, stage: y}}\n")).collect();
        assert!(Yaml::parse(large).is_ok());
        let shared = format!(".a: &a [x, y]\n{}", "b: {script: *a}\n".repeat(1_000));
        assert!(Yaml::parse(shared).is_ok());
    }
}
