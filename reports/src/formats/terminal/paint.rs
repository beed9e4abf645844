//! Colours and the characters that depend on the terminal.

use anstyle::{AnsiColor, Style};

use crate::Verdict;
use crate::formats::Options;

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// As it is.
    Plain,
    /// A label such as `why`.
    Label,
    /// Less important.
    Quiet,
    /// Wrong.
    Bad,
    /// A fault, or a refusal that may be right.
    Warn,
}

/// Applies the options.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint {
    options: Options,
}

impl Paint {
    pub(super) fn new(options: &Options) -> Self {
        Self { options: *options }
    }

    pub(super) fn width(&self) -> usize {
        self.options.width.max(40)
    }

    pub(super) fn ellipsis(&self) -> &'static str {
        if self.options.unicode { "…" } else { "..." }
    }

    pub(super) fn points_left(&self) -> &'static str {
        if self.options.unicode { "←" } else { "<-" }
    }

    pub(super) fn points_right(&self) -> &'static str {
        if self.options.unicode { "→" } else { "->" }
    }

    pub(super) fn in_style(&self, mark: Mark, text: &str) -> String {
        let style = match mark {
            Mark::Plain => Style::new(),
            Mark::Label => Style::new().bold(),
            Mark::Quiet => Style::new().dimmed(),
            Mark::Bad => AnsiColor::Red.on_default().bold(),
            Mark::Warn => AnsiColor::Yellow.on_default(),
        };
        self.styled(style, text)
    }

    /// Text in the colour of a verdict, padded on the right to `width` characters.
    pub(super) fn verdict(&self, verdict: Verdict, text: &str, width: usize) -> String {
        let style = match verdict {
            Verdict::Passed => AnsiColor::Green.on_default(),
            Verdict::Known => AnsiColor::Yellow.on_default(),
            Verdict::Skipped | Verdict::NotRun => AnsiColor::Cyan.on_default(),
            Verdict::Inconclusive => AnsiColor::Magenta.on_default(),
            Verdict::Failed => AnsiColor::Red.on_default().bold(),
            Verdict::Error => AnsiColor::Magenta.on_default().bold(),
        };
        let pad = width.saturating_sub(text.chars().count());
        format!("{}{:pad$}", self.styled(style, text), "")
    }

    fn styled(&self, style: Style, text: &str) -> String {
        if self.options.color && !style.is_plain() && !text.is_empty() {
            format!("{}{text}{}", style.render(), style.render_reset())
        } else {
            text.to_owned()
        }
    }
}
