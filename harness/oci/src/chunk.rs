//! Ranges of an upload: `Content-Range` of a chunk (CH4-CH6) and `Range` of an answer about an upload (CH8, CH16).
//!
//! Both are written without a unit, unlike RFC 9110's. The forms with a unit are recognised apart, because that mistake is
//! common on both sides (D05) and deserves its own words. Not here: ranges of a download (`byte_range`).

use std::fmt;
use std::str::FromStr;

use crate::quote;

/// `Content-Range` of a chunk: first and last byte, inclusive; matches `^[0-9]+-[0-9]+$`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentRange {
    start: u64,
    end: u64,
}

/// Why a `Content-Range` is not usable (416 or 400; CH11).
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum ContentRangeError {
    /// RFC 9110's form, or with an equals sign; the specification's form has no unit.
    #[error("Content-Range {text} carries a unit; uploads use <start>-<end> alone")]
    WithUnit {
        /// What was given, quoted and shortened.
        text: String,
        /// What was meant.
        range: ContentRange,
    },
    /// The end lies before the start.
    #[error("Content-Range {start}-{end} ends before it starts")]
    Reversed {
        /// First byte.
        start: u64,
        /// Last byte.
        end: u64,
    },
    /// Nothing of the kind.
    #[error("malformed Content-Range {text}: expected <start>-<end> in decimal digits")]
    Malformed {
        /// What was given, quoted and shortened.
        text: String,
    },
}

impl ContentRange {
    /// From first and last byte, inclusive; `None` if the end lies before the start.
    pub fn new(start: u64, end: u64) -> Option<Self> {
        // A length of 2^64 would not fit; no upload is that long.
        (start <= end && end < u64::MAX).then_some(Self { start, end })
    }

    /// The range of `length` bytes from `offset`; `None` if there are none.
    pub fn of(offset: u64, length: u64) -> Option<Self> {
        Self::new(offset, offset.checked_add(length.checked_sub(1)?)?)
    }

    /// Offset of the first byte.
    pub fn start(self) -> u64 {
        self.start
    }

    /// Offset of the last byte.
    pub fn end(self) -> u64 {
        self.end
    }

    /// How many bytes it spans; never zero.
    pub fn length(self) -> u64 {
        self.end - self.start + 1
    }
}

impl fmt::Display for ContentRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.start, self.end)
    }
}

impl FromStr for ContentRange {
    type Err = ContentRangeError;

    fn from_str(text: &str) -> Result<Self, ContentRangeError> {
        let malformed = || ContentRangeError::Malformed { text: quote(text) };
        if let Some((start, end)) = bounds(text) {
            return Self::new(start, end).ok_or(ContentRangeError::Reversed { start, end });
        }
        let rest = strip_unit(text).ok_or_else(malformed)?;
        let (range, total) = rest.split_once('/').unwrap_or((rest, "*"));
        if total != "*" && number(total).is_none() {
            return Err(malformed());
        }
        let range = bounds(range).and_then(|(start, end)| Self::new(start, end)).ok_or_else(malformed)?;
        Err(ContentRangeError::WithUnit { text: quote(text), range })
    }
}

/// `Range: 0-<end>` of a 202 or 204 about an upload: everything up to and including `<end>` has arrived.
///
/// D07: an upload that holds nothing is also written `0-0`, since the notation has no empty range. So `0-0` means
/// zero bytes or one; [`UploadRange::received`] says so instead of guessing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UploadRange {
    end: u64,
}

/// How many bytes an [`UploadRange`] stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Received {
    /// This many.
    Exactly(u64),
    /// `0-0`: none, or one (D07).
    ZeroOrOne,
}

impl Received {
    /// Whether an upload of `size` bytes may be described so.
    pub fn allows(self, size: u64) -> bool {
        match self {
            Self::Exactly(received) => received == size,
            Self::ZeroOrOne => size <= 1,
        }
    }
}

/// Why a `Range` about an upload is not usable.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum UploadRangeError {
    /// `bytes=0-99` or `bytes 0-99`: docker's client fails on it (D05).
    #[error("Range {text} carries a unit; answers about an upload use 0-<end> alone")]
    WithUnit {
        /// What was given, quoted and shortened.
        text: String,
        /// What was meant.
        range: UploadRange,
    },
    /// It does not begin at 0, so it is not cumulative (D06).
    #[error("Range {start}-{end} does not begin at 0; it must cover all bytes received so far")]
    NotCumulative {
        /// First byte given.
        start: u64,
        /// Last byte given.
        end: u64,
    },
    /// Nothing of the kind.
    #[error("malformed Range {text}: expected 0-<end>")]
    Malformed {
        /// What was given, quoted and shortened.
        text: String,
    },
}

impl UploadRange {
    /// The range that describes an upload of `size` bytes; `0-0` for none (D07).
    pub fn of_size(size: u64) -> Self {
        Self { end: size.saturating_sub(1) }
    }

    /// Offset of the last byte, or 0.
    pub fn end(self) -> u64 {
        self.end
    }

    /// How many bytes it stands for.
    pub fn received(self) -> Received {
        match self.end {
            0 => Received::ZeroOrOne,
            end => Received::Exactly(end.saturating_add(1)),
        }
    }
}

impl fmt::Display for UploadRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0-{}", self.end)
    }
}

impl FromStr for UploadRange {
    type Err = UploadRangeError;

    fn from_str(text: &str) -> Result<Self, UploadRangeError> {
        match bounds(text) {
            Some((0, end)) => Ok(Self { end }),
            Some((start, end)) => Err(UploadRangeError::NotCumulative { start, end }),
            None => match strip_unit(text).and_then(bounds) {
                Some((0, end)) => Err(UploadRangeError::WithUnit { text: quote(text), range: Self { end } }),
                _ => Err(UploadRangeError::Malformed { text: quote(text) }),
            },
        }
    }
}

/// `<digits>-<digits>` and nothing else.
fn bounds(text: &str) -> Option<(u64, u64)> {
    let (start, end) = text.split_once('-')?;
    Some((number(start)?, number(end)?))
}

/// Decimal digits alone; `str::parse` would also take a plus sign.
pub(crate) fn number(text: &str) -> Option<u64> {
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// What follows `bytes` and one `=` or spaces.
fn strip_unit(text: &str) -> Option<&str> {
    let unit = text.get(..5)?;
    if !unit.eq_ignore_ascii_case("bytes") {
        return None;
    }
    let rest = &text[5..];
    rest.strip_prefix('=').or_else(|| rest.strip_prefix(' ')).map(str::trim_start)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forms_with_a_unit_are_recognised() {
        let meant = ContentRange::new(0, 9).unwrap();
        for text in ["bytes 0-9/30", "bytes=0-9", "bytes 0-9/*", "Bytes 0-9"] {
            assert!(
                matches!(text.parse::<ContentRange>(), Err(ContentRangeError::WithUnit { range, .. }) if range == meant),
                "{text}"
            );
        }
        insta::assert_snapshot!("bytes=0-9".parse::<ContentRange>().unwrap_err(),
            @r#"Content-Range "bytes=0-9" carries a unit; uploads use <start>-<end> alone"#);
        for text in [
            "",
            "-",
            "0-",
            "-9",
            "+0-9",
            "0-9 ",
            " 0-9",
            "0-9-1",
            "0--9",
            "x",
            "bytes",
            "bytes=",
            "bytes 0-9/x",
            "99999999999999999999-1",
        ] {
            assert!(matches!(text.parse::<ContentRange>(), Err(ContentRangeError::Malformed { .. })), "{text}");
        }
        assert!(matches!("9-0".parse::<ContentRange>(), Err(ContentRangeError::Reversed { .. })));
    }

    #[test]
    fn an_upload_range_does_not_guess() {
        assert_eq!(UploadRange::of_size(0).to_string(), "0-0");
        assert_eq!(UploadRange::of_size(0).received(), Received::ZeroOrOne);
        assert!(Received::ZeroOrOne.allows(1) && Received::ZeroOrOne.allows(0) && !Received::ZeroOrOne.allows(2));
        assert!(
            matches!("bytes=0-99".parse::<UploadRange>(), Err(UploadRangeError::WithUnit { range, .. }) if range.end() == 99)
        );
        assert!(matches!("10-29".parse::<UploadRange>(), Err(UploadRangeError::NotCumulative { start: 10, end: 29 })));
        assert!(matches!("0--1".parse::<UploadRange>(), Err(UploadRangeError::Malformed { .. })));
    }

    proptest! {
        #[test]
        fn content_ranges_survive_their_text(offset in 0..u64::MAX / 2, length in 1..u64::MAX / 2) {
            let range = ContentRange::of(offset, length).unwrap();
            prop_assert_eq!(range.length(), length);
            prop_assert_eq!(range.to_string().parse::<ContentRange>().unwrap(), range);
        }

        #[test]
        fn upload_ranges_survive_their_text(size in 2..u64::MAX) {
            let range = UploadRange::of_size(size);
            prop_assert_eq!(range.to_string().parse::<UploadRange>().unwrap().received(), Received::Exactly(size));
        }

        #[test]
        fn nothing_panics(text in "(bytes)?[ =]?[0-9]{0,21}-?[0-9]{0,21}(/.{0,3})?|.*") {
            let _ = text.parse::<ContentRange>();
            let _ = text.parse::<UploadRange>();
        }
    }
}
