//! What a request addresses: bucket, key, query. Path style and virtual-host style. Not here: who may (`auth`) and what is done (`ops`).

use http::HeaderMap;
use percent_encoding::percent_decode_str;

use crate::config::S3Config;
use crate::error::{Code, S3Error};

/// Longest key, in bytes.
const MAX_KEY: usize = 1024;

/// Decoded query pairs in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Splits and decodes. A `+` is a space, as S3 reads it.
    pub(crate) fn parse(raw: &str) -> Result<Self, S3Error> {
        raw.split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                Ok((decode(&name.replace('+', " "))?, decode(&value.replace('+', " "))?))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The first value of a name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// True if the name is there, with or without a value.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A number, or the default if absent or empty.
    pub(crate) fn number(&self, name: &'static str, default: u32) -> Result<u32, S3Error> {
        match self.get(name) {
            None | Some("") => Ok(default),
            Some(text) => match text.parse::<u32>() {
                Ok(number) if number <= i32::MAX as u32 => Ok(number),
                _ => Err(S3Error::argument(
                    name,
                    text,
                    format!("Provided {name} not an integer or within integer range"),
                )),
            },
        }
    }
}

/// Percent-decodes text that must be UTF-8.
pub(crate) fn decode(text: &str) -> Result<String, S3Error> {
    percent_decode_str(text).decode_utf8().map(Into::into).map_err(|_| Code::InvalidURI.into())
}

/// What a request is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Target {
    /// The bucket; empty if the service itself is addressed.
    pub(crate) bucket: String,
    /// The key; empty if the bucket itself is addressed.
    pub(crate) key: String,
    /// The query.
    pub(crate) query: Query,
    /// The bucket stood in the host name.
    pub(crate) virtual_host: bool,
}

impl Target {
    /// Reads path, query and host.
    pub(crate) fn of(config: &S3Config, uri: &http::Uri, headers: &HeaderMap) -> Result<Self, S3Error> {
        let query = Query::parse(uri.query().unwrap_or_default())?;
        let path = uri.path().strip_prefix('/').unwrap_or_else(|| uri.path());
        if config.virtual_host_style
            && let Some(bucket) = bucket_of_host(config, &host(uri, headers))
        {
            return Ok(Self { bucket, key: decode(path)?, query, virtual_host: true });
        }
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        Ok(Self { bucket: decode(bucket)?, key: decode(key)?, query, virtual_host: false })
    }

    /// The same, as it is below a directory of the bucket; what is not in it stays as it is.
    pub(crate) fn below(mut self, directory: &str) -> Self {
        if let Some(key) = self.key.strip_prefix(directory) {
            self.key = key.to_owned();
        }
        for (name, value) in &mut self.query.0 {
            if matches!(name.as_str(), "prefix" | "key-marker" | "start-after")
                && let Some(key) = value.strip_prefix(directory)
            {
                *value = key.to_owned();
            }
        }
        self
    }

    /// As errors name it: `/bucket/key`.
    pub(crate) fn resource(&self) -> String {
        match (self.bucket.as_str(), self.key.as_str()) {
            ("", _) => "/".to_owned(),
            (bucket, "") => format!("/{bucket}"),
            (bucket, key) => ["/", bucket, "/", key].concat(),
        }
    }

    /// Rules every request must obey before it is looked at.
    pub(crate) fn check(&self, config: &S3Config) -> Result<(), S3Error> {
        if !config.path_style && !self.virtual_host && !self.bucket.is_empty() {
            return Err(Code::SecondLevelDomainForbidden.into());
        }
        check_key(&self.key)
    }
}

/// A key may have 1024 bytes.
pub(crate) fn check_key(key: &str) -> Result<(), S3Error> {
    if key.len() > MAX_KEY {
        return Err(S3Error::from(Code::KeyTooLongError).with("Size", key.len()).with("MaxSizeAllowed", MAX_KEY));
    }
    Ok(())
}

/// The host as the client meant it: the `Host` header, else the URI's authority.
pub(crate) fn host(uri: &http::Uri, headers: &HeaderMap) -> String {
    match headers.get(http::header::HOST) {
        Some(value) => String::from_utf8_lossy(value.as_bytes()).into_owned(),
        None => uri.authority().map_or_else(String::new, |authority| authority.as_str().to_owned()),
    }
}

fn bucket_of_host(config: &S3Config, host: &str) -> Option<String> {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    config.hosts.iter().find_map(|own| {
        let bucket = name.strip_suffix(own.as_str())?.strip_suffix('.')?;
        (!bucket.is_empty()).then(|| bucket.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(host: &str, uri: &str) -> Target {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::HOST, host.parse().unwrap());
        Target::of(&S3Config::default(), &uri.parse().unwrap(), &headers).unwrap()
    }

    #[test]
    fn both_styles_address_the_same() {
        let path = target("s3.test:9000", "/lab/a%20b/c?uploads&prefix=x%2By+z");
        assert_eq!((path.bucket.as_str(), path.key.as_str()), ("lab", "a b/c"));
        assert_eq!(path.query.get("prefix"), Some("x+y z"));
        assert!(path.query.has("uploads"));
        let host = target("lab.s3.test:9000", "http://lab.s3.test:9000/a%20b/c");
        assert_eq!((host.bucket.as_str(), host.key.as_str(), host.virtual_host), ("lab", "a b/c", true));
        assert_eq!(target("s3.test", "/").resource(), "/");
        assert_eq!(target("s3.test", "/lab/").resource(), "/lab");
        assert_eq!(target("lab.localhost:1", "/k//x").resource(), "/lab/k//x");
    }

    #[test]
    fn keys_of_a_directory_are_told_as_they_are_below_it() {
        let below = |uri: &str| target("s3.test", uri).below("run/1/");
        assert_eq!(below("/lab/run/1/docker/x").key, "docker/x");
        assert_eq!(below("/lab/other/docker/x").key, "other/docker/x");
        assert_eq!(below("/lab?uploads&prefix=run/1/docker").query.get("prefix"), Some("docker"));
    }

    #[test]
    fn numbers_are_bounded_and_bad_text_is_refused() {
        let query = Query::parse("max-keys=99999999999&n=-1&m=5&e=").unwrap();
        assert!(query.number("max-keys", 1).is_err());
        assert!(query.number("n", 1).is_err());
        assert_eq!(
            (query.number("m", 1).unwrap(), query.number("e", 7).unwrap(), query.number("none", 8).unwrap()),
            (5, 7, 8)
        );
        assert_eq!(Query::parse("a=%ff").unwrap_err().code, Code::InvalidURI);
    }
}
