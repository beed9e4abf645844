//! Reads a file with all that it includes, once each, within a budget.

use std::rc::Rc;

use super::merge;
use super::source::Source;
use crate::problem::{Mistake, Problem, shown};
use crate::read::limits;
use crate::read::tree::{At, Node};
use crate::read::{self, limits::FILE_BYTES};

/// The files of one scenario, by their number.
#[derive(Debug, Default)]
pub(super) struct Files(Vec<(String, String)>);

impl Files {
    pub(super) fn problem(&self, mistake: Mistake) -> Problem {
        match self.0.get(usize::from(mistake.at.file)) {
            Some((name, text)) => Problem::of(mistake, name, text),
            None => Problem::unread("", mistake.message, &mistake.help),
        }
    }

    pub(super) fn name(&self, file: u16) -> &str {
        self.0.get(usize::from(file)).map_or("", |(name, _)| name)
    }

    fn add(&mut self, name: &str, text: String) -> u16 {
        self.0.push((name.to_owned(), text));
        u16::try_from(self.0.len() - 1).unwrap_or(u16::MAX)
    }
}

/// A scenario with its worlds below it, as one tree.
pub(super) struct Loaded {
    pub files: Files,
    pub root: Option<Rc<Node>>,
    pub mistakes: Vec<Mistake>,
}

/// Keys that a file which is included may have.
const WORLD_KEYS: [&str; 7] = ["title", "story", "include", "vars", "given", "faults", "after"];

/// Reads `path` and what it includes. The error is a first file that cannot be read at all.
pub(super) fn load(source: &dyn Source, path: &str) -> Result<Loaded, Problem> {
    let text = read_text(source, path).map_err(|(message, help)| Problem::unread(path, message, help))?;
    let mut reader = Reader { source, files: Files::default(), mistakes: Vec::new(), trail: Vec::new() };
    let root = reader.file(path, text);
    Ok(Loaded { files: reader.files, root, mistakes: reader.mistakes })
}

fn read_text(source: &dyn Source, path: &str) -> Result<String, (String, &'static str)> {
    let text = source.read(path).map_err(|error| (error.to_string(), error.help()))?;
    if text.len() > FILE_BYTES {
        let error = super::SourceError::TooLarge { bytes: u64::try_from(text.len()).unwrap_or(u64::MAX) };
        return Err((error.to_string(), error.help()));
    }
    Ok(text)
}

struct Reader<'s> {
    source: &'s dyn Source,
    files: Files,
    mistakes: Vec<Mistake>,
    /// The files that are being read, outermost first.
    trail: Vec<String>,
}

impl Reader<'_> {
    fn file(&mut self, path: &str, text: String) -> Option<Rc<Node>> {
        let number = self.files.add(path, text);
        let (root, mistakes) = read::parse(number, &self.files.0[usize::from(number)].1);
        self.mistakes.extend(mistakes);
        let mut root = root?;
        self.trail.push(path.to_owned());
        let includes: Vec<(At, String)> = included(&root);
        for (at, include) in includes {
            if let Some(world) = self.include(path, at, &include) {
                root = merge::below(&root, &world);
            }
        }
        self.trail.pop();
        Some(root)
    }

    fn include(&mut self, from: &str, at: At, include: &str) -> Option<Rc<Node>> {
        let path = match join(from, include) {
            Ok(path) => path,
            Err(message) => {
                self.mistakes.push(
                    Mistake::new(at, message).help("write a path relative to this file, e.g. `../worlds/small.yaml`"),
                );
                return None;
            }
        };
        if self.trail.contains(&path) {
            let mut way: Vec<&str> = self.trail.iter().skip_while(|step| **step != path).map(String::as_str).collect();
            way.push(&path);
            let message = format!("this file includes itself: {}", way.join(" -> "));
            self.mistakes.push(Mistake::new(at, message).help("take one of these includes out"));
            return None;
        }
        if self.files.0.len() > limits::INCLUDES {
            let message = format!("more than {} files are included", limits::INCLUDES);
            self.mistakes.push(Mistake::new(at, message).help("put the shared parts into fewer files"));
            return None;
        }
        let text = match read_text(self.source, &path) {
            Ok(text) => text,
            Err((message, help)) => {
                self.mistakes.push(Mistake::new(at, format!("cannot include {}: {message}", shown(&path))).help(help));
                return None;
            }
        };
        let world = self.file(&path, text)?;
        for (key, _) in
            world.pairs().iter().filter(|(key, _)| key.at.file != at.file && !WORLD_KEYS.contains(&key.name.as_str()))
        {
            let message = format!("unknown key `{}` in a file that is included", shown(&key.name));
            let help = "an included file is a world: it may have `include`, `vars`, `given`, `faults` and `after`";
            self.mistakes.push(Mistake::new(key.at, message).label("not for worlds").help(help));
        }
        Some(world)
    }
}

/// The paths under `include`, with their places. Other shapes are for the typed reading to refuse.
fn included(root: &Rc<Node>) -> Vec<(At, String)> {
    let Some(node) = root.get("include") else { return Vec::new() };
    let items: Vec<&Rc<Node>> =
        if node.text().is_some() && !node.is_null() { vec![node] } else { node.items().iter().collect() };
    items.into_iter().filter_map(|item| item.text().map(|text| (item.at, text.to_owned()))).collect()
}

/// `include` as seen from `from`, without `.` and `..`.
fn join(from: &str, include: &str) -> Result<String, String> {
    if include.is_empty() || include.starts_with('/') || include.contains(['\\', '\0']) {
        return Err(format!("`{}` is not a relative path", shown(include)));
    }
    let (root, from) = from.strip_prefix('/').map_or(("", from), |rest| ("/", rest));
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in include.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    Ok(format!("{root}{}", parts.join("/")))
}

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn includes_are_relative_to_their_file() {
        assert_eq!(join("scenarios/faults/a.yaml", "../worlds/w.yaml").unwrap(), "scenarios/worlds/w.yaml");
        assert_eq!(join("/s/a.yaml", "./b.yaml").unwrap(), "/s/b.yaml");
        assert_eq!(join("a.yaml", "../b.yaml").unwrap(), "../b.yaml");
        assert!(join("a.yaml", "/etc/passwd").is_err());
    }
}
