//! `--certification`: the directory that OCI's certification asks for, written; `--product`, read; what is missing, said on standard
//! error. What stands in the files: `shakedown_reports::Certification`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use shakedown_reports::{Certification, Product, Report, Verdict};

use crate::commands::run::SelectArgs;
use crate::library::{self, Selection};
use crate::output::{Failure, Output};
use crate::reports;

/// Where the whole set is, beside the caller or built in.
const WHOLE: &str = "scenarios/conformance";

/// What of it is the specification's; the rest is about habits beyond it.
const TAG: &str = "conformance";

/// Reads `--product`.
///
/// # Errors
/// A file that cannot be read, or its first mistake with its place.
pub fn product(file: &Path) -> Result<Product, Failure> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| Failure::usage(format!("cannot read {name}: {error}")))?;
    shakedown_engine::parse_yaml(&name, &text).map_err(|error| Failure::usage(error.to_string()))
}

/// Writes the directory.
///
/// # Errors
/// Those of the file system.
pub fn write(
    folder: &Path,
    product: Product,
    report: &Report,
    command: &str,
    select: &SelectArgs,
    output: &Output,
) -> Result<(), Failure> {
    let left_out = left_out(report, select, output)?;
    let product = product.or_as_seen(report);
    for (name, text) in (Certification { report, product: &product, command, left_out: &left_out }).files() {
        reports::write_text(&folder.join(name), &text)?;
    }
    output.note(&format!("certification  {}", folder.display()));
    let missing = product.missing();
    if !missing.is_empty() {
        output.note(&format!(
            "PRODUCT.yaml has no {}: write them to a file and give it with --product",
            missing.join(", ")
        ));
    }
    if !left_out.is_empty() {
        output.note(&format!(
            "this is not the whole conformance set: {} of its scenarios were not run; run with --tag conformance and without a filter",
            left_out.len()
        ));
    }
    Ok(())
}

/// Ids of the whole set that the run has nothing to say about.
fn left_out(report: &Report, select: &SelectArgs, output: &Output) -> Result<Vec<String>, Failure> {
    let paths = [PathBuf::from(WHOLE)];
    let selection = Selection { paths: &paths, vars: &select.vars, secrets: &select.secrets };
    let begun = report.scenarios.iter().filter(|one| one.verdict != Verdict::NotRun);
    let run: BTreeSet<&str> = begun.map(|one| one.id.as_str()).collect();
    let mut whole = library::load_valid(&selection, output)?;
    whole.retain(|plan| plan.scenario.tags.iter().any(|tag| tag == TAG));
    Ok(whole.into_iter().map(|plan| plan.id).filter(|id| !run.contains(id.as_str())).collect())
}

/// A word of a shell command.
pub fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:+=,@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_read_more() {
        assert_eq!(
            (word("http://a:1/"), word("id(a*)"), word("it's"), word("")),
            ("http://a:1/".to_owned(), "'id(a*)'".to_owned(), "'it'\\''s'".to_owned(), "''".to_owned())
        );
    }

    #[test]
    fn the_table_names_scenarios_that_are_there() {
        let output = Output::new(crate::output::ColorChoice::Never, true, 0);
        let paths = [PathBuf::from(WHOLE)];
        let plans = library::load_valid(&Selection { paths: &paths, vars: &[], secrets: &[] }, &output).unwrap();
        for id in shakedown_reports::certified_scenarios() {
            let there = plans.iter().any(|plan| plan.id == id || plan.id.split('[').next() == Some(id));
            assert!(there, "{id} is certified, but it is no scenario");
        }
    }
}
