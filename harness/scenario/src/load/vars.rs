//! The values of `${name}`: those of worlds below those of the file below the environment's below the command line's.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::fill;
use crate::problem::{Mistake, shown};
use crate::read::tree::Node;

/// Variables from outside the files.
#[derive(Debug, Clone, Default)]
pub(super) struct Outside {
    pub environment: BTreeMap<String, String>,
    pub given: BTreeMap<String, String>,
    pub secrets: BTreeMap<String, String>,
}

impl Outside {
    /// What the files say, overridden from outside.
    pub(super) fn over(&self, root: &Rc<Node>) -> BTreeMap<String, String> {
        let mut vars = declared(root.get("vars"));
        for layer in [&self.environment, &self.given, &self.secrets] {
            vars.extend(layer.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        vars
    }
}

/// The scalars of a mapping.
pub(super) fn declared(vars: Option<&Rc<Node>>) -> BTreeMap<String, String> {
    let pairs = vars.map(|node| node.pairs()).unwrap_or_default();
    pairs.iter().filter_map(|(key, node)| node.text().map(|text| (key.name.clone(), text.to_owned()))).collect()
}

/// Names that no variable may have, because they are known at run time.
fn is_reserved(name: &str) -> bool {
    matches!(name, "repo" | "round" | "case")
}

/// What is wrong with the declarations: names that cannot be, variables that nobody uses, values that use variables.
pub(super) fn mistakes(root: &Rc<Node>) -> Vec<Mistake> {
    let mut found = Vec::new();
    let used = used(root);
    let mut look = |vars: &Rc<Node>, all: &BTreeMap<String, String>| {
        for (key, node) in vars.pairs() {
            let name = shown(&key.name);
            if !is_name(&key.name) {
                found.push(
                    Mistake::new(key.at, format!("`{name}` cannot be the name of a variable"))
                        .help("use lower-case letters, digits and `-`, a letter first"),
                );
            } else if is_reserved(&key.name) {
                found.push(
                    Mistake::new(key.at, format!("`{name}` is known at run time and cannot be a variable"))
                        .help("choose another name"),
                );
            } else if key.at.file == 0 && !used.contains(key.name.as_str()) {
                let help = format!("use it as `${{{name}}}`, or take it out");
                found.push(
                    Mistake::new(key.at, format!("the variable `{name}` is never used"))
                        .label("declared here")
                        .help(help),
                );
            }
            if let Some(inner) = node.text().and_then(|text| fill::names(text).find(|inner| all.contains_key(*inner))) {
                let message = format!("the value of a variable cannot use another one, here `{}`", shown(inner));
                found.push(Mistake::new(node.at, message).help("write both where they are used: `${a}-${b}`"));
            }
        }
    };
    let all = declared(root.get("vars"));
    if let Some(vars) = root.get("vars") {
        look(vars, &all);
    }
    let mut seen = BTreeSet::new();
    for (_, case) in root.get("for-each").map(|cases| cases.pairs()).unwrap_or_default() {
        // Each name once: the cases have the same variables.
        if seen.is_empty() || case.pairs().iter().any(|(key, _)| !seen.contains(&key.name)) {
            look(case, &all);
        }
        seen.extend(case.pairs().iter().map(|(key, _)| key.name.clone()));
    }
    found
}

/// All names that the file uses outside its declarations.
fn used(root: &Rc<Node>) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for (key, node) in root.pairs() {
        if !matches!(key.name.as_str(), "vars" | "for-each" | "include") {
            node.scalars(&mut |_, text| used.extend(fill::names(text).map(str::to_owned)));
        }
    }
    used
}

/// The grammar of variables, captures, cases, images and blobs.
pub(crate) fn is_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
