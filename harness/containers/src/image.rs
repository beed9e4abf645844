//! Names of images, and whether one can be had.

use futures_util::TryStreamExt;
use testcontainers::bollard::errors::Error::DockerResponseServerError as NotHere;
use testcontainers::bollard::query_parameters::CreateImageOptionsBuilder;

use crate::{Error, engine, one_line, runtime};

/// A name as the engine takes it, in the two parts that testcontainers puts a colon between: a digest is honoured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// `registry`, or `registry@sha256`.
    pub name: String,
    /// `2`, or the digest's hex.
    pub tag: String,
}

impl Image {
    /// Reads `[HOST[:PORT]/]NAME[:TAG][@DIGEST]`; with a digest the tag says nothing more and is dropped.
    pub fn parse(text: &str) -> Self {
        let parts = |name: &str, tag: &str| Self { name: name.to_owned(), tag: tag.to_owned() };
        if let Some((name, digest)) = text.split_once('@') {
            let (algorithm, hex) = digest.split_once(':').unwrap_or(("sha256", digest));
            let name = Self::parse(name).name;
            return parts(&format!("{name}@{algorithm}"), hex);
        }
        match text.rsplit_once(':') {
            // A colon before the last slash is a port's.
            Some((name, tag)) if !tag.contains('/') => parts(name, tag),
            _ => parts(text, "latest"),
        }
    }
}

impl std::fmt::Display for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.name, self.tag)
    }
}

/// The image is here afterwards: fetched if it was not. Gives what it is: its digest where an image registry gave it one, else its id.
///
/// # Errors
/// There is no engine, or the image cannot be had.
pub async fn require(image: &str) -> Result<String, Error> {
    let (asked, name) = (image.to_owned(), Image::parse(image).to_string());
    runtime::there(async move {
        let client = engine::client().await?;
        let none = |error: &dyn std::fmt::Display| Error::NoImage { image: asked.clone(), reason: one_line(&error) };
        if client.inspect_image(&name).await.is_err() {
            let options = CreateImageOptionsBuilder::default().from_image(&name).build();
            client
                .create_image(Some(options), None, None)
                .try_collect::<Vec<_>>()
                .await
                .map_err(|error| none(&error))?;
        }
        let found = client.inspect_image(&name).await.map_err(|error| none(&error))?;
        let digest = found.repo_digests.unwrap_or_default().into_iter().next();
        Ok(digest.or(found.id).unwrap_or(name))
    })
    .await
}

/// True if the image is here and need not be fetched.
///
/// # Errors
/// There is no engine, or it says something else than yes or no.
pub async fn is_here(image: &str) -> Result<bool, Error> {
    let name = Image::parse(image).to_string();
    runtime::there(async move {
        match engine::client().await?.inspect_image(&name).await {
            Ok(_) => Ok(true),
            Err(NotHere { status_code: 404, .. }) => Ok(false),
            Err(error) => Err(Error::told(format!("image {name}"), error)),
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_port_tag_and_digest() {
        for (text, name) in [
            ("registry", "registry:latest"),
            ("registry:2", "registry:2"),
            ("localhost:5000/lab/zot", "localhost:5000/lab/zot:latest"),
            ("localhost:5000/lab/zot:v2", "localhost:5000/lab/zot:v2"),
            ("registry@sha256:abcd", "registry@sha256:abcd"),
            ("localhost:5000/registry:2@sha256:abcd", "localhost:5000/registry@sha256:abcd"),
        ] {
            assert_eq!(Image::parse(text).to_string(), name);
        }
    }
}
