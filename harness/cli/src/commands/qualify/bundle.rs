//! The bundle: everything about one qualification in a folder that can be handed over, and the sums that tell whether it was changed.
//! Not here: what its pages say (`page`, `ticket`, `show`).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use sha2::{Digest as _, Sha256};
use shakedown_probe::{Plan, Report, Verdict};

use super::{page, show, ticket};
use crate::output::Failure;

/// The list of sums, as `sha256sum --check` reads it.
pub(crate) const MANIFEST: &str = "MANIFEST.sha256";
/// The report as data.
pub(crate) const REPORT: &str = "report.json";
/// Bytes of a file that are read to check it.
const LARGEST: u64 = 1 << 30;

/// A folder for a bundle must be new, or empty.
pub(super) fn check_place(dir: &Path) -> Result<(), Failure> {
    let empty = match fs::read_dir(dir) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    };
    if empty { Ok(()) } else { Err(Failure::usage(format!("--bundle {}: it must be new, or empty", dir.display()))) }
}

/// Writes the whole bundle; gives the number of its files.
pub(super) fn write(dir: &Path, report: &Report, plan: &Plan) -> Result<usize, Failure> {
    let mut files = BTreeMap::new();
    files.insert(REPORT.to_owned(), pretty(report));
    files.insert("report.html".to_owned(), page::html(report));
    files.insert("summary.md".to_owned(), show::markdown(report));
    files.insert("junit.xml".to_owned(), page::junit(report));
    files.insert("configuration.json".to_owned(), configuration(report, plan));
    for (way, report) in [("", Some(report)), ("gateway/", report.gateway.as_deref())] {
        for result in report.iter().flat_map(|report| &report.results) {
            if !result.evidence.is_empty() {
                files.insert(format!("evidence/{way}{}.json", result.id), pretty(&result.evidence));
            }
        }
    }
    for (name, text) in ticket::all(report) {
        files.insert(format!("tickets/{name}.md"), text);
    }
    let mut manifest = String::new();
    for (name, text) in &files {
        let _ = writeln!(manifest, "{}  {name}", hex(text.as_bytes()));
    }
    files.insert(MANIFEST.to_owned(), manifest);
    for (name, text) in &files {
        let path = dir.join(name);
        let written = fs::create_dir_all(path.parent().unwrap_or(dir)).and_then(|()| fs::write(&path, text));
        written.map_err(|error| Failure::environment(format!("cannot write {}: {error}", path.display())))?;
    }
    Ok(files.len())
}

fn pretty(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).expect("reports are plain data") + "\n"
}

/// What was asked of whom, without keys.
fn configuration(report: &Report, plan: &Plan) -> String {
    let profiles: Vec<_> = plan.profiles.iter().map(|profile| profile.name()).collect();
    let counts = |verdict| report.ids(verdict).len();
    pretty(&json!({
        "shakedown": report.version,
        "endpoint": report.endpoint,
        "gateway": report.gateway.as_ref().map(|gateway| &gateway.endpoint),
        "bucket": report.bucket,
        "region": report.region,
        "level": report.level,
        "profiles": profiles,
        "probes": plan.only,
        "seed": plan.seed,
        "started": report.started,
        "fingerprint": report.fingerprint,
        "passed": counts(Verdict::Passed),
        "failed": counts(Verdict::Failed),
    }))
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Checks every byte of a bundle against its manifest, that nothing is missing or beside it, and that its verdicts follow from its results.
///
/// # Errors
/// The folder is no bundle. What is wrong with one is a list of sentences, empty for a sound one.
pub(crate) fn verify(dir: &Path) -> Result<(usize, Vec<String>), Failure> {
    let manifest = dir.join(MANIFEST);
    let text = fs::read_to_string(&manifest)
        .map_err(|error| Failure::usage(format!("{} is no bundle: {MANIFEST}: {error}", dir.display())))?;
    let mut wrong = Vec::new();
    let mut listed = BTreeMap::new();
    for (at, line) in text.lines().enumerate() {
        match line.split_once("  ").filter(|(sum, name)| sum.len() == 64 && !name.is_empty()) {
            Some((sum, name)) => drop(listed.insert(name.to_owned(), sum.to_owned())),
            None => wrong.push(format!("{MANIFEST}:{}: not a sum and a name", at + 1)),
        }
    }
    let mut found = Vec::new();
    walk(dir, dir, &mut found);
    for name in found.iter().filter(|name| *name != MANIFEST && !listed.contains_key(*name)) {
        wrong.push(format!("{name}: not in {MANIFEST}"));
    }
    for (name, sum) in &listed {
        if !found.contains(name) {
            wrong.push(format!("{name}: missing"));
        } else if sum_of(&dir.join(name)).is_none_or(|found| found != *sum) {
            wrong.push(format!("{name}: its bytes are not those that were written"));
        }
    }
    match read(dir) {
        Ok(report) => wrong.extend(report.inconsistencies()),
        Err(failure) => wrong.push(failure.message),
    }
    Ok((listed.len(), wrong))
}

fn sum_of(path: &Path) -> Option<String> {
    let size = fs::metadata(path).ok()?.len();
    (size <= LARGEST).then(|| fs::read(path).ok().map(|bytes| hex(&bytes)))?
}

/// All files below `dir`, by their names relative to `root`, with slashes.
fn walk(root: &Path, dir: &Path, found: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let (path, kind) = (entry.path(), entry.file_type());
        if kind.is_ok_and(|kind| kind.is_dir()) {
            walk(root, &path, found);
        } else if let Ok(name) = path.strip_prefix(root) {
            found.push(name.to_string_lossy().into_owned());
        }
    }
}

/// The report of a bundle, or a report itself.
///
/// # Errors
/// It cannot be read, or is no qualification.
pub(crate) fn read(path: &Path) -> Result<Report, Failure> {
    let path: PathBuf = if path.is_dir() { path.join(REPORT) } else { path.to_owned() };
    let name = path.display();
    let text = fs::read_to_string(&path).map_err(|error| Failure::usage(format!("cannot read {name}: {error}")))?;
    let report: Report = serde_json::from_str(&text)
        .map_err(|error| Failure::usage(format!("{name} is not a {}: {error}", Report::SCHEMA)))?;
    if report.schema != Report::SCHEMA {
        return Err(Failure::usage(format!("{name} is a {}, this version reads {}", report.schema, Report::SCHEMA)));
    }
    Ok(report)
}
