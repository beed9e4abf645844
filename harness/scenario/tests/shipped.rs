//! The scenario files of this repository are right, and the published schema is that of the code.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use shakedown_oci::{Observed, rules};
use shakedown_scenario::{Loader, MapSource, Source, SourceError, render, schema};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")
}

struct Disk;

impl Source for Disk {
    fn read(&self, path: &str) -> Result<String, SourceError> {
        fs::read(path).map_err(|_| SourceError::NotFound).and_then(SourceError::text)
    }
}

/// Scenario files below `directory`, in order. `systems` and `worlds` hold other kinds of files.
fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            if !["systems", "worlds", "load"].iter().any(|folder| path.ends_with(folder)) {
                files(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
}

fn all() -> Vec<PathBuf> {
    let mut found = Vec::new();
    files(&root(), &mut found);
    assert!(found.len() >= 40, "only {} scenarios were found", found.len());
    found
}

#[test]
fn every_scenario_is_right() {
    let wrong: String = all()
        .iter()
        .filter_map(|path| Loader::new(&Disk).check(path.to_str().unwrap()).err())
        .map(|problems| render(&problems, false))
        .collect();
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn ids_are_unique() {
    let mut stems: Vec<_> = all().iter().map(|path| path.file_stem().unwrap().to_owned()).collect();
    stems.sort();
    let twice: Vec<_> = stems.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| &pair[0]).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

/// Each incident of the upload path and of error bodies has its scenario, under its slug.
#[test]
fn blocks_a_and_b_are_covered() {
    let stems: Vec<String> = all().iter().map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    let blocks = shakedown_oci::incidents()
        .iter()
        .filter(|incident| incident.id.starts_with(['A', 'B']) || incident.id == "C01");
    let missing: Vec<_> =
        blocks.filter(|incident| !stems.iter().any(|stem| stem == incident.slug)).map(|i| (i.id, i.slug)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Every rule that can be seen on a registry has a check that carries its id.
#[test]
fn every_observable_rule_has_a_check() {
    let checked: BTreeSet<String> = all()
        .iter()
        .flat_map(|path| Loader::new(&Disk).check(path.to_str().unwrap()).unwrap())
        .flat_map(|plan| plan.scenario.rules().into_iter().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let observable = rules().iter().filter(|rule| !matches!(rule.observed(), Observed::Never(_)));
    let missing: Vec<_> = observable.filter(|rule| !checked.contains(rule.id)).map(|rule| rule.id).collect();
    assert!(missing.is_empty(), "no scenario checks {missing:?}");
}

#[test]
fn fault_scenarios_tell_their_story() {
    for path in all().iter().filter(|path| path.parent().is_some_and(|parent| parent.ends_with("faults"))) {
        let plans = Loader::new(&Disk).check(path.to_str().unwrap()).unwrap();
        let scenario = &plans[0].scenario;
        assert!(!scenario.seen.is_empty() && !scenario.spec.is_empty(), "{}", path.display());
        assert!(
            scenario.story.len() > 200 && scenario.story.contains("naive"),
            "{}: say which naive registry it catches",
            path.display()
        );
        assert!(!scenario.after.is_empty(), "{}: say what must hold in the end", path.display());
    }
}

/// With `SHAKEDOWN_BLESS=1` in the environment the file is written.
#[test]
fn the_published_schema_is_current() {
    let path = root().join("../reports/schema/scenario.schema.json");
    let current = format!("{}\n", serde_json::to_string_pretty(&schema()).unwrap());
    if std::env::var_os("SHAKEDOWN_BLESS").is_some() {
        fs::write(&path, &current).unwrap();
    }
    let published = fs::read_to_string(&path).unwrap_or_default();
    assert!(published == current, "{} is old: run the test with SHAKEDOWN_BLESS=1", path.display());
}

#[test]
fn every_scenario_holds_to_the_schema() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for path in all() {
        let text = fs::read_to_string(&path).unwrap();
        let value: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
        let wrong: Vec<String> =
            validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(wrong.is_empty(), "{}: {wrong:#?}", path.display());
    }
}

#[test]
fn the_schema_refuses_what_the_checker_refuses() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for text in [
        "title: t\nsteps: [{ push: { imgae: a } }]\n",
        "title: t\n",
        "title: t\nsteps: [{ pusch: {} }]\n",
        "title: t\nsteps: []\ntag: x\n",
    ] {
        let value: serde_json::Value = serde_saphyr::from_str(text).unwrap();
        assert!(!validator.is_valid(&value), "{text}");
    }
}

/// What the README shows is a scenario, and every reader's first one.
#[test]
fn the_example_of_the_readme_is_right() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let example = readme.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let world = "given:\n  images:\n    base: { layers: [{ size: 1KiB }, { size: 2KiB }] }\n";
    let source = MapSource::default()
        .with("scenarios/faults/example.yaml", example)
        .with("scenarios/worlds/two-layers.yaml", world);
    let plans = Loader::new(&source)
        .check("scenarios/faults/example.yaml")
        .unwrap_or_else(|problems| panic!("{}", render(&problems, false)));
    assert_eq!(plans.iter().map(|plan| plan.id.as_str()).collect::<Vec<_>>(), ["example[throttled]", "example[cut]"]);
}
