//! Puts a world below a file: what the file says itself wins. Places stay those of the files that things come from.

use std::rc::Rc;

use crate::read::tree::{Key, Node, Value};

/// `top` with `world` below it.
pub(super) fn below(top: &Rc<Node>, world: &Rc<Node>) -> Rc<Node> {
    let root = with(top, "given", world.get("given").map(|given| merge_given(top.get("given"), given)));
    let root = with(&root, "vars", world.get("vars").map(|vars| merge_maps(root.get("vars"), vars)));
    let root = with(&root, "faults", world.get("faults").map(|faults| append(root.get("faults"), faults)));
    with(&root, "after", world.get("after").map(|after| append(root.get("after"), after)))
}

/// `root` with the value of `name` replaced (or added).
fn with(root: &Rc<Node>, name: &str, value: Option<Rc<Node>>) -> Rc<Node> {
    let (Some(value), Value::Map(pairs)) = (value, &root.value) else { return Rc::clone(root) };
    let mut pairs = pairs.clone();
    match pairs.iter_mut().find(|(key, _)| key.name == name) {
        Some((_, old)) => *old = value,
        None => pairs.push((Key { at: value.at, name: name.to_owned() }, value)),
    }
    Rc::new(Node::new(root.at, Value::Map(pairs)))
}

fn merge_given(top: Option<&Rc<Node>>, world: &Rc<Node>) -> Rc<Node> {
    let Some(top) = top.filter(|top| !top.is_null()) else { return Rc::clone(world) };
    let mut merged = merge_maps(Some(top), world);
    // One level further down: images, blobs and settings by name. Lists (`pushed`) add up.
    for (key, value) in world.pairs() {
        let Some(own) = top.get(&key.name) else { continue };
        let both = match (&own.value, &value.value) {
            (Value::Map(_), Value::Map(_)) => merge_maps(Some(own), value),
            (Value::List(_), Value::List(_)) => append(Some(own), value),
            _ => continue,
        };
        merged = with(&merged, &key.name, Some(both));
    }
    merged
}

fn merge_maps(top: Option<&Rc<Node>>, world: &Rc<Node>) -> Rc<Node> {
    let Some(top) = top.filter(|top| !top.is_null()) else { return Rc::clone(world) };
    let Value::Map(pairs) = &top.value else { return Rc::clone(top) };
    let mut pairs = pairs.clone();
    for (key, value) in world.pairs() {
        if top.get(&key.name).is_none() {
            pairs.push((key.clone(), Rc::clone(value)));
        }
    }
    Rc::new(Node::new(top.at, Value::Map(pairs)))
}

fn append(top: Option<&Rc<Node>>, world: &Rc<Node>) -> Rc<Node> {
    let Some(top) = top.filter(|top| !top.is_null()) else { return Rc::clone(world) };
    let Value::List(items) = &top.value else { return Rc::clone(top) };
    let items = items.iter().chain(world.items()).map(Rc::clone).collect();
    Rc::new(Node::new(top.at, Value::List(items)))
}
