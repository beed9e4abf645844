//! Which system a name means: the reference registry with what is seeded into it, a system that is built in, a file, or an address.
//! Not here: what stands in the file (`file`).

use std::path::Path;

use super::{SystemChoice, SystemFile};

impl SystemChoice {
    /// The system of this name: `reference`, `reference+ID+...` with defects or allowed behaviours, the name of one that is built in, a
    /// system file (`*.yaml`), or a URL, which may stand on an S3 mock with a control interface.
    ///
    /// # Errors
    /// There is none of that name, or something is wrong with its file; one line, with what to do.
    pub fn named(name: &str, s3_control: Option<String>) -> Result<Self, String> {
        if name.starts_with("http://") || name.starts_with("https://") {
            if name.split('/').nth(2).is_some_and(|authority| authority.contains('@')) {
                return Err("a URL with a password would stand in every report; give it with --auth".to_owned());
            }
            return Ok(Self::Url { registry: name.trim_end_matches('/').to_owned(), s3_control });
        }
        if s3_control.is_some() {
            return Err("--s3 goes with a registry given as URL: --system http://HOST:PORT --s3 CONTROL-URL".to_owned());
        }
        let mut own = name.split('+');
        if own.next() == Some("reference") {
            let is_allowed = |id: &String| shakedown_registry::allowed::find(id).is_some();
            let (allowed, defects) = own.map(str::to_owned).partition(is_allowed);
            return Ok(Self::Reference { defects, allowed });
        }
        SystemFile::named(name).map(|file| Self::Process(Box::new(file)))
    }
}

impl SystemFile {
    /// The system of this name that is built in, or the one that a file (`*.yaml`) tells of.
    ///
    /// # Errors
    /// There is none, or something is wrong with it.
    pub fn named(name: &str) -> Result<Self, String> {
        let file = if Path::new(name).extension().is_some_and(|extension| extension == "yaml") {
            let text = std::fs::read_to_string(name).map_err(|error| format!("cannot read {name}: {error}"))?;
            Self::parse(name, &text)
        } else {
            let unknown = || {
                format!(
                    "there is no system `{name}`; `shakedown list --systems` shows them, and a file (*.yaml) or a URL is taken, too"
                )
            };
            Self::parse(name, Self::shipped(name).ok_or_else(unknown)?)
        };
        file.map_err(|error| error.to_string())
    }
}
