//! `x-amz-checksum-*` and Content-MD5: which there are, how they are computed, how they are compared.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crc_fast::CrcAlgorithm;
use http::HeaderMap;
use md5::Md5;
use sha2::{Digest as _, Sha256};

use crate::error::{Code, S3Error};

/// The algorithms of S3's additional checksums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

impl Algorithm {
    /// All of them.
    pub(crate) const ALL: [Self; 5] = [Self::Crc32, Self::Crc32c, Self::Crc64Nvme, Self::Sha1, Self::Sha256];

    /// The header that carries it.
    pub(crate) fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// The XML element that carries it.
    pub(crate) fn element(self) -> &'static str {
        match self {
            Self::Crc32 => "ChecksumCRC32",
            Self::Crc32c => "ChecksumCRC32C",
            Self::Crc64Nvme => "ChecksumCRC64NVME",
            Self::Sha1 => "ChecksumSHA1",
            Self::Sha256 => "ChecksumSHA256",
        }
    }

    /// The algorithm of a header's name.
    pub(crate) fn of_header(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.header().eq_ignore_ascii_case(name))
    }

    fn length(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }
}

/// One checksum being computed.
pub(crate) enum Hasher {
    Crc(Algorithm, crc_fast::Digest),
    Sha1(sha1::Sha1),
    Sha256(Sha256),
}

impl Hasher {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        let crc = |kind| Self::Crc(algorithm, crc_fast::Digest::new(kind));
        match algorithm {
            Algorithm::Crc32 => crc(CrcAlgorithm::Crc32IsoHdlc),
            Algorithm::Crc32c => crc(CrcAlgorithm::Crc32Iscsi),
            Algorithm::Crc64Nvme => crc(CrcAlgorithm::Crc64Nvme),
            Algorithm::Sha1 => Self::Sha1(sha1::Sha1::default()),
            Algorithm::Sha256 => Self::Sha256(Sha256::default()),
        }
    }

    pub(crate) fn update(&mut self, data: &[u8]) {
        match self {
            Self::Crc(_, digest) => digest.update(data),
            Self::Sha1(hash) => hash.update(data),
            Self::Sha256(hash) => hash.update(data),
        }
    }

    /// The value as headers have it: base64 of the big-endian bytes.
    pub(crate) fn finish(self) -> String {
        match self {
            Self::Crc(algorithm, digest) => STANDARD.encode(&digest.finalize().to_be_bytes()[8 - algorithm.length()..]),
            Self::Sha1(hash) => STANDARD.encode(hash.finalize()),
            Self::Sha256(hash) => STANDARD.encode(hash.finalize()),
        }
    }
}

/// The checksum a head promises: its algorithm and, unless it comes in the trailer, its value.
pub(crate) fn promised(headers: &HeaderMap) -> Result<Option<(Algorithm, Option<String>)>, S3Error> {
    // Nearly no request has one.
    if !headers.keys().any(|name| name.as_str().starts_with("x-amz-checksum-") || name == "x-amz-trailer") {
        return Ok(None);
    }
    let mut found = None;
    for algorithm in Algorithm::ALL {
        let Some(value) = headers.get(algorithm.header()) else { continue };
        if found.is_some() {
            let message = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.";
            return Err(S3Error::new(Code::InvalidRequest, message));
        }
        found = Some((algorithm, Some(checked(algorithm, value.to_str().unwrap_or_default())?)));
    }
    let Some(trailer) = headers.get("x-amz-trailer").and_then(|value| value.to_str().ok()) else { return Ok(found) };
    match trailer.split(',').map(str::trim).find_map(Algorithm::of_header) {
        Some(_) if found.is_some() => {
            Err(S3Error::new(Code::InvalidRequest, "Expecting a single x-amz-checksum- header"))
        }
        Some(algorithm) => Ok(Some((algorithm, None))),
        None => {
            Err(S3Error::new(Code::InvalidRequest, "The value specified in the x-amz-trailer header is not supported"))
        }
    }
}

/// A checksum's value if it is base64 of the right length.
pub(crate) fn checked(algorithm: Algorithm, value: &str) -> Result<String, S3Error> {
    match STANDARD.decode(value.trim()) {
        Ok(bytes) if bytes.len() == algorithm.length() => Ok(value.trim().to_owned()),
        _ => Err(S3Error::new(Code::InvalidRequest, format!("Value for {} header is invalid.", algorithm.header()))),
    }
}

/// `BadDigest` about an additional checksum.
pub(crate) fn mismatch(algorithm: Algorithm) -> S3Error {
    let name = algorithm.element().trim_start_matches("Checksum");
    S3Error::new(Code::BadDigest, format!("The {name} you specified did not match the calculated checksum."))
}

/// The Content-MD5 of a head.
pub(crate) fn content_md5(headers: &HeaderMap) -> Result<Option<[u8; 16]>, S3Error> {
    let Some(value) = headers.get("content-md5") else { return Ok(None) };
    let bytes = STANDARD.decode(value.as_bytes().trim_ascii()).map_err(|_| Code::InvalidDigest)?;
    bytes.try_into().map(Some).map_err(|_| Code::InvalidDigest.into())
}

/// `BadDigest` about Content-MD5.
pub(crate) fn md5_mismatch(expected: [u8; 16], computed: [u8; 16]) -> S3Error {
    S3Error::from(Code::BadDigest)
        .with("ExpectedDigest", STANDARD.encode(expected))
        .with("CalculatedDigest", STANDARD.encode(computed))
}

/// The ETag of a multipart object: MD5 of the MD5s, a dash, the number of parts.
pub(crate) fn multipart_etag<'a>(part_etags: impl ExactSizeIterator<Item = &'a str>) -> String {
    let count = part_etags.len();
    let mut hash = Md5::new();
    for etag in part_etags {
        hash.update(hex::decode(etag).unwrap_or_else(|_| etag.as_bytes().to_vec()));
    }
    format!("{}-{count}", hex::encode(hash.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values published for the text "123456789" (CRC catalogue) and computed with coreutils.
    #[test]
    fn known_values() {
        for (algorithm, want) in [
            (Algorithm::Crc32, hex::decode("cbf43926").unwrap()),
            (Algorithm::Crc32c, hex::decode("e3069283").unwrap()),
            (Algorithm::Crc64Nvme, hex::decode("ae8b14860a799888").unwrap()),
            (Algorithm::Sha1, hex::decode("f7c3bc1d808e04732adf679965ccc34ca7ae3441").unwrap()),
            (
                Algorithm::Sha256,
                hex::decode("15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225").unwrap(),
            ),
        ] {
            let mut hasher = Hasher::new(algorithm);
            hasher.update(b"1234");
            hasher.update(b"56789");
            assert_eq!(hasher.finish(), STANDARD.encode(want), "{algorithm:?}");
        }
    }

    #[test]
    fn what_a_head_promises() {
        let of = |lines: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.insert(*name, value.parse().unwrap());
            }
            promised(&headers)
        };
        assert_eq!(of(&[]).unwrap(), None);
        assert_eq!(
            of(&[("x-amz-checksum-crc32", "y/Q5Jg==")]).unwrap(),
            Some((Algorithm::Crc32, Some("y/Q5Jg==".into())))
        );
        assert_eq!(of(&[("x-amz-trailer", "x-amz-checksum-sha1")]).unwrap(), Some((Algorithm::Sha1, None)));
        assert!(of(&[("x-amz-checksum-crc32", "y/Q5Jg==y/Q5Jg==")]).is_err());
        assert!(of(&[("x-amz-checksum-crc32", "y/Q5Jg=="), ("x-amz-checksum-crc32c", "y/Q5Jg==")]).is_err());
        assert!(of(&[("x-amz-trailer", "x-amz-meta-x")]).is_err());
    }

    #[test]
    fn the_etag_of_a_multipart_object_is_the_md5_of_the_md5s() {
        // Two parts, "a" and "b"; the MD5 of both MD5s by md5sum.
        let etag = multipart_etag(["0cc175b9c0f1b6a831c399e269772661", "92eb5ffee6ae2fec3ad71c777531578f"].into_iter());
        assert_eq!(etag, "96e024ba2074fe77e8e965ba43a704be-2");
    }
}
