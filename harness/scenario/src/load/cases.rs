//! Unfolds a matrix: one set of variables per case.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::problem::{Mistake, shown};
use crate::read::limits;
use crate::read::tree::{At, Node};

/// One case; without a matrix there is one without a name.
pub(super) struct Case {
    pub name: Option<String>,
    pub at: At,
    pub vars: BTreeMap<String, String>,
}

/// The cases of a scenario over the variables that all of them share.
pub(super) fn unfold(
    root: &Rc<Node>,
    base: &BTreeMap<String, String>,
    outside: &BTreeMap<String, String>,
) -> (Vec<Case>, Vec<Mistake>) {
    let mut mistakes = Vec::new();
    let pairs = root.get("for-each").map(|cases| cases.pairs()).unwrap_or_default();
    if pairs.is_empty() {
        let at = root.pairs().iter().find(|(key, _)| key.name == "title").map_or(root.at, |(key, _)| key.at);
        return (vec![Case { name: None, at, vars: base.clone() }], mistakes);
    }
    if pairs.len() > limits::CASES {
        let message = format!("{} cases, more than the {} that a matrix may have", pairs.len(), limits::CASES);
        mistakes.push(Mistake::new(root.at, message).help("split the scenario"));
    }
    let mut cases = Vec::new();
    for (key, node) in pairs.iter().take(limits::CASES) {
        if !is_case(&key.name) {
            let message = format!("`{}` cannot be the name of a case", shown(&key.name));
            mistakes.push(
                Mistake::new(key.at, message)
                    .help("use lower-case letters, digits and `-`: it becomes part of the test's name"),
            );
        }
        let mut vars = base.clone();
        vars.extend(super::vars::declared(Some(node)));
        // What the command line says wins over the matrix, too.
        vars.extend(outside.iter().map(|(name, value)| (name.clone(), value.clone())));
        vars.insert("case".to_owned(), key.name.clone());
        cases.push(Case { name: Some(key.name.clone()), at: key.at, vars });
    }
    (cases, mistakes)
}

/// Letters, digits and `-`; a digit may come first (`404-html`).
fn is_case(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
