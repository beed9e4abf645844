//! A badge for a README: one small SVG with the outcome.

use std::fmt::{self, Write};

use super::{Format, Options};
use crate::Report;

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "badge",
    media_type: "image/svg+xml",
    extension: "svg",
    about: "a small SVG with the outcome, for a README",
    render,
};

/// Width of a character of 11 pixels; wide enough for the usual sans serif.
const CHARACTER: usize = 7;

fn render(report: &Report, _: &Options, out: &mut dyn Write) -> fmt::Result {
    let totals = &report.totals;
    let (text, color) = if totals.failed > 0 {
        (format!("{} of {} failed", totals.failed, totals.total), "#b3261e")
    } else if totals.error > 0 {
        (format!("{} of {} in error", totals.error, totals.total), "#6e3bb0")
    } else if totals.passed + totals.known == 0 {
        ("nothing shown".to_owned(), "#57606a")
    } else if totals.known > 0 {
        (format!("{} passed, {} known", totals.passed, totals.known), "#7d4e00")
    } else {
        (format!("{} passed", totals.passed), "#116329")
    };
    let (left, right) = (width("shakedown"), width(&text));
    let all = left + right;
    writeln!(
        out,
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{all}" height="20" role="img" aria-label="shakedown: {text}">
<title>shakedown: {text}</title>
<clipPath id="r"><rect width="{all}" height="20" rx="3"/></clipPath>
<g clip-path="url(#r)"><rect width="{left}" height="20" fill="#333"/><rect x="{left}" width="{right}" height="20" fill="{color}"/></g>
<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
<text x="{}" y="14">shakedown</text><text x="{}" y="14">{text}</text></g>
</svg>"##,
        left / 2,
        left + right / 2,
    )
}

fn width(text: &str) -> usize {
    text.len() * CHARACTER + 10
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Totals, sample};

    #[test]
    fn the_badge_of_a_failed_run() {
        insta::assert_snapshot!(FORMAT.text(&sample::report(), &Options::default()));
    }

    #[test]
    fn it_says_what_matters_most() {
        let mut report = sample::report();
        let mut text = |totals: Totals| {
            report.totals = totals;
            FORMAT.text(&report, &Options::default())
        };
        assert!(text(Totals { passed: 3, total: 3, ..Totals::default() }).contains(">3 passed<"));
        assert!(text(Totals { passed: 3, known: 1, total: 4, ..Totals::default() }).contains(">3 passed, 1 known<"));
        assert!(text(Totals { passed: 3, error: 1, total: 4, ..Totals::default() }).contains(">1 of 4 in error<"));
        assert!(text(Totals { skipped: 3, total: 3, ..Totals::default() }).contains(">nothing shown<"));
    }
}
