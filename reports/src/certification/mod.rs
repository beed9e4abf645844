//! The directory that OCI's certification of registries asks for: `PRODUCT.yaml`, `README.md`, `results.yaml`, `report.html` and
//! `junit.xml`, in the shape of github.com/opencontainers/oci-conformance. Not here: where it is written, and how `--product` is read.

mod outcome;
mod table;
#[cfg(test)]
mod tests;

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::{Format, Options, Report};
use outcome::outcome;
use table::{APIS, DATA, Row};

/// What is certified: the fields of `PRODUCT.yaml`. Empty where nobody has said it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Product {
    /// Who makes it.
    pub vendor: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its page.
    pub website_url: String,
    /// Its source.
    pub repo_url: String,
    /// Its documentation.
    pub documentation_url: String,
    /// Its logo.
    pub product_logo_url: String,
    /// What it is: `distribution`, `hosted`, ...
    #[serde(rename = "type")]
    pub kind: String,
    /// One sentence.
    pub description: String,
}

/// A run that is to be certified.
#[derive(Debug)]
pub struct Certification<'a> {
    /// The run.
    pub report: &'a Report,
    /// What was run.
    pub product: &'a Product,
    /// The command that repeats it, without secrets.
    pub command: &'a str,
    /// Ids of the scenarios of the whole set that were not run.
    pub left_out: &'a [String],
}

impl Product {
    /// What the run itself knows, where nothing was said: name, version and type.
    #[must_use]
    pub fn or_as_seen(mut self, report: &Report) -> Self {
        let version = report.run.system_version.clone().unwrap_or_default();
        for (field, seen) in [
            (&mut self.name, report.run.system.clone()),
            (&mut self.version, version),
            (&mut self.kind, "distribution".to_owned()),
        ] {
            if field.is_empty() {
                *field = seen;
            }
        }
        self
    }

    /// The fields in the order of the file.
    fn fields(&self) -> [(&'static str, &str); 9] {
        [
            ("vendor", &self.vendor),
            ("name", &self.name),
            ("version", &self.version),
            ("website_url", &self.website_url),
            ("repo_url", &self.repo_url),
            ("documentation_url", &self.documentation_url),
            ("product_logo_url", &self.product_logo_url),
            ("type", &self.kind),
            ("description", &self.description),
        ]
    }

    /// Names of the fields that nobody has said.
    pub fn missing(&self) -> Vec<&'static str> {
        self.fields().into_iter().filter(|(_, value)| value.is_empty()).map(|(name, _)| name).collect()
    }

    fn yaml(&self) -> String {
        let line = |(name, value): (&str, &str)| format!("{name}: {}\n", quoted(value));
        self.fields().into_iter().map(line).collect()
    }
}

impl Certification<'_> {
    /// The files: name and content.
    pub fn files(&self) -> Vec<(&'static str, String)> {
        let rendered =
            |name: &str| Format::named(name).expect("a built-in format").text(self.report, &Options::default());
        vec![
            ("PRODUCT.yaml", self.product.yaml()),
            ("README.md", self.readme()),
            ("results.yaml", self.results()),
            ("report.html", rendered("html")),
            ("junit.xml", rendered("junit")),
        ]
    }

    fn results(&self) -> String {
        let run = &self.report.run;
        let mut out = format!("config:\n  registry: {}\n", quoted(&run.system));
        if let Some((scheme, _)) = run.system.split_once("://") {
            let tls = if scheme == "https" { "enabled" } else { "disabled" };
            out.push_str(&format!("  tls: {tls}\n"));
        }
        let program = quoted(&format!("shakedown {}", run.version));
        writeln!(out, "  version: {}\n  program: {program}\n  seed: {}", quoted(&run.rules.version), run.seed)
            .expect(TAKES);
        for (title, rows) in [("apis", APIS), ("data", DATA)] {
            writeln!(out, "{title}:").expect(TAKES);
            for row in rows {
                writeln!(out, "  {}: {}", row.name, outcome(row, rows, self.report).name()).expect(TAKES);
            }
        }
        out
    }

    fn readme(&self) -> String {
        let run = &self.report.run;
        let mut out = format!("# {}\n\n## Run the conformance tests\n\n", self.product.name);
        writeln!(out, "```shell\n{}\n```\n", self.command).expect(TAKES);
        writeln!(
            out,
            "Made with shakedown {}, specification {}: {}.",
            run.version,
            run.rules.version,
            self.report.totals.line()
        )
        .expect(TAKES);
        out.push_str("`results.yaml` has the names of the specification's conformance program; the checks are shakedown's. `Pass`: at least one\n");
        out.push_str("check of it passed and none failed. `Skip`: nothing was shown. `Disabled`: the registry does not have it.\n");
        if !self.left_out.is_empty() {
            let mut files: Vec<_> = self.left_out.iter().map(|id| id.split('[').next().unwrap_or(id)).collect();
            files.dedup();
            let (count, files) = (self.left_out.len(), files.join(", "));
            writeln!(out, "\nThis is not the whole conformance set; {count} were not run, of: {files}.").expect(TAKES);
        }
        out
    }
}

/// Scenarios that the tables name, for the test that they are there.
pub fn certified_scenarios() -> impl Iterator<Item = &'static str> {
    APIS.iter().chain(DATA).flat_map(|row: &Row| row.scenarios).copied()
}

const TAKES: &str = "a String takes every text";

/// A YAML string on one line. JSON's quotes are YAML's.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("text is JSON")
}
