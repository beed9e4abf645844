//! Where the parts of a plan stand.

use std::rc::Rc;

use super::includes::Files;
use crate::plan::{Lines, Place, Section};
use crate::read::tree::Node;

/// The places of everything in a tree from which nothing was taken out.
pub(super) fn of(root: &Rc<Node>, files: &Files) -> Lines {
    let mut lines = Lines::default();
    let place = |node: &Node| Place { file: files.name(node.at.file).to_owned(), line: node.at.line };
    for (name, section) in [("steps", Section::Steps), ("finally", Section::Finally)] {
        if let Some(list) = root.get(name) {
            walk(list, &mut Vec::new(), &mut |way, node| {
                lines.steps.insert((section, way.to_vec()), place(node));
            });
        }
    }
    let list = |name: &str| {
        root.get(name).map(|node| node.items()).unwrap_or_default().iter().map(|node| place(node)).collect()
    };
    lines.faults = list("faults");
    lines.after = list("after");
    lines
}

fn walk(list: &Rc<Node>, way: &mut Vec<usize>, visit: &mut impl FnMut(&[usize], &Node)) {
    for (index, step) in list.items().iter().enumerate() {
        way.push(index);
        visit(way, step);
        if let Some((_, content)) = step.pairs().first() {
            if let Some(steps) = content.get("steps") {
                walk(steps, way, visit);
            }
            for (branch, steps) in
                content.get("branches").map(|node| node.items()).unwrap_or_default().iter().enumerate()
            {
                way.push(branch);
                walk(steps, way, visit);
                way.pop();
            }
        }
        way.pop();
    }
}
