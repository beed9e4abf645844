//! A registry that somebody else started, and the S3 mock it stands on if that can be controlled.
//! Not here: the storage behind the control interface (`control`).

use std::sync::Arc;

use futures_util::future::LocalBoxFuture;
use http::Uri;
use shakedown_wire::{Clock, Party};

use super::{Running, environment};
use crate::control::ControlStore;
use crate::store::Store;
use crate::view::ViewError;

/// A foreign registry at an address.
#[derive(Debug)]
pub(crate) struct UrlSystem {
    base: Uri,
}

/// Reads `http://host:port`.
///
/// # Errors
/// It is not such an address.
pub(crate) fn address(text: &str) -> Result<Uri, String> {
    let bad = || format!("`{text}` is not an address: write http://HOST:PORT or https://HOST:PORT");
    let uri: Uri = text.trim_end_matches('/').parse().map_err(|_| bad())?;
    let known = matches!(uri.scheme_str(), Some("http" | "https"));
    if known && uri.authority().is_some() { Ok(uri) } else { Err(bad()) }
}

impl UrlSystem {
    /// Attaches to it, and to the mock at `control`.
    ///
    /// # Errors
    /// An address is none, or the control interface does not answer.
    pub(crate) async fn attach(
        registry: &str,
        control: Option<&str>,
        network: &Party,
        clock: &Clock,
    ) -> Result<(Self, Option<Arc<dyn Store>>), ViewError> {
        let base = address(registry).map_err(|reason| environment("--system", reason))?;
        let store = match control {
            None => None,
            Some(control) => {
                let control = address(control).map_err(|reason| environment("--s3", reason))?;
                let store: Arc<dyn Store> = Arc::new(ControlStore::attach(&control, &base, network, clock).await?);
                Some(store)
            }
        };
        Ok((Self { base }, store))
    }

    /// Its base address.
    pub(crate) fn base(&self) -> &Uri {
        &self.base
    }
}

impl Running for UrlSystem {
    fn restart(&mut self, _: bool) -> LocalBoxFuture<'_, Result<(), ViewError>> {
        let refused = environment("restart", "a registry that somebody else started cannot be restarted by us");
        Box::pin(async { Err(refused) })
    }

    fn stop(&mut self) -> LocalBoxFuture<'_, ()> {
        // It was there before us and stays.
        Box::pin(async {})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_need_scheme_and_host() {
        assert_eq!(address("http://127.0.0.1:5000/").unwrap().authority().unwrap(), "127.0.0.1:5000");
        for bad in ["127.0.0.1:5000", "ftp://a/", "http://", "", "/v2/"] {
            assert!(address(bad).unwrap_err().contains("is not an address"), "{bad}");
        }
    }
}
