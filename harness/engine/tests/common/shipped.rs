//! The scenarios that ship, as plans.

use std::path::{Path, PathBuf};

use shakedown_scenario::{Loader, Plan, Source, SourceError};

struct Files;

impl Source for Files {
    fn read(&self, path: &str) -> Result<String, SourceError> {
        let bytes = std::fs::read(path).map_err(|_| SourceError::NotFound)?;
        SourceError::text(bytes)
    }
}

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        let skipped = entry.file_name().is_some_and(|name| name == "systems" || name == "worlds" || name == "load");
        if entry.is_dir() && !skipped {
            files(&entry, found);
        } else if entry.extension().is_some_and(|extension| extension == "yaml") {
            found.push(entry);
        }
    }
}

/// All of them.
pub fn shipped() -> Vec<Plan> {
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios"), &mut found);
    found.sort();
    let plans = found.iter().flat_map(|path| match Loader::new(&Files).check(path.to_str().unwrap()) {
        Ok(plans) => plans,
        Err(problems) => panic!("{}", shakedown_scenario::render(&problems, false)),
    });
    plans.collect()
}
