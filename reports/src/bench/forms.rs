//! The forms in which a measurement or a comparison can be written: one line each.

use serde::Serialize;

use super::comparison::Comparison;
use super::model::BenchReport;
use super::{html, tables};
use crate::Options;

/// One form.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// Its name in `--report NAME=PATH`.
    pub name: &'static str,
    /// A measurement, and what its systems say of each other if they took turns.
    pub bench: fn(&BenchReport, Option<&Comparison>) -> String,
    /// A comparison alone.
    pub comparison: fn(&Comparison) -> String,
}

/// All forms.
pub const FORMS: &[Form] = &[
    Form {
        name: "terminal",
        bench: |report, compared| tables::bench_terminal(report, compared, &Options::default()),
        comparison: |comparison| tables::comparison_terminal(comparison, &Options::default()),
    },
    Form { name: "json", bench: |report, _| json(report), comparison: |comparison| json(comparison) },
    Form { name: "markdown", bench: tables::bench_markdown, comparison: tables::comparison_markdown },
    Form { name: "html", bench: html::bench, comparison: html::comparison },
];

impl Form {
    /// The form of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        FORMS.iter().find(|form| form.name == name)
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("it is JSON") + "\n"
}
