//! Reads a tree as a type until nothing fails: each failure is noted and taken out of the tree.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::de::DeserializeOwned;

use super::de::{De, World};
use super::limits;
use super::tree::{Key, Node, Taken, Value};
use crate::problem::Mistake;

/// What could be read, what is wrong, and what had to be taken out.
pub(crate) struct Shape<T> {
    pub value: Option<T>,
    pub mistakes: Vec<Mistake>,
    pub taken: Taken,
}

/// Reads `root` as `T`. `stand_ins` are given to the root where these fields are missing (which is noted), so that the rest is
/// still looked at.
pub(crate) fn read<T: DeserializeOwned>(
    root: &Rc<Node>,
    vars: &BTreeMap<String, String>,
    stand_ins: &[(&str, Value)],
) -> Shape<T> {
    let mut root = Rc::clone(root);
    let mut taken = Taken::default();
    let mut mistakes: Vec<Mistake> = Vec::new();
    // Each round takes something out or stands something in, so it ends; the limit is for files that are wrong all over.
    while mistakes.len() < limits::PROBLEMS {
        let world = World { vars, taken: &taken };
        let fail = match T::deserialize(De::new(&root, &world)) {
            Ok(value) => return Shape { value: Some(value), mistakes, taken },
            Err(fail) => fail,
        };
        let missing = fail.missing();
        // What is missing or empty because something was taken out has been reported.
        let follow_up = fail.whole().is_some_and(|container| taken.touches(container));
        if !follow_up {
            mistakes.push(fail.mistake(root.at));
        }
        match (fail.slot, missing) {
            (Some((container, index)), _) if taken.take(container, index) => {}
            (None, Some((field, container))) if container == root.id() => {
                let Some((_, stand_in)) = stand_ins.iter().find(|(name, _)| *name == field) else { break };
                root = with_field(&root, field, stand_in, &mut taken);
            }
            _ => break,
        }
    }
    Shape { value: None, mistakes, taken }
}

/// The root with one more field. Containers below stay the same ones, so what is taken out of them stays out.
fn with_field(root: &Rc<Node>, field: &str, value: &Value, taken: &mut Taken) -> Rc<Node> {
    let kept =
        root.pairs().iter().enumerate().filter(|(index, _)| !taken.has(root, *index)).map(|(_, pair)| pair.clone());
    let mut pairs: Vec<_> = kept.collect();
    pairs.push((Key { at: root.at, name: field.to_owned() }, Rc::new(Node::new(root.at, value.clone()))));
    let new = Rc::new(Node { at: root.at, value: Value::Map(pairs), weight: root.weight });
    if taken.touches(root.id()) {
        taken.take(new.id(), usize::MAX);
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scenario;

    fn mistakes(text: &str) -> Vec<String> {
        let (root, syntax) = crate::read::parse(0, text);
        assert!(syntax.is_empty(), "{syntax:?}");
        let shape = read::<Scenario>(&root.unwrap(), &BTreeMap::new(), &[]);
        shape.mistakes.iter().map(|m| format!("{}:{} {}", m.at.line, m.at.column, m.message)).collect()
    }

    #[test]
    fn every_mistake_is_found_in_one_go() {
        let text = "title: t\n\
                    tags: fault\n\
                    needs: [tpc, memory]\n\
                    given: { images: { app: { layers: [{ size: big }, { sise: 1KiB }] } } }\n\
                    steps:\n\
                    - pusch: {}\n\
                    - push: { image: app, as: x, within: 100 }\n\
                    - push: { imgae: app, as: x }\n\
                    - repeat: { times: many, steps: [{ advance: {} }] }\n";
        insta::assert_snapshot!(mistakes(text).join("\n"));
    }

    #[test]
    fn short_forms_are_read() {
        let text = "title: t\nsteps:\n- restart\n- restart:\n- restart: {}\n- storage: swap-bucket\n- storage: { swap-bucket: {} }\nafter: [no-orphan-uploads, every-tag-resolves: {}]\n";
        assert_eq!(mistakes(text), Vec::<String>::new());
    }
}
