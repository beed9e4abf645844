//! `${name}`s that are left after variables were filled in: names of the run and captures, each known where it is used.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use shakedown_oci::Digest;

use super::{Report, Subject};
use crate::fill::{self, Piece};
use crate::load::is_name;
use crate::problem::{Mistake, shown};
use crate::read::tree::{Node, live};

/// What a blob or an image is asked for.
const PROPERTIES: [&str; 3] = ["digest", "hex", "size"];

impl Subject<'_> {
    /// Names under `given.images` or `given.blobs`, those that were taken out included.
    pub(super) fn declared(&self, section: &str) -> Vec<String> {
        let pairs =
            self.root.get("given").and_then(|given| given.get(section)).map(|node| node.pairs()).unwrap_or_default();
        pairs.iter().map(|(key, _)| key.name.clone()).collect()
    }

    /// A text with examples in place of what is known at run time; `None` if it has captures, which can be anything.
    pub(super) fn sample(&self, text: &str) -> Option<String> {
        let digest = Digest::of(b"");
        fill::fill(text, &|name| match name.rsplit_once('.') {
            Some((_, "digest")) => Some(digest.to_string()),
            Some((_, "hex")) => Some(digest.hex().to_owned()),
            Some((_, "size")) => Some("1".to_owned()),
            _ if name == "repo" => Some("lab/app".to_owned()),
            _ if name == "round" => Some("1".to_owned()),
            _ if name == "registry" => Some("registry.test".to_owned()),
            _ if name == "scratch" => Some("/scratch".to_owned()),
            Some((_, "layout")) => Some("/scratch/app".to_owned()),
            _ => None,
        })
        .ok()
    }
}

/// What a place knows besides the variables.
#[derive(Clone, Default)]
struct Known {
    /// `${repo}`, `${blob.x.digest}` and the like may stand here.
    run: bool,
    /// `${round}` may stand here.
    round: bool,
    captures: BTreeSet<String>,
}

pub(super) fn check(report: &mut Report<'_>) {
    let root = report.subject.root;
    let mut scan = Scan { subject: report.subject, all_captures: captures(root), found: BTreeMap::new() };
    for (key, node) in root.pairs() {
        match key.name.as_str() {
            "vars" | "for-each" | "include" | "story" | "finally" => {}
            "steps" => {
                let mut known = Known { run: true, ..Known::default() };
                scan.steps(node, &mut known);
                if let Some(finally) = root.get("finally") {
                    scan.steps(finally, &mut known);
                }
            }
            "after" => scan.value(node, &Known { run: true, ..Known::default() }),
            _ => scan.value(node, &Known::default()),
        }
    }
    report.found.extend(scan.found.into_values());
}

/// All names that any step captures, to tell "too early" from "never".
fn captures(node: &Node) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (key, value) in node.pairs() {
        if key.name == "capture" {
            names.extend(value.pairs().iter().map(|(name, _)| name.name.clone()));
        }
        names.extend(captures(value));
    }
    node.items().iter().for_each(|item| names.extend(captures(item)));
    names
}

struct Scan<'s> {
    subject: &'s Subject<'s>,
    all_captures: BTreeSet<String>,
    /// By place, so that a value that aliases share is told once.
    found: BTreeMap<(u16, usize, String), Mistake>,
}

impl Scan<'_> {
    fn steps(&mut self, list: &Rc<Node>, known: &mut Known) {
        for (_, step) in live(list, self.subject.taken) {
            let Some((kind, content)) = step.pairs().first() else {
                self.value(step, known);
                continue;
            };
            for (key, value) in content.pairs() {
                match (kind.name.as_str(), key.name.as_str()) {
                    ("repeat", "steps") => {
                        let mut inner = Known { round: true, ..known.clone() };
                        self.steps(value, &mut inner);
                        known.captures.extend(inner.captures);
                    }
                    ("eventually" | "as", "steps") => self.steps(value, known),
                    ("parallel", "branches") => {
                        let before = known.clone();
                        for branch in value.items() {
                            let mut inner = before.clone();
                            self.steps(branch, &mut inner);
                            known.captures.extend(inner.captures);
                        }
                    }
                    (_, "capture") => {}
                    _ => self.value(value, known),
                }
            }
            if content.pairs().is_empty() {
                self.value(content, known);
            }
            self.capture(content, known);
        }
    }

    fn capture(&mut self, step: &Node, known: &mut Known) {
        for (key, _) in step.get("capture").map(|node| node.pairs()).unwrap_or_default() {
            let name = &key.name;
            let taken = self.subject.vars.contains_key(name)
                || matches!(name.as_str(), "repo" | "round" | "case" | "registry" | "scratch");
            if !is_name(name) || taken {
                let message = format!("`{}` cannot be the name of a capture", shown(name));
                let help = if taken {
                    "it is the name of a variable already: choose another"
                } else {
                    "use lower-case letters, digits and `-`, a letter first"
                };
                self.note(Mistake::new(key.at, message).help(help));
            }
            known.captures.insert(name.clone());
        }
    }

    fn value(&mut self, node: &Rc<Node>, known: &Known) {
        let mut scalars = Vec::new();
        node.scalars(&mut |scalar, text| scalars.push((scalar.at, text)));
        for (at, text) in scalars {
            let filled = fill::known(text, self.subject.vars);
            for piece in fill::pieces(&filled) {
                let wrong = match piece {
                    Piece::Name(name) => self.name(name, known),
                    Piece::Open(_) => Some((
                        "`${` without `}`".to_owned(),
                        "close it, or write `$${` for the two characters themselves".to_owned(),
                    )),
                    _ => None,
                };
                if let Some((message, help)) = wrong {
                    self.note(Mistake::new(at, message).help(help));
                }
            }
        }
    }

    /// What is wrong with a name, and what to do.
    fn name(&self, name: &str, known: &Known) -> Option<(String, String)> {
        let text = shown(name);
        let parts: Vec<&str> = name.split('.').collect();
        match parts.as_slice() {
            _ if known.captures.contains(name) => None,
            ["repo" | "registry" | "scratch"] | ["blob" | "image", ..] if !known.run => Some((
                format!("`${{{text}}}` is known only once the scenario runs"),
                "it can stand in `steps`, `after` and `finally`".to_owned(),
            )),
            ["repo"] => None,
            ["round"] if known.round => None,
            ["round"] => {
                Some(("`${round}` is known inside `repeat` only".to_owned(), "move it into `repeat`".to_owned()))
            }
            ["registry" | "scratch"] if known.run => None,
            ["image", content, "media-type" | "layout"] => self.property("image", content, "digest"),
            ["image", content, "blobs", number, property] if number.parse::<u16>().is_ok() => {
                self.property("image", content, property).or_else(|| self.blob_of_image(content, number))
            }
            ["blob" | "image", content, property] => self.property(parts[0], content, property),
            ["blob" | "image", ..] => {
                let help = format!("write `${{{}.NAME.digest}}` or `.size`", parts[0]);
                Some((format!("`${{{text}}}` does not say what it asks for"), help))
            }
            _ if self.all_captures.contains(name) => Some((
                format!("`{text}` is used before it is captured"),
                "move the step that captures it up".to_owned(),
            )),
            _ => {
                let all = self
                    .subject
                    .vars
                    .keys()
                    .chain(&known.captures)
                    .map(String::as_str)
                    .chain(["repo", "round", "registry", "scratch"]);
                let near =
                    crate::read::nearest(name, all).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
                let help = format!(
                    "{near}declare it under `vars`, capture it in a step before, or give it with `--var {text}=...`"
                );
                Some((format!("nothing is called `{text}`"), help))
            }
        }
    }

    fn property(&self, kind: &str, content: &str, property: &str) -> Option<(String, String)> {
        let section = if kind == "blob" { "blobs" } else { "images" };
        let declared = self.subject.declared(section);
        if !declared.iter().any(|name| name == content) {
            let near = crate::read::nearest(content, declared.iter().map(String::as_str))
                .map(|near| format!("did you mean `{near}`? "))
                .unwrap_or_default();
            return Some((
                format!("there is no {kind} `{}`", shown(content)),
                format!("{near}declare it under `given.{section}`"),
            ));
        }
        let right = PROPERTIES.contains(&property);
        (!right).then(|| (format!("a {kind} has no `{}`", shown(property)), "ask for `digest` or `size`".to_owned()))
    }

    /// The blobs of an image are its config and its layers.
    fn blob_of_image(&self, content: &str, number: &str) -> Option<(String, String)> {
        let layers = self.subject.scenario.given.images.get(content)?.layers.len();
        let wrong = number.parse::<usize>().is_ok_and(|number| number > layers);
        wrong.then(|| {
            (
                format!("the image `{content}` has no blob {number}"),
                format!("it has 0 to {layers}: its config and its layers"),
            )
        })
    }

    fn note(&mut self, mistake: Mistake) {
        self.found.entry((mistake.at.file, mistake.at.start, mistake.message.clone())).or_insert(mistake);
    }
}
