//! From YAML text to a tree, within limits. Uses serde-saphyr's event parser; depth, values, aliases, duplicate keys and second
//! documents are judged here, because each needs its exact place and must not end the reading.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};

use super::limits;
use super::tree::{At, Key, Node, Value};
use crate::problem::{Mistake, shown};

/// The tree of one file, and what is wrong with its YAML. Without a tree nothing could be read.
pub(crate) fn parse(file: u16, text: &str) -> (Option<Rc<Node>>, Vec<Mistake>) {
    let mut build = Builder {
        file,
        source: text,
        open: Vec::new(),
        anchors: BTreeMap::new(),
        root: None,
        count: 0,
        mistakes: Vec::new(),
    };
    let stopped = build.run(text);
    let Builder { root, mut mistakes, .. } = build;
    if let Err(mistake) = stopped {
        mistakes.push(mistake);
        return (None, mistakes);
    }
    if root.is_none() && mistakes.is_empty() {
        mistakes.push(
            Mistake::new(At { file, line: 1, column: 1, ..At::default() }, "the file is empty")
                .help("a scenario needs at least `title` and `steps`"),
        );
    }
    (root, mistakes)
}

/// A container that is still being read.
struct Open {
    at: At,
    anchor: usize,
    kind: Kind,
}

enum Kind {
    List(Vec<Rc<Node>>),
    Map { pairs: Vec<(Key, Rc<Node>)>, places: BTreeMap<String, u32>, key: Option<Key>, skip: bool },
}

struct Builder<'s> {
    file: u16,
    source: &'s str,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Rc<Node>>,
    root: Option<Rc<Node>>,
    count: u64,
    mistakes: Vec<Mistake>,
}

impl Builder<'_> {
    fn run(&mut self, text: &str) -> Result<(), Mistake> {
        let mut options = serde_saphyr::granit_parser::Options::default();
        options.set_emit_comments(false);
        options.flow_nesting_limit = limits::DEPTH + 1;
        options.block_nesting_limit = limits::DEPTH + 1;
        let mut documents = 0;
        for item in Parser::with_options(StrInput::new(text), options) {
            let (event, span) = item.map_err(|error| self.syntax(&error))?;
            let at = self.at(span);
            match event {
                Event::DocumentStart(..) => {
                    documents += 1;
                    if documents > 1 {
                        return Err(Mistake::new(at, "a second document begins here")
                            .help("one file holds one scenario: move it to a file of its own"));
                    }
                }
                Event::Scalar(value, style, anchor, tag) => {
                    self.tag(at, tag.as_deref());
                    let plain = style == ScalarStyle::Plain && tag.is_none();
                    self.begin(at)?;
                    self.value(Node::new(at, Value::Scalar { text: value.into_owned(), plain }), anchor)?;
                }
                Event::SequenceStart(_, anchor, tag) => {
                    self.container(at, anchor, tag.as_deref(), Kind::List(Vec::new()))?
                }
                Event::MappingStart(_, anchor, tag) => {
                    let kind = Kind::Map { pairs: Vec::new(), places: BTreeMap::new(), key: None, skip: false };
                    self.container(at, anchor, tag.as_deref(), kind)?;
                }
                Event::SequenceEnd | Event::MappingEnd => self.close(at)?,
                Event::Alias(id) => {
                    let node = self.anchors.get(&id).cloned().ok_or_else(|| {
                        Mistake::new(at, "this alias stands inside the value that it names").help("write the value out")
                    })?;
                    self.shared(at, node)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn at(&self, span: Span) -> At {
        let start = span.start.byte_offset().unwrap_or_default().min(self.source.len());
        let end = span.end.byte_offset().unwrap_or(start).clamp(start, self.source.len());
        At { file: self.file, start, end, line: number(span.start.line()), column: number(span.start.col() + 1) }
    }

    fn syntax(&self, error: &serde_saphyr::granit_parser::ScanError) -> Mistake {
        let marker = error.marker();
        let start = marker.byte_offset().unwrap_or_default().min(self.source.len());
        let at =
            At { file: self.file, start, end: start, line: number(marker.line()), column: number(marker.col() + 1) };
        Mistake::new(at, format!("not YAML: {}", shown(&error.info())))
            .help("look at the indentation and the quotes here and in the line above; values with `: `, `#`, `{` or `*` need quotes")
    }

    fn tag(&mut self, at: At, tag: Option<&Tag>) {
        if let Some(tag) = tag
            && !(tag.is_yaml_core_schema() && tag.core_suffix() == Some("str"))
        {
            self.mistakes.push(
                Mistake::new(at, format!("the tag `{}` means nothing here", tag.original()))
                    .help("leave it out; scenario files have no tags"),
            );
        }
    }

    fn begin(&mut self, at: At) -> Result<(), Mistake> {
        self.count += 1;
        if self.count > limits::NODES {
            return Err(Mistake::new(at, format!("more than {} values", limits::NODES))
                .help("split the scenario, or use `repeat` and `for-each`"));
        }
        if self.mistakes.len() >= limits::PROBLEMS {
            return Err(Mistake::new(at, "too many mistakes; the rest of the file was not read"));
        }
        Ok(())
    }

    fn container(&mut self, at: At, anchor: usize, tag: Option<&Tag>, kind: Kind) -> Result<(), Mistake> {
        self.tag(at, tag);
        self.begin(at)?;
        if self.open.len() >= limits::DEPTH {
            return Err(Mistake::new(at, format!("nested deeper than {} levels", limits::DEPTH))
                .help("scenarios are flat: look for a missing line break or quote"));
        }
        self.open.push(Open { at, anchor, kind });
        Ok(())
    }

    fn close(&mut self, end: At) -> Result<(), Mistake> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let at = At { end: end.end.max(open.at.end), ..open.at };
        let value = match open.kind {
            Kind::List(items) => Value::List(items),
            Kind::Map { pairs, .. } => Value::Map(pairs),
        };
        self.value(Node::new(at, value), open.anchor)
    }

    fn value(&mut self, node: Node, anchor: usize) -> Result<(), Mistake> {
        let at = node.at;
        let node = Rc::new(node);
        if anchor != 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        self.shared(at, node)
    }

    /// Puts a value where it belongs; an alias comes here with a value that has others above it already.
    fn shared(&mut self, at: At, node: Rc<Node>) -> Result<(), Mistake> {
        if node.weight > limits::NODES {
            return Err(Mistake::new(at, format!("its aliases stand for more than {} values", limits::NODES))
                .help("write out what is needed; use `repeat` and `for-each` for many"));
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut open.kind {
            Kind::List(items) => items.push(node),
            Kind::Map { pairs, places, key, skip } => match key.take() {
                Some(key) => {
                    if !std::mem::take(skip) {
                        pairs.push((key, node));
                    }
                }
                None => {
                    let Value::Scalar { text, .. } = &node.value else {
                        self.mistakes.push(
                            Mistake::new(at, "a key must be a text")
                                .help("if this is `${...}` or `{...}` as a value, put it in quotes"),
                        );
                        *key = Some(Key { at, name: String::new() });
                        *skip = true;
                        return Ok(());
                    };
                    if let Some(line) = places.get(text) {
                        let text = shown(text);
                        self.mistakes.push(
                            Mistake::new(at, format!("the key `{text}` is here a second time"))
                                .label(format!("first in line {line}"))
                                .help("keep one of the two"),
                        );
                        *skip = true;
                    } else {
                        places.insert(text.clone(), at.line);
                    }
                    *key = Some(Key { at, name: text.clone() });
                }
            },
        }
        Ok(())
    }
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(text: &str) -> Vec<String> {
        parse(0, text).1.into_iter().map(|m| format!("{}:{} {}", m.at.line, m.at.column, m.message)).collect()
    }

    #[test]
    fn values_keep_their_places() {
        let (root, none) = parse(0, "a: 1\nsteps:\n  - push: { as: \"x\" }\n");
        assert!(none.is_empty());
        let root = root.unwrap();
        let push = &root.get("steps").unwrap().items()[0];
        let (key, node) = &push.pairs()[0];
        assert_eq!((key.at.line, key.at.column), (3, 5));
        let value = node.get("as").unwrap();
        assert_eq!((value.at.line, value.at.column, value.text()), (3, 17, Some("x")));
    }

    #[test]
    fn what_yaml_cannot_mean_is_reported_with_its_place() {
        assert_eq!(mistakes("a: 1\nb: 2\na: 3\n"), ["3:1 the key `a` is here a second time"]);
        assert_eq!(mistakes("a: 1\n---\nb: 1\n"), ["2:1 a second document begins here"]);
        assert_eq!(mistakes("a: !secret x\n").len(), 1);
        assert_eq!(mistakes(""), ["1:1 the file is empty"]);
        assert_eq!(mistakes("? [a]\n: b\n"), ["1:3 a key must be a text"]);
        assert_eq!(mistakes("a: &x [*x]\n"), ["1:8 this alias stands inside the value that it names"]);
        assert!(mistakes("a: [1\n")[0].contains("not YAML"), "{:?}", mistakes("a: [1\n"));
    }
}
