//! Docker archives, as `docker save` writes them: a tar with `manifest.json`, configs and layers. Layers are not unpacked but
//! read from their place in the file.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize;
use shakedown_oci::{Flavor, ManifestBuilder, media_type};

use super::{Blob, FileRange, Image, SourceError, StoredManifest};

/// Largest `manifest.json` or config that is read.
const SMALL: u64 = 16 * 1024 * 1024;
/// Most members of an archive that are remembered.
const MOST: usize = 100_000;

/// An archive on disk, indexed.
#[derive(Debug, Clone)]
pub struct DockerArchive {
    path: PathBuf,
    members: BTreeMap<String, FileRange>,
    images: Vec<Entry>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    layers: Vec<String>,
}

impl DockerArchive {
    /// Reads the list of members and `manifest.json`; no layer is read.
    ///
    /// # Errors
    /// If the file is no such archive.
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self, SourceError> {
        let path = path.into();
        let shown = path.display().to_string();
        tokio::task::spawn_blocking(move || Self::read(path))
            .await
            .unwrap_or_else(|error| Err(SourceError::new(shown, error)))
    }

    fn read(path: PathBuf) -> Result<Self, SourceError> {
        let wrong = |error: &dyn std::fmt::Display| SourceError::new(path.display(), error);
        let members = index(&path).map_err(|error| wrong(&error))?;
        let list = members
            .get("manifest.json")
            .ok_or_else(|| wrong(&"it has no manifest.json; was it made by docker save?"))?;
        let list = read_part(list).map_err(|error| wrong(&error))?;
        let images: Vec<Entry> =
            serde_json::from_slice(&list).map_err(|error| wrong(&format!("manifest.json: {error}")))?;
        Ok(Self { path, members, images })
    }

    /// All names in the archive, as `repository:tag`.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.images.iter().flat_map(|image| image.repo_tags.iter().flatten()).map(String::as_str)
    }

    /// The image called `name` (`repository:tag`); without a name the only one there is. Layers are hashed here, streaming.
    ///
    /// # Errors
    /// If there is no such image, or a part of it is missing.
    pub async fn image(&self, name: Option<&str>) -> Result<Image, SourceError> {
        let named = |entry: &&Entry| name.is_none_or(|name| entry.repo_tags.iter().flatten().any(|tag| tag == name));
        let mut wanted = self.images.iter().filter(named);
        let entry = match (wanted.next(), wanted.next()) {
            (Some(entry), None) => entry,
            (Some(_), Some(_)) => return Err(self.wrong("it has several images; give the name of one")),
            (None, _) => return Err(self.wrong("it has no such image")),
        };
        let config = self.member(&entry.config)?.clone();
        let config = tokio::task::spawn_blocking(move || read_part(&config)).await;
        let config =
            config.map_err(|error| self.wrong(&error.to_string()))?.map_err(|error| self.wrong(&error.to_string()))?;
        let config = Blob::bytes(media_type::DOCKER_CONFIG, Bytes::from(config));
        let mut builder = ManifestBuilder::new(Flavor::Docker, config.descriptor.clone());
        let mut blobs = vec![config];
        for name in &entry.layers {
            let layer = self.member(name)?.clone();
            let blob = Blob::hashed(self.layer_type(&layer).await?, Arc::new(layer)).await?;
            builder = builder.layer(blob.descriptor.clone());
            blobs.push(blob);
        }
        Ok(Image::new(blobs, StoredManifest::new(media_type::DOCKER_MANIFEST, builder.render())))
    }

    /// Gzip is told by its first bytes; `docker save` usually writes plain tars.
    async fn layer_type(&self, layer: &FileRange) -> Result<&'static str, SourceError> {
        use super::BlobSource as _;
        let start = layer.read(0..layer.size.min(2)).await?.collect(2).await;
        let start = start.map_err(|error| self.wrong(&error.to_string()))?;
        Ok(if start[..] == [0x1f, 0x8b] { media_type::DOCKER_LAYER_GZIP } else { media_type::DOCKER_LAYER })
    }

    fn member(&self, name: &str) -> Result<&FileRange, SourceError> {
        self.members.get(name).ok_or_else(|| self.wrong(&format!("{} is missing", shakedown_oci::quote(name))))
    }

    fn wrong(&self, reason: &str) -> SourceError {
        SourceError::new(self.path.display(), reason)
    }
}

/// Where each file of the tar lies; links lead to the file they name.
fn index(path: &Path) -> std::io::Result<BTreeMap<String, FileRange>> {
    let mut archive = tar::Archive::new(std::fs::File::open(path)?);
    let mut members = BTreeMap::new();
    let mut links = Vec::new();
    for entry in archive.entries_with_seek()? {
        let entry = entry?;
        if members.len() + links.len() >= MOST {
            return Err(std::io::Error::other("it has too many members"));
        }
        let name = normal(&entry.path()?);
        let kind = entry.header().entry_type();
        if kind.is_file() {
            let range = FileRange { path: path.to_owned(), offset: entry.raw_file_position(), size: entry.size() };
            members.insert(name, range);
        } else if let Some(target) = entry.link_name()? {
            let target = if kind.is_symlink() {
                Path::new(&name).parent().unwrap_or(Path::new("")).join(target)
            } else {
                target.into_owned()
            };
            links.push((name, normal(&target)));
        }
    }
    for (name, target) in links {
        if let Some(range) = members.get(&target).cloned() {
            members.insert(name, range);
        }
    }
    Ok(members)
}

/// `./a/b/../c` becomes `a/c`.
fn normal(path: &Path) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => {
                parts.pop();
            }
            std::path::Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
            _ => {}
        }
    }
    parts.join("/")
}

fn read_part(part: &FileRange) -> std::io::Result<Vec<u8>> {
    use std::io::Seek as _;
    if part.size > SMALL {
        return Err(std::io::Error::other("a JSON file in it is too large"));
    }
    let mut file = std::fs::File::open(&part.path)?;
    file.seek(std::io::SeekFrom::Start(part.offset))?;
    let mut bytes = Vec::new();
    file.take(part.size).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(directory: &Path) -> PathBuf {
        let path = directory.join("image.tar");
        let mut builder = tar::Builder::new(std::fs::File::create(&path).unwrap());
        let mut add = |name: &str, bytes: &[u8]| {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            builder.append_data(&mut header, name, bytes).unwrap();
        };
        add("a/layer.tar", &[7; 3000]);
        add("b/layer.tar", &[0x1f, 0x8b, 0, 1]);
        add("config.json", b"{}");
        let list = r#"[{"Config":"config.json","RepoTags":["lab/app:1"],"Layers":["a/layer.tar","b/layer.tar","c/layer.tar"]},
                       {"Config":"config.json","RepoTags":null,"Layers":["d/layer.tar"]}]"#;
        add("manifest.json", list.as_bytes());
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        builder.append_link(&mut header, "c/layer.tar", "../a/layer.tar").unwrap();
        builder.into_inner().unwrap();
        path
    }

    #[tokio::test]
    async fn an_archive_becomes_an_image() {
        let directory = tempfile::tempdir().unwrap();
        let archive = DockerArchive::open(archive(directory.path())).await.unwrap();
        assert_eq!(archive.tags().collect::<Vec<_>>(), ["lab/app:1"]);
        let image = archive.image(Some("lab/app:1")).await.unwrap();
        // The linked layer is the first one again.
        assert_eq!(image.blobs.len(), 3);
        assert_eq!(image.blobs[1].descriptor.digest, shakedown_oci::Digest::of(&[7; 3000]));
        assert_eq!(image.blobs[1].descriptor.media_type, media_type::DOCKER_LAYER);
        assert_eq!(image.blobs[2].descriptor.media_type, media_type::DOCKER_LAYER_GZIP);
        let manifest = shakedown_oci::Manifest::parse(&image.root().bytes, None).unwrap();
        assert_eq!(manifest.layers.len(), 3);
        assert!(archive.image(None).await.unwrap_err().to_string().contains("several images"));
        assert!(archive.image(Some("x")).await.unwrap_err().to_string().contains("no such image"));
    }

    #[tokio::test]
    async fn other_files_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.tar");
        std::fs::write(&path, [0; 1024]).unwrap();
        assert!(DockerArchive::open(&path).await.unwrap_err().to_string().contains("docker save"));
        assert!(DockerArchive::open(directory.path().join("y")).await.is_err());
    }
}
