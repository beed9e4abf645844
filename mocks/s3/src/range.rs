//! Byte ranges (RFC 9110 section 14): which part of an object a request wants.

use std::ops::Range;

/// What a `Range` header asks of an object of a known size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// All of it: no range, or one that is to be ignored (not bytes, several, malformed).
    All,
    /// Some of it: 206.
    Part(Range<u64>),
    /// Nothing that exists: 416.
    Unsatisfiable,
}

/// Reads `bytes=a-b`, `bytes=a-` and `bytes=-n`.
pub(crate) fn wanted(header: Option<&str>, size: u64) -> Wanted {
    let Some(spec) = header.and_then(|text| text.trim().strip_prefix("bytes=")) else { return Wanted::All };
    let Some((first, last)) = spec.trim().split_once('-') else { return Wanted::All };
    match (number(first), number(last)) {
        (Some(first), _) if !(last.is_empty() || number(last).is_some_and(|last| last >= first)) => Wanted::All,
        (Some(first), _) if first >= size => Wanted::Unsatisfiable,
        (Some(first), last) => Wanted::Part(first..last.map_or(size, |last| size.min(last.saturating_add(1)))),
        (None, Some(count)) if first.is_empty() => match count.min(size) {
            0 => Wanted::Unsatisfiable,
            count => Wanted::Part(size - count..size),
        },
        _ => Wanted::All,
    }
}

/// Reads the strict `bytes=a-b` of `x-amz-copy-source-range`.
pub(crate) fn copy_range(text: &str) -> Option<Range<u64>> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let (first, last) = (number(first)?, number(last)?);
    (first <= last).then(|| last.checked_add(1).map(|end| first..end))?
}

/// Digits only: `parse` alone would take a sign.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forms() {
        for (header, size, want) in [
            ("bytes=0-", 10, Wanted::Part(0..10)),
            ("bytes=2-3", 10, Wanted::Part(2..4)),
            ("bytes=2-300", 10, Wanted::Part(2..10)),
            ("bytes=9-", 10, Wanted::Part(9..10)),
            ("bytes=10-", 10, Wanted::Unsatisfiable),
            ("bytes=0-", 0, Wanted::Unsatisfiable),
            ("bytes=-3", 10, Wanted::Part(7..10)),
            ("bytes=-30", 10, Wanted::Part(0..10)),
            ("bytes=-0", 10, Wanted::Unsatisfiable),
            ("bytes=3-2", 10, Wanted::All),
            ("bytes=0-1,3-4", 10, Wanted::All),
            ("bytes=+1-2", 10, Wanted::All),
            ("bytes=a-b", 10, Wanted::All),
            ("lines=1-2", 10, Wanted::All),
            ("bytes=0-18446744073709551615", 10, Wanted::Part(0..10)),
        ] {
            assert_eq!(wanted(Some(header), size), want, "{header} of {size}");
        }
        assert_eq!(copy_range("bytes=0-4"), Some(0..5));
        assert_eq!(copy_range("bytes=4-"), None);
        assert_eq!(copy_range("bytes=0-18446744073709551615"), None);
    }

    proptest! {
        #[test]
        fn a_range_holds_exactly_the_bytes_between_its_ends(first in 0u64..30, last in 0u64..30, size in 0u64..20) {
            let want: Vec<u64> = (0..size).filter(|at| (first..=last).contains(at)).collect();
            match wanted(Some(&format!("bytes={first}-{last}")), size) {
                Wanted::Part(range) => prop_assert_eq!(range.collect::<Vec<_>>(), want),
                Wanted::Unsatisfiable => prop_assert!(first >= size && first <= last),
                Wanted::All => prop_assert!(first > last),
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "(bytes=)?[0-9a-z,=-]{0,24}", size in any::<u64>()) {
            if let Wanted::Part(range) = wanted(Some(&text), size) {
                prop_assert!(range.start < range.end && range.end <= size);
            }
            let _ = copy_range(&text);
        }
    }
}
