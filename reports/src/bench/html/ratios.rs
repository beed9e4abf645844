//! Two measurements compared: for each metric a bar from no change to the change, its interval, and the share that is of no interest.

use std::fmt::Write;

use super::chart::{Chart, Mark};
use super::plot::{WIDTH, escaped, picture};
use crate::bench::comparison::{Comparison, Judgement, Row};
use crate::bench::tables::{differences, number, percent};
use crate::text::elide;

/// Height of a row, and of what is below the rows.
const ROW: f64 = 34.0;
const FOOT: f64 = 34.0;
/// Rows in the picture; the table has all.
const ROWS: usize = 60;
/// Changes beyond these are drawn at the edge.
const LEAST: f64 = -1.0;
const MOST: f64 = 3.0;
/// Room at both sides.
const SIDE: f64 = 18.0;

/// The chart, if anything was compared.
pub(super) fn chart(comparison: &Comparison, id: &str) -> Option<Chart> {
    let rows: Vec<&Row> = comparison.rows.iter().take(ROWS).collect();
    let changes = || {
        rows.iter().flat_map(|row| [row.ratio, row.low, row.high]).map(|ratio| ratio - 1.0).filter(|c| c.is_finite())
    };
    let edge = changes().chain([comparison.threshold * 2.0, 0.05]).map(f64::abs).fold(0.0, f64::max) * 1.1;
    let (least, most) = ((-edge).max(LEAST), edge.min(MOST));
    let x = |change: f64| {
        let share = (change - least) / (most - least);
        SIDE + if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) } * (WIDTH - 2.0 * SIDE)
    };
    let bottom = ROW * rows.len() as f64;
    let mut body = String::new();
    for (at, row) in rows.iter().enumerate() {
        body.push_str(&bar(row, ROW * at as f64, comparison.threshold, x));
    }
    for change in [least, 0.0, most] {
        let (place, anchor) = (
            x(change),
            if change < 0.0 {
                "start"
            } else if change > 0.0 {
                "end"
            } else {
                "middle"
            },
        );
        let word = if change == 0.0 {
            "as before".to_owned()
        } else {
            format!("{}{} %", if change > 0.0 { "+" } else { "" }, number(change * 100.0))
        };
        let _ =
            write!(body, "<text x=\"{place:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{word}</text>", bottom + 16.0);
    }
    let title = "Change";
    let says = says(comparison);
    let mark = |class: &str, text: &str| Mark { class: class.to_owned(), text: text.to_owned() };
    let legend = vec![
        mark("regressed", "regressed"),
        mark("improved", "improved"),
        mark("unchanged", "unchanged"),
        mark("cannot-tell", "cannot tell: the interval is too wide"),
        mark("same", &format!("up to {}: of no interest", percent(comparison.threshold).trim_start_matches('+'))),
    ];
    (!rows.is_empty()).then(|| Chart {
        title,
        svg: picture(id, title, &says, bottom + FOOT, &body),
        says,
        legend,
        table: differences(comparison),
    })
}

fn bar(row: &Row, top: f64, threshold: f64, x: impl Fn(f64) -> f64) -> String {
    let (class, verdict) = match row.judgement {
        Judgement::Regressed => ("regressed", "regressed"),
        Judgement::Improved => ("improved", "improved"),
        Judgement::Unchanged => ("unchanged", "unchanged"),
        Judgement::CannotTell { .. } => ("cannot-tell", "cannot tell"),
    };
    let label = elide(&format!("{} of {}", row.metric, row.load), 50, "...");
    let (zero, end) = (x(0.0), x(row.ratio - 1.0));
    let (low, high) = (x(row.low - 1.0), x(row.high - 1.0));
    let (left, wide) = (zero.min(end), (end - zero).abs().max(1.0));
    let (words, y) = (top + 13.0, top + 18.0);
    let middle = y + 5.0;
    let mut bar = format!("<text x=\"4\" y=\"{words}\">{}</text>", escaped(&label));
    let (from, to) = (x(-threshold), x(threshold));
    let _ = write!(
        bar,
        "<rect class=\"same\" x=\"{from:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"14\"/><path class=\"axis\" d=\"M{zero:.1} {:.1}v14\"/>",
        y - 2.0,
        to - from,
        y - 2.0
    );
    let change = percent(row.ratio - 1.0);
    let _ = write!(
        bar,
        "<text class=\"{class}\" x=\"{:.1}\" y=\"{words}\" text-anchor=\"end\">{change} {verdict}</text>",
        WIDTH - 4.0
    );
    let _ = write!(bar, "<rect class=\"bar {class}\" x=\"{left:.1}\" y=\"{y}\" width=\"{wide:.1}\" height=\"10\"/>");
    if !row.exact {
        let _ = write!(
            bar,
            "<path class=\"whisker\" d=\"M{low:.1} {y}v10m0 -5H{high:.1}M{high:.1} {y}v10M{low:.1} {middle}\"/>"
        );
    }
    bar
}

fn says(comparison: &Comparison) -> String {
    let of = |row: &Row| {
        let interval = if row.exact {
            String::new()
        } else {
            format!(" ({} to {})", percent(row.low - 1.0), percent(row.high - 1.0))
        };
        format!("{} of {}: {}{interval}, {}", row.metric, row.load, percent(row.ratio - 1.0), row.judgement)
    };
    let gating = comparison.rows.iter().filter(|row| row.gates).take(ROWS).map(of).collect::<Vec<_>>();
    format!("{} against {}. {}.", comparison.after, comparison.before, gating.join("; "))
}
