//! Error codes: the specification's table (ER4) and those that real registries send beside it.

use std::fmt;
use std::str::FromStr;

/// The code of an error entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorCode {
    /// code-1: the registry does not know the blob.
    BlobUnknown,
    /// code-2: the upload cannot be continued.
    BlobUploadInvalid,
    /// code-3: the registry does not know the upload.
    BlobUploadUnknown,
    /// code-4: the content does not have the digest that was given, or the digest is not one.
    DigestInvalid,
    /// code-5: a manifest references content the registry does not know (PU2).
    ManifestBlobUnknown,
    /// code-6: the manifest is not valid.
    ManifestInvalid,
    /// code-7: the registry does not know the manifest.
    ManifestUnknown,
    /// code-8: not a repository name.
    NameInvalid,
    /// code-9: the registry does not know the repository.
    NameUnknown,
    /// code-10: the length does not match the content.
    SizeInvalid,
    /// code-11: authentication is needed.
    Unauthorized,
    /// code-12: authenticated, but not allowed.
    Denied,
    /// code-13: the operation is not supported.
    Unsupported,
    /// code-14: too many requests.
    TooManyRequests,
    /// Not in the table: an error without a better name.
    Unknown,
    /// Not in the table: the service cannot answer now.
    Unavailable,
    /// Not in the table: a chunk does not follow the last one.
    RangeInvalid,
    /// Not in the table, from Docker: the tag does not match the manifest (HC2).
    TagInvalid,
    /// Not in the table, from Docker: the signature of a schema 1 manifest is wrong (HC2).
    ManifestUnverified,
    /// Not in the table: `n` of a listing is not a number.
    PaginationNumberInvalid,
}

/// Code, name, status.
const TABLE: [(ErrorCode, &str, u16); 20] = [
    (ErrorCode::BlobUnknown, "BLOB_UNKNOWN", 404),
    (ErrorCode::BlobUploadInvalid, "BLOB_UPLOAD_INVALID", 404),
    (ErrorCode::BlobUploadUnknown, "BLOB_UPLOAD_UNKNOWN", 404),
    (ErrorCode::DigestInvalid, "DIGEST_INVALID", 400),
    (ErrorCode::ManifestBlobUnknown, "MANIFEST_BLOB_UNKNOWN", 400),
    (ErrorCode::ManifestInvalid, "MANIFEST_INVALID", 400),
    (ErrorCode::ManifestUnknown, "MANIFEST_UNKNOWN", 404),
    (ErrorCode::NameInvalid, "NAME_INVALID", 400),
    (ErrorCode::NameUnknown, "NAME_UNKNOWN", 404),
    (ErrorCode::SizeInvalid, "SIZE_INVALID", 400),
    (ErrorCode::Unauthorized, "UNAUTHORIZED", 401),
    (ErrorCode::Denied, "DENIED", 403),
    (ErrorCode::Unsupported, "UNSUPPORTED", 405),
    (ErrorCode::TooManyRequests, "TOOMANYREQUESTS", 429),
    (ErrorCode::Unknown, "UNKNOWN", 500),
    (ErrorCode::Unavailable, "UNAVAILABLE", 503),
    (ErrorCode::RangeInvalid, "RANGE_INVALID", 416),
    (ErrorCode::TagInvalid, "TAG_INVALID", 400),
    (ErrorCode::ManifestUnverified, "MANIFEST_UNVERIFIED", 400),
    (ErrorCode::PaginationNumberInvalid, "PAGINATION_NUMBER_INVALID", 400),
];

/// How many of [`TABLE`] are the specification's.
const IN_SPECIFICATION: usize = 14;

impl ErrorCode {
    /// All codes: the specification's fourteen first, then the others.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.into_iter().map(|(code, ..)| code)
    }

    /// The code as sent.
    pub fn as_str(self) -> &'static str {
        TABLE[self as usize].1
    }

    /// The status it is usually sent with; an answer may use a more precise one (413 for a manifest that is too large, MP16).
    pub fn status(self) -> http::StatusCode {
        http::StatusCode::from_u16(TABLE[self as usize].2).expect("every status of the table is valid")
    }

    /// Whether the specification's table lists it (ER4).
    pub fn in_specification(self) -> bool {
        (self as usize) < IN_SPECIFICATION
    }

    /// Whether clients take it as a sign to try again: go-containerregistry's list.
    pub fn is_temporary(self) -> bool {
        matches!(self, Self::BlobUploadInvalid | Self::TooManyRequests | Self::Unknown | Self::Unavailable)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ErrorCode {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        TABLE.iter().find(|(_, name, _)| *name == text).map(|(code, ..)| *code).ok_or(UnknownCode)
    }
}

/// The text is none of the codes we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a known error code")]
pub struct UnknownCode;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_enum() {
        for (index, code) in ErrorCode::all().enumerate() {
            assert_eq!(code as usize, index);
            assert_eq!(code.as_str().parse(), Ok(code));
            assert!(code.status().as_u16() >= 400);
        }
        assert_eq!(ErrorCode::all().filter(|code| code.in_specification()).count(), 14);
        assert!(!ErrorCode::Unknown.in_specification() && ErrorCode::TooManyRequests.in_specification());
    }
}
