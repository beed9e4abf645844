//! Filter expressions: `-E 'seen(A*) & !tag(slow)'`. Parsed here, applied to what a plan says of itself.

use std::fmt;

/// What an expression can ask about.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// File stem, with `[case]`.
    pub id: &'a str,
    /// Tags.
    pub tags: &'a [String],
    /// Incident ids.
    pub seen: &'a [String],
    /// Rule ids.
    pub spec: &'a [String],
}

/// A parsed expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// `id(glob)`
    Id(String),
    /// `tag(glob)`
    Tag(String),
    /// `seen(glob)`
    Seen(String),
    /// `spec(glob)`
    Spec(String),
    /// `!a`
    Not(Box<Filter>),
    /// `a & b`
    And(Box<Filter>, Box<Filter>),
    /// `a | b`
    Or(Box<Filter>, Box<Filter>),
}

/// Why an expression was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    expression: String,
    at: usize,
    message: String,
}

/// Parentheses and negations deeper than this are refused.
const MAX_DEPTH: usize = 64;

impl Filter {
    /// Parses an expression.
    ///
    /// # Errors
    /// The place and what was expected there.
    pub fn parse(expression: &str) -> Result<Self, FilterError> {
        let mut parser = Parser { text: expression, at: 0, depth: 0 };
        let filter = parser.or()?;
        parser.space();
        if parser.at < expression.len() {
            return Err(parser.error("expected `&`, `|` or the end"));
        }
        Ok(filter)
    }

    /// True if the subject is selected.
    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        let any = |pattern: &str, values: &[String]| values.iter().any(|value| glob(pattern, value));
        match self {
            Self::Id(pattern) => glob(pattern, subject.id),
            Self::Tag(pattern) => any(pattern, subject.tags),
            Self::Seen(pattern) => any(pattern, subject.seen),
            Self::Spec(pattern) => any(pattern, subject.spec),
            Self::Not(inner) => !inner.matches(subject),
            Self::And(left, right) => left.matches(subject) && right.matches(subject),
            Self::Or(left, right) => left.matches(subject) || right.matches(subject),
        }
    }
}

/// Glob with `*` (any run) and `?` (one character); linear in the text for each `*`.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&c) if c == '?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((star_p, star_t)) => {
                    p = star_p + 1;
                    t = star_t + 1;
                    star = Some((star_p, star_t + 1));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn error(&self, message: &str) -> FilterError {
        FilterError { expression: self.text.to_owned(), at: self.at, message: message.to_owned() }
    }

    fn space(&mut self) {
        self.at += self.text[self.at..].len() - self.text[self.at..].trim_start().len();
    }

    fn eat(&mut self, token: char) -> bool {
        self.space();
        let found = self.text[self.at..].starts_with(token);
        if found {
            self.at += token.len_utf8();
        }
        found
    }

    fn or(&mut self) -> Result<Filter, FilterError> {
        let mut left = self.and()?;
        while self.eat('|') {
            left = Filter::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Filter, FilterError> {
        let mut left = self.unary()?;
        while self.eat('&') {
            left = Filter::And(Box::new(left), Box::new(self.unary()?));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Filter, FilterError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error("too deeply nested"));
        }
        let filter = if self.eat('!') {
            Filter::Not(Box::new(self.unary()?))
        } else if self.eat('(') {
            let inner = self.or()?;
            if !self.eat(')') {
                return Err(self.error("expected `)`"));
            }
            inner
        } else {
            self.predicate()?
        };
        self.depth -= 1;
        Ok(filter)
    }

    fn predicate(&mut self) -> Result<Filter, FilterError> {
        self.space();
        let rest = &self.text[self.at..];
        let name = &rest[..rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len())];
        let make: fn(String) -> Filter = match name {
            "id" => Filter::Id,
            "tag" => Filter::Tag,
            "seen" => Filter::Seen,
            "spec" => Filter::Spec,
            _ => return Err(self.error("expected id(...), tag(...), seen(...), spec(...), `!` or `(`")),
        };
        self.at += name.len();
        if !self.eat('(') {
            return Err(self.error("expected `(`"));
        }
        let rest = &self.text[self.at..];
        let end = rest.find(')').ok_or_else(|| self.error("expected `)`"))?;
        let pattern = rest[..end].trim().to_owned();
        if pattern.is_empty() {
            return Err(self.error("expected a pattern, for instance A01 or push*"));
        }
        self.at += end + 1;
        Ok(make(pattern))
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = self.expression[..self.at].chars().count();
        write!(f, "the filter is not understood: {}\n  {}\n  {:column$}^", self.message, self.expression, "")
    }
}

impl std::error::Error for FilterError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(expression: &str) -> bool {
        let (tags, seen, spec) =
            (vec!["fault".to_owned(), "push".to_owned()], vec!["A01".to_owned()], vec!["CH8".to_owned()]);
        let subject = Subject { id: "async-multipart-create", tags: &tags, seen: &seen, spec: &spec };
        Filter::parse(expression).unwrap().matches(&subject)
    }

    #[test]
    fn expressions_select() {
        for yes in
            ["id(async-*)", "tag(push) & seen(A*)", "!tag(slow)", "tag(slow) | spec(CH?)", "!(tag(slow) | seen(B*))"]
        {
            assert!(selected(yes), "{yes}");
        }
        for no in ["id(async)", "tag(push) & !seen(A01)", "seen(B*)", "spec(CH)"] {
            assert!(!selected(no), "{no}");
        }
    }

    #[test]
    fn mistakes_are_shown_with_their_place() {
        let error = Filter::parse("tag(push) seen(A)").unwrap_err().to_string();
        assert_eq!(
            error,
            "the filter is not understood: expected `&`, `|` or the end\n  tag(push) seen(A)\n            ^"
        );
        for bad in ["", "tag", "tag(", "tag()", "colour(red)", "(tag(a)", "tag(a) &", &"!".repeat(1000), "é"] {
            assert!(Filter::parse(bad).is_err(), "{bad}");
        }
    }
}
