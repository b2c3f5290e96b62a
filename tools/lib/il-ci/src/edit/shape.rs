//! What a file means, for comparing it before and after an edit.

use crate::edit::New;
use crate::yaml::{At, Kind, NodeId, Style};

/// What a file means, without its layout: the order of keys does not count, everything else does.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Shape {
    /// `!reference` and the like.
    pub tag: Option<String>,
    /// True where `&name` stands before it.
    pub anchored: bool,
    /// The value.
    pub kind: ShapeKind,
}

/// The value of a [`Shape`].
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum ShapeKind {
    /// The text, and whether it is plain: `1` is a number, `"1"` is not.
    Scalar(String, bool),
    /// In order.
    List(Vec<Shape>),
    /// Sorted.
    Map(Vec<(Shape, Shape)>),
    /// By name: aliases are compared, not followed.
    Alias(String),
}

impl Shape {
    fn new(kind: ShapeKind) -> Self {
        Self { tag: None, anchored: false, kind }
    }

    /// A text as it is written in this style.
    pub fn scalar(text: &str, style: Style) -> Self {
        Self::new(ShapeKind::Scalar(text.to_owned(), style == Style::Plain))
    }

    /// The meaning of a value that is about to be written.
    pub fn of_new(new: &New) -> Self {
        match new {
            New::Plain(text) => Self::scalar(text, Style::Plain),
            New::Quoted(text) => Self::scalar(text, Style::Quoted),
            New::List(items) => Self::new(ShapeKind::List(items.iter().map(Self::of_new).collect())),
            New::Map(entries) => Self::map(
                entries
                    .iter()
                    .map(|(key, value)| (Self::scalar(key, Style::Plain), Self::of_new(value)))
                    .collect(),
            ),
        }
    }

    fn map(mut entries: Vec<(Self, Self)>) -> Self {
        entries.sort();
        Self::new(ShapeKind::Map(entries))
    }
}

/// The entries of one mapping, for a change to be made to them.
pub type Entries = Vec<(Shape, Shape)>;

/// The meaning of a node as it stands.
pub fn plain_shape(at: At<'_>) -> Shape {
    shape_with(at, &|_, _| {})
}

/// The meaning of a node after `change` was made to each of its mappings.
pub fn shape_with(at: At<'_>, change: &dyn Fn(NodeId, &mut Entries)) -> Shape {
    let node = at.node();
    let yaml = at.yaml();
    let kind = match &node.kind {
        Kind::Scalar(text, style) => ShapeKind::Scalar(text.clone(), *style == Style::Plain),
        Kind::Alias(_) => ShapeKind::Alias(yaml.text()[node.span.clone()].to_owned()),
        Kind::Sequence(items) => {
            ShapeKind::List(items.iter().map(|id| shape_with(yaml.at(*id), change)).collect())
        }
        Kind::Mapping(entries) => {
            let mut entries: Vec<_> = entries
                .iter()
                .map(|(key, value)| (shape_with(yaml.at(*key), change), shape_with(yaml.at(*value), change)))
                .collect();
            change(at.id, &mut entries);
            entries.sort();
            ShapeKind::Map(entries)
        }
    };
    Shape { tag: node.tag.clone(), anchored: node.anchored, kind }
}
