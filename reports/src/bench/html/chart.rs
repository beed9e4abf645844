//! A chart as the template shows it: picture, legend, what it says in words, and its numbers.

use crate::bench::tables::Table;
use crate::text::clean;

/// One line of a legend.
pub(super) struct Mark {
    /// The class of what is drawn: `s0` and on for systems, `f0` and on for faults.
    pub(super) class: String,
    pub(super) text: String,
}

impl Mark {
    /// Its text without what could steer a reader.
    pub(super) fn words(&self) -> String {
        clean(&self.text)
    }

    /// True if it stands for a line.
    pub(super) fn is_line(&self) -> bool {
        self.class.starts_with('s') && self.class != "same"
    }
}

/// A chart.
pub(super) struct Chart {
    pub(super) title: &'static str,
    /// Made of escaped texts and numbers only.
    pub(super) svg: String,
    /// What it shows, for those who do not see it.
    pub(super) says: String,
    pub(super) legend: Vec<Mark>,
    pub(super) table: Table,
}

impl Chart {
    /// What it says without what could steer a reader.
    pub(super) fn words(&self) -> String {
        clean(&self.says)
    }
}
