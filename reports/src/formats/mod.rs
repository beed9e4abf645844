//! One file per format and one line in the list below. Renderers are pure: the same report and options give the same text.

mod badge;
mod github;
mod har;
mod html;
mod json;
mod junit;
mod markdown;
mod ndjson;
mod tables;
mod tap;
pub mod terminal;

use std::fmt;

use crate::Report;

pub(crate) use markdown::cell;

/// How a report is laid out. Formats that machines read look at none of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// ANSI colours.
    pub color: bool,
    /// Characters beyond ASCII for ellipses and arrows.
    pub unicode: bool,
    /// Characters per line; at least 40 are taken.
    pub width: usize,
}

impl Default for Options {
    /// What suits a file: no colours, ASCII, 120 characters.
    fn default() -> Self {
        Self { color: false, unicode: false, width: 120 }
    }
}

/// One format.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// Its name in `--report NAME=PATH`.
    pub name: &'static str,
    /// Media type.
    pub media_type: &'static str,
    /// Usual extension of a file, without dot.
    pub extension: &'static str,
    /// What it is for, in one line.
    pub about: &'static str,
    /// The renderer.
    pub render: fn(&Report, &Options, &mut dyn fmt::Write) -> fmt::Result,
}

/// All formats.
pub const FORMATS: &[Format] = &[
    terminal::FORMAT,
    html::FORMAT,
    json::FORMAT,
    ndjson::FORMAT,
    junit::FORMAT,
    markdown::FORMAT,
    github::FORMAT,
    tap::FORMAT,
    har::FORMAT,
    tables::CONFORMANCE,
    tables::INCIDENTS,
    badge::FORMAT,
];

impl Format {
    /// The format of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        FORMATS.iter().find(|format| format.name == name)
    }

    /// The report as text.
    pub fn text(&self, report: &Report, options: &Options) -> String {
        let mut text = String::new();
        (self.render)(report, options, &mut text).expect("a String takes every text");
        text
    }
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_found_by_name_and_every_one_ends_its_last_line() {
        for format in FORMATS {
            assert_eq!(Format::named(format.name).unwrap().media_type, format.media_type);
            let text = format.text(&crate::sample::report(), &Options::default());
            assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{}", format.name);
        }
        assert!(Format::named("html5").is_none());
    }
}
