//! Axes, lines and bands as SVG. Drawn here and not by a plotting crate: those write colours and sizes into the picture, where the page's dark,
//! print and phone styles do not reach them. Not here: what is drawn (the other files of this folder).

use std::fmt::Write;

use crate::bench::tables::round;
use crate::text::clean;

/// Size of a picture in its own units; the page scales it. Small, so that letters stay readable on a phone.
pub(super) const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 230.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 24.0;
const BOTTOM: f64 = 36.0;
/// Height of the strip of one fault.
const STRIP: f64 = 5.0;

/// From values to a share of an axis.
#[derive(Debug, Clone, Copy)]
pub(super) enum Scale {
    /// From the first to the second.
    Linear(f64, f64),
    /// The same by powers of ten; both ends are above zero.
    Log(f64, f64),
}

impl Scale {
    /// 0 at the beginning, 1 at the end; what lies outside, and what is no number, is put at an end.
    fn share(self, value: f64) -> f64 {
        let share = match self {
            Self::Linear(least, most) => (value - least) / (most - least),
            Self::Log(least, most) => (value / least).ln() / (most / least).ln(),
        };
        if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) }
    }

    /// Round values that stand at the axis.
    pub(super) fn ticks(self) -> Vec<f64> {
        match self {
            Self::Linear(least, most) => {
                let rough = (most - least) / 5.0;
                let power = 10_f64.powf(rough.log10().floor());
                let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|step| *step >= rough);
                let step = step.filter(|step| step.is_normal()).unwrap_or(1.0);
                let first = (least / step).ceil();
                (0..=10).map(|number| (first + f64::from(number)) * step).take_while(|at| *at <= most).collect()
            }
            Self::Log(least, most) => {
                let factors: &[f64] = if most / least > 1e3 { &[1.0] } else { &[1.0, 2.0, 5.0] };
                let (first, last) = (least.log10().floor() as i32, most.log10().ceil() as i32);
                let all =
                    (first..=last).flat_map(|power| factors.iter().map(move |factor| factor * 10_f64.powi(power)));
                all.filter(|at| (least..=most).contains(at)).collect()
            }
        }
    }
}

/// An axis: its scale, what is at it, and the words for the values at it.
pub(super) struct Axis {
    pub(super) scale: Scale,
    pub(super) name: &'static str,
    pub(super) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// With words for round values.
    pub(super) fn new(name: &'static str, scale: Scale, word: impl Fn(f64) -> String) -> Self {
        let ticks = scale.ticks().into_iter().map(|at| (at, round(&word(at)))).collect();
        Self { scale, name, ticks }
    }

    /// From nothing to a little more than the most.
    pub(super) fn up_to(name: &'static str, most: f64, word: impl Fn(f64) -> String) -> Self {
        let most = if most > 0.0 && most.is_finite() { most * 1.05 } else { 1.0 };
        Self::new(name, Scale::Linear(0.0, most), word)
    }
}

/// A picture with two axes.
pub(super) struct Plot {
    across: Scale,
    up: Scale,
    body: String,
    axes: String,
}

impl Plot {
    pub(super) fn new(across: &Axis, up: &Axis) -> Self {
        let mut plot = Self { across: across.scale, up: up.scale, body: String::new(), axes: String::new() };
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        for (value, word) in &up.ticks {
            let y = plot.y(*value);
            let word = escaped(word);
            let _ = write!(plot.axes, "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{right}\"/>");
            let _ = write!(
                plot.axes,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{word}</text>",
                LEFT - 5.0,
                y + 4.0
            );
        }
        for (value, word) in &across.ticks {
            let x = plot.x(*value);
            let word = escaped(word);
            let _ = write!(plot.axes, "<path class=\"grid\" d=\"M{x:.1} {bottom}v4\"/>");
            let _ =
                write!(plot.axes, "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{word}</text>", bottom + 16.0);
        }
        let _ = write!(plot.axes, "<path class=\"axis\" d=\"M{LEFT} {TOP}V{bottom}H{right}\"/>");
        let _ = write!(plot.axes, "<text class=\"name\" x=\"4\" y=\"12\">{}</text>", escaped(up.name));
        let _ = write!(
            plot.axes,
            "<text class=\"name\" x=\"{right}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            HEIGHT - 4.0,
            escaped(across.name)
        );
        plot
    }

    fn x(&self, value: f64) -> f64 {
        LEFT + self.across.share(value) * (WIDTH - RIGHT - LEFT)
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - self.up.share(value) * (HEIGHT - BOTTOM - TOP)
    }

    /// A line through points; its looks are those of the class.
    pub(super) fn line(&mut self, class: &str, points: impl IntoIterator<Item = (f64, f64)>) {
        let mut path = String::new();
        for (x, y) in points {
            let step = if path.is_empty() { 'M' } else { 'L' };
            let _ = write!(path, "{step}{:.1} {:.1}", self.x(x), self.y(y));
        }
        if !path.is_empty() {
            let _ = write!(self.body, "<path class=\"line {class}\" d=\"{path}\"/>");
        }
    }

    /// A line with the area below it.
    pub(super) fn area(&mut self, class: &str, points: Vec<(f64, f64)>) {
        let (Some(first), Some(last)) = (points.first(), points.last()) else { return };
        let path: String = points.iter().map(|(x, y)| format!("L{:.1} {:.1}", self.x(*x), self.y(*y))).collect();
        let bottom = HEIGHT - BOTTOM;
        let (from, to) = (self.x(first.0), self.x(last.0));
        let _ = write!(self.body, "<path class=\"area {class}\" d=\"M{from:.1} {bottom}{path}L{to:.1} {bottom}z\"/>");
        self.line(class, points);
    }

    /// A cross at a point.
    pub(super) fn cross(&mut self, class: &str, (x, y): (f64, f64)) {
        let (x, y) = (self.x(x), self.y(y));
        let _ = write!(self.body, "<path class=\"cross {class}\" d=\"M{:.1} {:.1}l6 6m0 -6l-6 6\"/>", x - 3.0, y - 3.0);
    }

    /// A time in which a fault struck: the whole height, and a strip of its own at the top, for faults that strike at the same time.
    pub(super) fn band(&mut self, strip: usize, from: f64, to: f64, about: &str) {
        let (x, wide) = (self.x(from), (self.x(to) - self.x(from)).max(1.0));
        let (y, tall) = (TOP + strip as f64 * (STRIP + 2.0), HEIGHT - BOTTOM - TOP);
        let about = escaped(about);
        let _ = write!(
            self.body,
            "<g class=\"band\"><title>{about}</title><rect x=\"{x:.1}\" y=\"{TOP}\" width=\"{wide:.1}\" height=\"{tall}\"/>\
             <rect class=\"f{strip}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{STRIP}\"/></g>"
        );
    }

    /// The picture with its name and what it shows in words.
    pub(super) fn svg(self, id: &str, title: &str, says: &str) -> String {
        picture(id, title, says, HEIGHT, &format!("{}{}", self.axes, self.body))
    }
}

/// An SVG with a name and a description, for those who do not see it.
pub(super) fn picture(id: &str, title: &str, says: &str, height: f64, body: &str) -> String {
    let (title, says) = (escaped(title), escaped(says));
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\">\
         <title id=\"{id}-t\">{title}</title><desc id=\"{id}-d\">{says}</desc>{body}</svg>"
    )
}

/// Text that can stand in SVG.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_few_and_within() {
        assert_eq!(Scale::Linear(0.0, 103.0).ticks(), [0.0, 50.0, 100.0]);
        assert_eq!(Scale::Linear(-10.0, 7.0).ticks(), [-10.0, -5.0, 0.0, 5.0]);
        assert_eq!(Scale::Log(300.0, 30_000.0).ticks(), [500.0, 1000.0, 2000.0, 5000.0, 10_000.0, 20_000.0]);
        assert_eq!(Scale::Log(5.0, 2e6).ticks(), [10.0, 100.0, 1e3, 1e4, 1e5, 1e6]);
        for (least, most) in [(0.0, 0.0), (0.0, 1e-9), (0.0, 1e18), (5.0, 5.0)] {
            assert!(Scale::Linear(least, most).ticks().len() <= 11, "{least} to {most}");
        }
    }

    #[test]
    fn words_at_an_axis_are_short() {
        assert_eq!(["0.00", "20.0 ms", "100 ms", "2.50 s", "100"].map(round), ["0", "20 ms", "100 ms", "2.5 s", "100"]);
    }

    #[test]
    fn what_is_outside_or_no_number_stays_in_the_picture() {
        let scale = Scale::Linear(0.0, 10.0);
        assert_eq!(
            [f64::NAN, -5.0, 5.0, 50.0, f64::INFINITY].map(|value| scale.share(value)),
            [0.0, 0.0, 0.5, 1.0, 1.0]
        );
        assert_eq!(Scale::Log(1.0, 1.0).share(1.0), 0.0);
        assert_eq!(Scale::Log(1.0, 100.0).share(0.0), 0.0);
    }
}
