//! Which resource a path names. Repository names hold slashes, so paths are read from their end.

use percent_encoding::percent_decode_str;
use shakedown_oci::{ErrorCode, RepositoryName};

use super::refusal::Refusal;

/// A resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    Base,
    Health,
    Catalog,
    Tags(RepositoryName),
    Manifest(RepositoryName, String),
    Blob(RepositoryName, String),
    Uploads(RepositoryName),
    Upload(RepositoryName, String),
    Referrers(RepositoryName, String),
}

/// 404 for a path that is no resource.
pub(crate) fn nowhere() -> Refusal {
    Refusal::new(ErrorCode::Unsupported, "there is nothing at this path").status(http::StatusCode::NOT_FOUND)
}

impl Route {
    /// Reads a path as it was sent.
    pub(crate) fn parse(path: &str) -> Result<Self, Refusal> {
        let path = percent_decode_str(path).decode_utf8_lossy();
        if path == "/health" {
            return Ok(Self::Health);
        }
        let rest = match path.as_ref() {
            "/v2" | "/v2/" => return Ok(Self::Base),
            other => other.strip_prefix("/v2/").ok_or_else(nowhere)?,
        };
        if rest.trim_end_matches('/') == "_catalog" {
            return Ok(Self::Catalog);
        }
        if let Some(name) = rest.strip_suffix("/tags/list") {
            return Ok(Self::Tags(parse_name(name)?));
        }
        if let Some(name) = rest.strip_suffix("/blobs/uploads/").or_else(|| rest.strip_suffix("/blobs/uploads")) {
            return Ok(Self::Uploads(parse_name(name)?));
        }
        let (parent, last) = rest.rsplit_once('/').ok_or_else(nowhere)?;
        if last.is_empty() {
            return Err(nowhere());
        }
        let last = last.to_owned();
        if let Some(name) = parent.strip_suffix("/blobs/uploads") {
            return Ok(Self::Upload(parse_name(name)?, last));
        }
        if let Some(name) = parent.strip_suffix("/manifests") {
            return Ok(Self::Manifest(parse_name(name)?, last));
        }
        if let Some(name) = parent.strip_suffix("/blobs") {
            return Ok(Self::Blob(parse_name(name)?, last));
        }
        if let Some(name) = parent.strip_suffix("/referrers") {
            return Ok(Self::Referrers(parse_name(name)?, last));
        }
        Err(nowhere())
    }
}

impl Route {
    /// The repository it speaks of.
    fn repository(&mut self) -> Option<&mut RepositoryName> {
        match self {
            Self::Base | Self::Health | Self::Catalog => None,
            Self::Tags(name) | Self::Uploads(name) => Some(name),
            Self::Manifest(name, _) | Self::Blob(name, _) | Self::Upload(name, _) | Self::Referrers(name, _) => {
                Some(name)
            }
        }
    }

    /// The same resource of a mirrored upstream: its content lies in repositories that begin with its name (PX3).
    pub(crate) fn of_upstream(mut self, upstream: &str) -> Result<Self, Refusal> {
        if let Some(name) = self.repository() {
            *name = parse_name(&format!("{upstream}/{name}"))?;
        }
        Ok(self)
    }
}

fn parse_name(text: &str) -> Result<RepositoryName, Refusal> {
    text.parse().map_err(|error: shakedown_oci::NameError| Refusal::new(ErrorCode::NameInvalid, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_resources() {
        let name = |text: &str| text.parse::<RepositoryName>().unwrap();
        for (path, route) in [
            ("/v2/", Route::Base),
            ("/v2/_catalog", Route::Catalog),
            ("/v2/lab/app/tags/list", Route::Tags(name("lab/app"))),
            ("/v2/lab/app/manifests/v1", Route::Manifest(name("lab/app"), "v1".into())),
            ("/v2/a/blobs/sha256%3Aab", Route::Blob(name("a"), "sha256:ab".into())),
            ("/v2/a/b/blobs/uploads/", Route::Uploads(name("a/b"))),
            ("/v2/a/b/blobs/uploads", Route::Uploads(name("a/b"))),
            ("/v2/a/blobs/uploads/u", Route::Upload(name("a"), "u".into())),
            ("/v2/a/referrers/sha256:ab", Route::Referrers(name("a"), "sha256:ab".into())),
            ("/v2/blobs/manifests/blobs/manifests/x", Route::Manifest(name("blobs/manifests/blobs"), "x".into())),
        ] {
            assert_eq!(Route::parse(path).unwrap(), route, "{path}");
        }
        for path in ["/", "/v1/", "/v2/x", "/v2/A/tags/list", "/v2//tags/list", "/v2/a/manifests/", "/v2/../tags/list"]
        {
            assert!(Route::parse(path).is_err(), "{path}");
        }
    }
}
