//! The folder of one scenario in which programs run: their home, with what registry clients look for there. Not here: running them.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use shakedown_client::{Image, ImageTarget, OciLayout};
use tempfile::TempDir;

/// What the containers/* libraries ask before they copy anything: any image will do.
const POLICY: &str = r#"{"default":[{"type":"insecureAcceptAnything"}]}"#;

/// The folder; it is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Scratch {
    dir: TempDir,
}

impl Scratch {
    /// A new one, with nobody logged in.
    pub(crate) fn new() -> std::io::Result<Self> {
        let dir = crate::folder::new()?;
        let home = dir.path();
        std::fs::create_dir_all(home.join(".config/containers"))?;
        std::fs::write(home.join(".config/containers/policy.json"), POLICY)?;
        std::fs::create_dir_all(home.join(".docker"))?;
        Ok(Self { dir })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The environment besides `PATH` and `HOME`: docker, podman, skopeo and crane find the logins by it, and write nowhere else.
    pub(crate) fn env(&self) -> Vec<(String, String)> {
        let below = |name: &str| self.path().join(name).to_string_lossy().into_owned();
        [
            ("DOCKER_CONFIG", below(".docker")),
            ("REGISTRY_AUTH_FILE", below(".docker/config.json")),
            ("XDG_RUNTIME_DIR", below("")),
            ("TMPDIR", below("")),
            ("LC_ALL", "C".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// Writes the login of who acts, as `docker login` leaves it. Gives the secret text in it.
    pub(crate) fn log_in(&self, registry: &str, login: Option<&(String, String)>) -> std::io::Result<Option<String>> {
        let secret = login.map(|(user, password)| BASE64_STANDARD.encode(format!("{user}:{password}")));
        let auths = match &secret {
            Some(secret) => serde_json::json!({ "auths": { registry: { "auth": secret } } }),
            None => serde_json::json!({ "auths": {} }),
        };
        std::fs::write(self.path().join(".docker/config.json"), auths.to_string())?;
        Ok(secret)
    }

    /// Where the layout of an image is.
    pub(crate) fn layout(&self, name: &str) -> PathBuf {
        self.path().join("layouts").join(name)
    }

    /// Writes an image as an OCI layout, tagged `1`.
    pub(crate) async fn write(&self, name: &str, image: &Image) -> Result<(), String> {
        let failed = |reason: String| format!("the layout of `{name}`: {reason}");
        let sink = |error: shakedown_client::SinkError| failed(error.to_string());
        let layout = OciLayout::create(self.layout(name)).await.map_err(sink)?;
        for blob in &image.blobs {
            let Some(mut file) = layout.blob(&blob.descriptor).await.map_err(sink)? else { continue };
            let whole = 0..blob.source.size();
            let mut body = blob.source.read(whole).await.map_err(|error| failed(error.to_string()))?;
            while let Some(frame) = body.next().await {
                file.write(frame.map_err(|error| failed(error.to_string()))?).await.map_err(sink)?;
            }
            file.commit().await.map_err(sink)?;
        }
        for manifest in image.manifests() {
            layout.manifest(&manifest.descriptor, &manifest.bytes).await.map_err(sink)?;
        }
        let tag = "1".parse().map_err(|error| failed(format!("{error}")))?;
        layout.root(&image.root().descriptor, &tag).await.map_err(sink)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shakedown_client::ImageSpec;

    #[tokio::test]
    async fn a_home_holds_a_policy_a_login_and_a_layout() {
        let scratch = Scratch::new().unwrap();
        let read = |name: &str| std::fs::read_to_string(scratch.path().join(name)).unwrap();
        assert!(read(".config/containers/policy.json").contains("insecureAcceptAnything"));
        let login = ("ann".to_owned(), "secret".to_owned());
        let secret = scratch.log_in("registry.test:5000", Some(&login)).unwrap();
        assert_eq!(secret.as_deref(), Some("YW5uOnNlY3JldA=="));
        assert_eq!(read(".docker/config.json"), r#"{"auths":{"registry.test:5000":{"auth":"YW5uOnNlY3JldA=="}}}"#);
        assert_eq!(scratch.log_in("registry.test:5000", None).unwrap(), None);
        assert_eq!(read(".docker/config.json"), r#"{"auths":{}}"#, "who acts now is nobody");

        let image = ImageSpec::of_sizes([3000, 10]).build(1);
        scratch.write("app", &image).await.unwrap();
        let written = OciLayout::open(scratch.layout("app")).await.unwrap().image(Some("1")).await.unwrap();
        assert_eq!(written.root(), image.root());
        let gone = scratch.path().to_owned();
        drop(scratch);
        assert!(!gone.exists());
    }
}
