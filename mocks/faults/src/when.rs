//! Which calls a fault strikes: the conditions as files write them, and those of them that depend on the call alone.
//! Counters, probability and budget are kept by the [`FaultSet`](crate::FaultSet).

use std::fmt;

use http::HeaderMap;
use http::header::HeaderName;
use indexmap::IndexMap;
use percent_encoding::percent_decode_str;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::forms::OneOrMany;
use crate::glob::Glob;
use crate::names::Unknown;
use crate::status::Status;
use crate::{Call, KeyClass, Span};

/// S3 operations a fault can name: those the mock serves (S3.md section 7).
pub const OPERATIONS: &[&str] = &[
    "PutObject",
    "GetObject",
    "HeadObject",
    "DeleteObject",
    "DeleteObjects",
    "CopyObject",
    "ListObjects",
    "ListObjectsV2",
    "CreateMultipartUpload",
    "UploadPart",
    "UploadPartCopy",
    "CompleteMultipartUpload",
    "AbortMultipartUpload",
    "ListParts",
    "ListMultipartUploads",
    "HeadBucket",
    "CreateBucket",
    "DeleteBucket",
    "ListBuckets",
    "GetBucketLocation",
];

/// HTTP methods a fault can name.
pub const METHODS: &[&str] = &["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"];

/// All given conditions must hold; without conditions every call of the party is struck.
///
/// `window`, `after-event` and `until-event` say when the rule is armed. While it is, it counts the calls that meet all conditions
/// on the call itself (operation to query); `nth`, `calls` and `every` look at that count. Other rules do not change it, even if
/// they strike the call first. `at-most` counts how often this rule struck.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct When {
    /// S3 operation, one or a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<OneOrMany<Operation>>,
    /// HTTP method, one or a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<OneOrMany<Verb>>,
    /// Pattern for the path as sent: `*` within a segment, `**` across segments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<Glob>,
    /// What the key is in a registry's storage layout, one or a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_class: Option<OneOrMany<KeyClass>>,
    /// Pattern for the decoded object key, or the prefix of a listing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Glob>,
    /// Request headers: a pattern for the value, or null for "must be absent".
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub header: IndexMap<String, Option<Glob>>,
    /// Query parameters, decoded: a pattern for the value, or null for "must be absent".
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub query: IndexMap<String, Option<Glob>>,
    /// Only the nth such call, counted from 1; one or a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nth: Option<OneOrMany<u64>>,
    /// Only these calls, counted from 1, both ends included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls: Option<Calls>,
    /// Only every so many calls: `every: 3` strikes the 3rd, 6th, 9th.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<u64>,
    /// Strikes with this probability, from the run's seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// Only in this part of the run's time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// Only after this event was reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_event: Option<String>,
    /// Only until this event was reported (a change of credentials, for instance).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_event: Option<String>,
    /// Strikes so often and no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u64>,
    /// Acts only if the party's own answer is like this; the request has been applied then. "Only absent keys" is
    /// `when-answer: { status: 404 }`. Asked where no rule without this condition strikes; counters and budget count the call
    /// whatever the answer turns out to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when_answer: Option<WhenAnswer>,
}

/// A range of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Calls {
    /// The first.
    #[serde(default = "first")]
    pub from: u64,
    /// The last; without it all from the first on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<u64>,
}

/// A part of the run's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Its begin.
    #[serde(default)]
    pub from: Span,
    /// Its end, excluded; without it to the end of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Span>,
}

/// What the party's own answer must be like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhenAnswer {
    /// Its status, one or a list.
    pub status: OneOrMany<Status>,
}

fn first() -> u64 {
    1
}

impl When {
    /// Whether the conditions on the call itself hold.
    pub(crate) fn holds(&self, call: &Call<'_>) -> bool {
        self.operation.as_ref().is_none_or(|wanted| call.operation.is_some_and(|o| wanted.iter().any(|w| w.0 == o)))
            && self.method.as_ref().is_none_or(|wanted| wanted.iter().any(|w| w.0 == call.method.as_str()))
            && self.path.as_ref().is_none_or(|pattern| pattern.fits_path(call.path))
            && self.key_class.as_ref().is_none_or(|wanted| wanted.contains(&KeyClass::of(call.key)))
            && self.key.as_ref().is_none_or(|pattern| pattern.fits_path(call.key))
            && self.header.iter().all(|(name, pattern)| header_holds(call.headers, name, pattern.as_ref()))
            && self.query.iter().all(|(name, pattern)| query_holds(call.query, name, pattern.as_ref()))
    }

    /// Whether the count of such calls, this one included, is one to strike.
    pub(crate) fn counts(&self, count: u64) -> bool {
        self.nth.as_ref().is_none_or(|wanted| wanted.contains(&count))
            && self.calls.is_none_or(|c| count >= c.from && c.to.is_none_or(|to| count <= to))
            && self.every.is_none_or(|every| every != 0 && count.is_multiple_of(every))
    }

    /// What is wrong with these conditions, for the author of a file.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut refuse = |wrong: bool, text: &str| {
            if wrong {
                found.push(text.to_owned());
            }
        };
        refuse(self.nth.as_ref().is_some_and(|n| n.contains(&0)), "`nth` counts from 1");
        refuse(self.calls.is_some_and(|c| c.from == 0), "`calls` counts from 1");
        refuse(self.calls.is_some_and(|c| c.to.is_some_and(|to| to < c.from)), "`calls` ends before it begins");
        refuse(self.every == Some(0), "`every: 0` never strikes: write 1 for every call");
        refuse(self.at_most == Some(0), "`at-most: 0` never strikes: leave the fault out");
        refuse(
            self.probability.is_some_and(|p| !(0.0..=1.0).contains(&p)),
            "`probability` is a number between 0 and 1: write 0.25 for a quarter of the calls",
        );
        refuse(
            self.window.is_some_and(|w| w.to.is_some_and(|to| to <= w.from)),
            "`window` ends before it begins: `to` must be later than `from`",
        );
        for name in self.header.keys() {
            if HeaderName::from_bytes(name.as_bytes()).is_err() {
                found.push(format!("`{name}` is not the name of a header"));
            }
        }
        found
    }
}

fn header_holds(headers: &HeaderMap, name: &str, pattern: Option<&Glob>) -> bool {
    let mut values = headers.get_all(name).iter();
    match pattern {
        None => values.next().is_none(),
        Some(pattern) => values.any(|value| pattern.fits_value(&String::from_utf8_lossy(value.as_bytes()))),
    }
}

fn query_holds(query: &str, name: &str, pattern: Option<&Glob>) -> bool {
    let mut values = query.split('&').filter(|pair| !pair.is_empty()).filter_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(key) == name).then(|| decoded(value))
    });
    match pattern {
        None => values.next().is_none(),
        Some(pattern) => values.any(|value| pattern.fits_value(&value)),
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// A text from a fixed list; others are refused with the list.
macro_rules! known_name {
    ($(#[$doc:meta])* $type:ident, $names:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $type(&'static str);

        impl $type {
            /// The name, if it is known.
            pub fn named(name: &str) -> Option<Self> {
                $names.iter().find(|known| **known == name).map(|known| Self(known))
            }

            /// The name.
            pub fn name(self) -> &'static str {
                self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.0)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Name;

                impl Visitor<'_> for Name {
                    type Value = $type;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($what)
                    }

                    fn visit_str<E: de::Error>(self, name: &str) -> Result<$type, E> {
                        $type::named(name).ok_or_else(|| E::custom(Unknown { what: $what, name, known: $names }))
                    }
                }

                deserializer.deserialize_str(Name)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.0)
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "enum": $names, "description": $what })
            }
        }
    };
}

known_name!(
    /// The name of an S3 operation.
    Operation,
    OPERATIONS,
    "an S3 operation"
);
known_name!(
    /// An HTTP method.
    Verb,
    METHODS,
    "an HTTP method"
);

#[cfg(test)]
mod tests;
