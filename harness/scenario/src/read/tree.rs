//! The tree of one file: every value with its place. Not here: YAML (see `build`), types (see `de`).

use std::collections::BTreeSet;
use std::rc::Rc;

/// A place in a file. `start` and `end` are byte offsets; line and column count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct At {
    pub file: u16,
    pub start: usize,
    pub end: usize,
    pub line: u32,
    pub column: u32,
}

/// One value of a file.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub at: At,
    pub value: Value,
    /// How many values it holds, itself included; an alias counts as what it stands for.
    pub weight: u64,
}

/// What a value is. Children are shared where the file uses aliases and where files are merged.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Scalar { text: String, plain: bool },
    List(Vec<Rc<Node>>),
    Map(Vec<(Key, Rc<Node>)>),
}

/// A key of a mapping.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub at: At,
    pub name: String,
}

impl Node {
    pub(crate) fn new(at: At, value: Value) -> Self {
        let below: u64 = match &value {
            Value::Scalar { .. } => 0,
            Value::List(items) => items.iter().fold(0, |sum, item| sum.saturating_add(item.weight)),
            Value::Map(pairs) => pairs.iter().fold(0, |sum, (_, node)| sum.saturating_add(node.weight)),
        };
        Self { at, value, weight: below.saturating_add(1) }
    }

    /// The pairs of a mapping; none of anything else.
    pub(crate) fn pairs(&self) -> &[(Key, Rc<Node>)] {
        match &self.value {
            Value::Map(pairs) => pairs,
            _ => &[],
        }
    }

    /// The items of a list; none of anything else.
    pub(crate) fn items(&self) -> &[Rc<Node>] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The value of a key.
    pub(crate) fn get(&self, name: &str) -> Option<&Rc<Node>> {
        self.pairs().iter().find(|(key, _)| key.name == name).map(|(_, node)| node)
    }

    /// The text of a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Nothing was written: an empty value, `~` or `null`.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null"))
    }

    /// What names this value among all containers of a run.
    pub(crate) fn id(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// Calls `visit` with every scalar below, in the file's order.
    pub(crate) fn scalars<'a>(&'a self, visit: &mut impl FnMut(&'a Node, &'a str)) {
        match &self.value {
            Value::Scalar { text, .. } => visit(self, text),
            Value::List(items) => items.iter().for_each(|item| item.scalars(visit)),
            Value::Map(pairs) => pairs.iter().for_each(|(_, node)| node.scalars(visit)),
        }
    }
}

/// Places in containers that are out: what stood there was reported and is not read again.
#[derive(Debug, Clone, Default)]
pub(crate) struct Taken(BTreeSet<(usize, usize)>);

impl Taken {
    pub(crate) fn take(&mut self, container: usize, index: usize) -> bool {
        self.0.insert((container, index))
    }

    pub(crate) fn has(&self, container: &Node, index: usize) -> bool {
        !self.0.is_empty() && self.0.contains(&(container.id(), index))
    }

    /// Whether anything directly in this container is out.
    pub(crate) fn touches(&self, container: usize) -> bool {
        self.0.range((container, 0)..=(container, usize::MAX)).next().is_some()
    }
}

/// One step on the way from the root to a value, as the typed world counts: items that are out do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seg<'a> {
    Key(&'a str),
    Item(usize),
}

/// The value at the end of the way, or the nearest one above it that exists.
pub(crate) fn find<'n>(root: &'n Rc<Node>, taken: &'n Taken, way: &[Seg<'_>]) -> &'n Rc<Node> {
    let mut node = root;
    for seg in way {
        let next = match seg {
            Seg::Key(name) => node.get(name),
            Seg::Item(index) => live(node, taken).nth(*index).map(|(_, item)| item),
        };
        match next {
            Some(next) => node = next,
            // One value in place of a list of one (`seen: A01`), or a short form: stay where we are.
            None if matches!(seg, Seg::Item(0)) && node.items().is_empty() => {}
            None => return node,
        }
    }
    node
}

/// The items of a list that are still in, with their place in the file.
pub(crate) fn live<'n>(list: &'n Rc<Node>, taken: &'n Taken) -> impl Iterator<Item = (usize, &'n Rc<Node>)> {
    list.items().iter().enumerate().filter(move |(index, _)| !taken.has(list, *index))
}
