//! Load scenarios by name or file.

use shakedown_load::LoadFile;
use shakedown_scenario::Source as _;

use crate::library::{self, Files};
use crate::output::Failure;

/// The load scenario of this name or in this file, with its id.
pub(super) fn read(name: &str) -> Result<(String, LoadFile), Failure> {
    let extension = std::path::Path::new(name).extension();
    let (id, text) = if extension.is_some_and(|extension| extension == "yaml" || extension == "yml") {
        let text = Files.read(name).map_err(|error| Failure::usage(format!("cannot read {name}: {error}")))?;
        let stem = std::path::Path::new(name).file_stem().map(|stem| stem.to_string_lossy().into_owned());
        (stem.unwrap_or_else(|| name.to_owned()), text)
    } else {
        let known = library::built_in_loads().find(|(id, _)| *id == name);
        let unknown = || {
            let ids: Vec<_> = library::built_in_loads().map(|(id, _)| id).collect();
            Failure::usage(format!("there is no load `{name}`: write a file (*.yaml) or one of {}", ids.join(", ")))
        };
        let (id, text) = known.ok_or_else(unknown)?;
        (id.to_owned(), text.to_owned())
    };
    let file = shakedown_engine::parse_yaml(name, &text).map_err(|error| Failure::usage(error.to_string()))?;
    Ok((id, file))
}

/// Nothing is measured with a file that has mistakes.
pub(super) fn check(id: &str, file: &LoadFile) -> Result<(), Failure> {
    let problems = file.problems();
    if problems.is_empty() { Ok(()) } else { Err(Failure::usage(format!("{id}: {}", problems.join("\n       ")))) }
}

/// Some loads need what `limit` is not.
pub(super) fn check_limit(loads: &[(String, LoadFile)]) -> Result<(), Failure> {
    for (id, file) in loads {
        if let Some(why) = shakedown_load::beyond_limit(file) {
            return Err(Failure::usage(format!("{id} cannot be made on `limit`: {why}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_loads_are_right() {
        let mut count = 0;
        for (id, _) in library::built_in_loads() {
            let (_, file) = read(id).unwrap_or_else(|failure| panic!("{id}: {}", failure.message));
            assert_eq!(file.problems(), Vec::<String>::new(), "{id}");
            assert!(!file.story.is_empty(), "{id} does not say why it is worth measuring");
            for other in file.goals.iter().filter_map(|goal| goal.times.as_deref()) {
                let known = other == shakedown_load::LIMIT || shakedown_engine::SystemFile::shipped(other).is_some();
                assert!(known, "{id}: a goal names {other}, and there is no such system");
            }
            count += 1;
        }
        assert!(count >= 8, "{count}");
    }
}
