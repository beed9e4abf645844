//! What is wrong with a scenario file, for its author: where, what, and what to do next.

use std::fmt;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::read::tree::At;

/// Lines shown before and after the one with the mistake.
const AROUND: usize = 1;
/// Most characters of a line that are shown.
const WIDTH: usize = 160;

/// A mistake on its way to become a [`Problem`]: it knows its place, but not its file's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub at: At,
    pub message: String,
    pub label: String,
    pub help: String,
}

impl Mistake {
    pub(crate) fn new(at: At, message: impl Into<String>) -> Self {
        Self { at, message: message.into(), label: "here".to_owned(), help: String::new() }
    }

    pub(crate) fn label(self, label: impl Into<String>) -> Self {
        Self { label: label.into(), ..self }
    }

    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self { help: help.into(), ..self }
    }
}

/// A text of the file inside a message: on one line, short, without control characters.
pub(crate) fn shown(text: &str) -> String {
    let mut out = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == 80 {
            out.push('…');
            break;
        }
        if c.is_control() { out.extend(c.escape_debug()) } else { out.push(c) }
    }
    out
}

/// One mistake in a scenario file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, as its reader named it.
    pub file: String,
    /// Line from 1; 0 if the file could not be read at all.
    pub line: u32,
    /// Column from 1, in characters.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// What to do next; may be empty.
    pub help: String,
    label: String,
    excerpt: Option<Arc<Excerpt>>,
}

impl Problem {
    pub(crate) fn of(mistake: Mistake, file: &str, text: &str) -> Self {
        let Mistake { at, message, label, help } = mistake;
        let excerpt = Some(Arc::new(Excerpt::cut(file, text, at)));
        Self { file: file.to_owned(), line: at.line, column: at.column, message, help, label, excerpt }
    }

    /// A file that cannot be read at all.
    pub(crate) fn unread(file: &str, message: String, help: &str) -> Self {
        Self {
            file: file.to_owned(),
            line: 0,
            column: 0,
            message,
            help: help.to_owned(),
            label: String::new(),
            excerpt: None,
        }
    }
}

impl Problem {
    /// A mistake in a file of another kind that is checked along; line and column from 1, 0 for the whole file.
    pub fn elsewhere(file: &str, line: u32, column: u32, message: impl Into<String>) -> Self {
        Self { line, column, ..Self::unread(file, message.into(), "") }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, &self.excerpt) {
            (0, _) => write!(f, "{}: {}", self.file, self.message),
            // The snippet's head names the place.
            (_, Some(_)) => f.write_str(&self.message),
            (line, None) => write!(f, "{}:{line}:{}: {}", self.file, self.column, self.message),
        }
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        (!self.help.is_empty()).then(|| Box::new(&self.help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_deref().map(|excerpt| excerpt as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let excerpt = self.excerpt.as_deref()?;
        let label = LabeledSpan::new(Some(self.label.clone()), excerpt.mark.0, excerpt.mark.1);
        Some(Box::new(std::iter::once(label)))
    }
}

/// The lines around a mistake, bounded: a file of one long line, or of control characters, must not flood a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Excerpt {
    name: String,
    text: String,
    first_line: usize,
    mark: (usize, usize),
}

impl Excerpt {
    fn cut(name: &str, text: &str, at: At) -> Self {
        let wanted = usize::try_from(at.line).unwrap_or(1).max(1) - 1;
        let first = wanted.saturating_sub(AROUND);
        let mut out = String::new();
        let mut mark = (0, 0);
        let mut offset = 0;
        for (index, line) in text.split_inclusive('\n').enumerate() {
            if index > wanted + AROUND {
                break;
            }
            if index == wanted {
                let local = (at.start.saturating_sub(offset), at.end.saturating_sub(offset));
                let (start, length) = push_line(&mut out, line, Some(local));
                mark = (start, length);
            } else if index >= first {
                push_line(&mut out, line, None);
            }
            offset += line.len();
        }
        Self { name: name.to_owned(), text: out, first_line: first, mark }
    }
}

/// Adds a line, cut to a window around `mark` (byte offsets in the line) and without control characters. Gives the mark's new place.
fn push_line(out: &mut String, line: &str, mark: Option<(usize, usize)>) -> (usize, usize) {
    let line = line.trim_end_matches(['\n', '\r']);
    let chars: Vec<(usize, char)> = line.char_indices().collect();
    let (start, end) = mark.unwrap_or((0, 0));
    let from = chars.iter().position(|(offset, _)| *offset >= start).unwrap_or(chars.len());
    let first = if chars.len() > WIDTH { from.saturating_sub(WIDTH / 2) } else { 0 };
    let mut marked = None;
    let mut length = 0;
    if first > 0 {
        out.push('…');
    }
    for (offset, c) in chars.iter().skip(first).take(WIDTH) {
        if *offset >= start && marked.is_none() {
            marked = Some(out.len());
        }
        let shown = if c.is_control() && *c != '\t' { '\u{fffd}' } else { *c };
        if *offset >= start && *offset < end {
            length += shown.len_utf8();
        }
        out.push(shown);
    }
    if chars.len() > first + WIDTH {
        out.push('…');
    }
    let marked = marked.unwrap_or(out.len());
    out.push('\n');
    (marked, length)
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let inner = self.text.read_span(span, before, after)?;
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            inner.data(),
            *inner.span(),
            inner.line() + self.first_line,
            inner.column(),
            inner.line_count(),
        )))
    }
}

/// All problems as a terminal shows them: message, snippet, what to do.
pub fn render(problems: &[Problem], colours: bool) -> String {
    let theme = if colours { miette::GraphicalTheme::unicode() } else { miette::GraphicalTheme::unicode_nocolor() };
    let handler = miette::GraphicalReportHandler::new_themed(theme).with_width(120).with_links(false);
    let mut out = String::new();
    for problem in problems {
        if handler.render_report(&mut out, problem).is_err() {
            out.push_str(&problem.to_string());
        }
        out.push('\n');
    }
    out
}
