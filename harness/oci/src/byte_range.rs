//! Byte ranges of a download: `Range` of a request and `Content-Range` of a 206 or 416 (RFC 9110 section 14; PB7, H09).
//! Not here: the unit-less ranges of uploads (`chunk`).

use std::fmt;
use std::str::FromStr;

use crate::chunk::number;
use crate::quote;

/// Most ranges of one request that are looked at; more is refused, since sets of many ranges are an attack (RFC 9110 17.15).
const MOST: usize = 64;

/// One `first-last`, `first-` or `-suffix`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ByteRange {
    /// From the first to the last byte, inclusive.
    Closed(u64, u64),
    /// From this byte to the end.
    From(u64),
    /// The last so many bytes.
    Suffix(u64),
}

/// A `Range` request header that could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RangeRequest {
    /// One range: the usual case.
    Single(ByteRange),
    /// Several ranges; a server may answer them with the whole content.
    Multiple(Vec<ByteRange>),
    /// A unit other than bytes; a server MUST ignore the header.
    OtherUnit(String),
}

/// A `Range` or `Content-Range` of a download that is not valid; a server ignores such a `Range`.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("malformed byte range {text}: {reason}")]
pub struct ByteRangeError {
    /// What was given, quoted and shortened.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// None of the range lies inside the content: 416 with [`ServedRange::unsatisfied`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the range lies outside the {length} bytes of the content")]
pub struct Unsatisfiable {
    /// Length of the content.
    pub length: u64,
}

/// `Content-Range` of a 206: first and last byte, inclusive, and the length of the whole where it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ServedRange {
    /// Offset of the first byte.
    pub start: u64,
    /// Offset of the last byte.
    pub end: u64,
    /// Length of the whole content; `None` for `*`.
    pub total: Option<u64>,
}

impl ByteRange {
    /// Which bytes of a content of `length` bytes it means (RFC 9110 section 14.1.2).
    ///
    /// # Errors
    /// [`Unsatisfiable`] if that is none.
    pub fn resolve(self, length: u64) -> Result<ServedRange, Unsatisfiable> {
        let last = length.checked_sub(1).ok_or(Unsatisfiable { length })?;
        let (start, end) = match self {
            Self::Closed(start, end) => (start, end.min(last)),
            Self::From(start) => (start, last),
            Self::Suffix(0) => return Err(Unsatisfiable { length }),
            Self::Suffix(count) => (length.saturating_sub(count), last),
        };
        if start > last {
            return Err(Unsatisfiable { length });
        }
        Ok(ServedRange { start, end, total: Some(length) })
    }
}

impl ServedRange {
    /// How many bytes it spans.
    pub fn length(self) -> u64 {
        (self.end - self.start).saturating_add(1)
    }

    /// `Content-Range` of a 416.
    pub fn unsatisfied(length: u64) -> String {
        format!("bytes */{length}")
    }
}

impl fmt::Display for ByteRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(start, end) => write!(f, "{start}-{end}"),
            Self::From(start) => write!(f, "{start}-"),
            Self::Suffix(count) => write!(f, "-{count}"),
        }
    }
}

impl fmt::Display for RangeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Single(range) => write!(f, "bytes={range}"),
            Self::Multiple(ranges) => {
                let ranges: Vec<_> = ranges.iter().map(ToString::to_string).collect();
                write!(f, "bytes={}", ranges.join(","))
            }
            Self::OtherUnit(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for ServedRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bytes {}-{}/", self.start, self.end)?;
        match self.total {
            Some(total) => write!(f, "{total}"),
            None => f.write_str("*"),
        }
    }
}

impl FromStr for RangeRequest {
    type Err = ByteRangeError;

    fn from_str(text: &str) -> Result<Self, ByteRangeError> {
        let wrong = |reason| ByteRangeError { text: quote(text), reason };
        let (unit, set) = text.split_once('=').ok_or_else(|| wrong("no unit"))?;
        if !unit.eq_ignore_ascii_case("bytes") {
            return Ok(Self::OtherUnit(text.chars().take(256).collect()));
        }
        let mut ranges = Vec::new();
        for range in set.split(',').map(|range| range.trim_matches([' ', '\t'])).filter(|range| !range.is_empty()) {
            if ranges.len() == MOST {
                return Err(wrong("more than 64 ranges"));
            }
            ranges.push(byte_range(range).ok_or_else(|| wrong("expected first-last, first- or -count"))?);
        }
        match *ranges {
            [] => Err(wrong("no range")),
            [range] => Ok(Self::Single(range)),
            _ => Ok(Self::Multiple(ranges)),
        }
    }
}

impl FromStr for ServedRange {
    type Err = ByteRangeError;

    fn from_str(text: &str) -> Result<Self, ByteRangeError> {
        let wrong = |reason| ByteRangeError { text: quote(text), reason };
        let (unit, rest) = text.split_once(' ').unwrap_or_default();
        if !unit.eq_ignore_ascii_case("bytes") {
            return Err(wrong("it must begin with \"bytes \""));
        }
        let (range, total) = rest.split_once('/').ok_or_else(|| wrong("no total length"))?;
        let Some(ByteRange::Closed(start, end)) = byte_range(range) else {
            return Err(wrong("expected first-last"));
        };
        let total = match total {
            "*" => None,
            digits => Some(number(digits).ok_or_else(|| wrong("the total is not a number"))?),
        };
        if total.is_some_and(|total| end >= total) {
            return Err(wrong("it ends after the total"));
        }
        Ok(Self { start, end, total })
    }
}

fn byte_range(text: &str) -> Option<ByteRange> {
    let (first, last) = text.split_once('-')?;
    match (first, last) {
        ("", count) => number(count).map(ByteRange::Suffix),
        (first, "") => number(first).map(ByteRange::From),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(ByteRange::Closed(first, last))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn served(range: &str, length: u64) -> Result<String, String> {
        let RangeRequest::Single(range) = range.parse().map_err(|e: ByteRangeError| e.to_string())? else {
            return Err("not single".into());
        };
        range.resolve(length).map(|r| r.to_string()).map_err(|e| e.to_string())
    }

    #[test]
    fn ranges_resolve_as_rfc_9110_says() {
        assert_eq!(served("bytes=0-499", 10_000).unwrap(), "bytes 0-499/10000");
        assert_eq!(served("bytes=9500-", 10_000).unwrap(), "bytes 9500-9999/10000");
        assert_eq!(served("bytes=-500", 10_000).unwrap(), "bytes 9500-9999/10000");
        assert_eq!(served("bytes=-500", 10).unwrap(), "bytes 0-9/10");
        assert_eq!(served("bytes=5-99999", 10).unwrap(), "bytes 5-9/10");
        for (range, length) in [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0), ("bytes=10-20", 10)] {
            assert!(served(range, length).unwrap_err().contains("outside"), "{range}");
        }
        assert!("100-199".parse::<RangeRequest>().is_err());
        assert!("bytes=9-1".parse::<RangeRequest>().is_err());
        assert!("bytes=,".parse::<RangeRequest>().is_err());
        assert_eq!("lines=1-2".parse::<RangeRequest>().unwrap(), RangeRequest::OtherUnit("lines=1-2".into()));
        assert_eq!("bytes=0-0, -1".parse::<RangeRequest>().unwrap().to_string(), "bytes=0-0,-1");
        assert!(format!("bytes={}", "0-0,".repeat(65)).parse::<RangeRequest>().is_err());
    }

    #[test]
    fn served_ranges_must_be_whole() {
        assert_eq!("bytes 0-9/*".parse::<ServedRange>().unwrap().total, None);
        for text in ["bytes */10", "bytes 0-10/10", "0-9/10", "bytes 0-9", "bytes 9-0/10", "bytes 0-9/x"] {
            assert!(text.parse::<ServedRange>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_served_lies_inside(first: u64, last: u64, kind in 0..3, length: u64) {
            let range = match kind { 0 => ByteRange::Closed(first.min(last), first.max(last)), 1 => ByteRange::From(first), _ => ByteRange::Suffix(last) };
            prop_assert_eq!(RangeRequest::Single(range).to_string().parse::<RangeRequest>().unwrap(), RangeRequest::Single(range));
            if let Ok(served) = range.resolve(length) {
                prop_assert!(served.start <= served.end && served.end < length);
                prop_assert_eq!(served.to_string().parse::<ServedRange>().unwrap(), served);
            }
        }

        #[test]
        fn nothing_panics(text in "(bytes)?[= ]?[0-9]{0,21}-?[0-9]{0,21}[,/]?.{0,5}|.*") {
            let _ = text.parse::<RangeRequest>();
            let _ = text.parse::<ServedRange>().map(ServedRange::length);
        }
    }
}
