//! The upstream of a world (`given.upstream`): a second site with faults of its own, and what the registry under test asked it.

use http::Uri;
use shakedown_client::Client;
use shakedown_faults::{Fault, FaultSet, On};
use shakedown_inject::Injector;
use shakedown_registry::{UpstreamConfig, UpstreamCredentials};
use shakedown_wire::{Exchange, Lane, Recorder};
use tokio::sync::Mutex;

use super::other::{OtherSite, Place};
use super::{FRONT_LIMIT, Parts, World};
use crate::content::derive;
use crate::setup::Setup;
use crate::view::ViewError;

/// Where checks of such calls look.
pub(crate) const UPSTREAM_CALLS: &str = "upstream calls";

const PLACE: Place = Place { label: "upstream", authority: "upstream.test", store: "upstream-s3.test" };

/// It, and what is known of it.
#[derive(Debug)]
pub(crate) struct UpstreamPart {
    base: Uri,
    /// What children of ours call it where they reach it through a forward proxy.
    name: Option<&'static str>,
    site: Mutex<OtherSite>,
    injector: Injector,
    recorder: Recorder,
}

impl UpstreamPart {
    /// How a pull-through cache is told of it.
    pub(super) fn config(&self) -> UpstreamConfig {
        UpstreamConfig { base: self.base.clone(), credentials: UpstreamCredentials::Anonymous }
    }

    /// Its address, as system files write it.
    pub(super) fn address(&self) -> String {
        match self.name {
            Some(name) => format!("http://{name}"),
            None => self.base.to_string().trim_end_matches('/').to_owned(),
        }
    }

    /// Other faults from now on.
    pub(super) fn set_faults(&self, faults: &[Fault], seed: u64) {
        self.injector.replace(faults.to_vec(), derive(seed, &["upstream"]));
    }

    /// Reports a named event.
    pub(super) fn event(&self, name: &str) {
        self.injector.event(name);
    }

    /// Forgets what was recorded.
    pub(super) fn clear(&self) {
        self.recorder.clear();
    }

    /// Keeps this text out of what is recorded.
    pub(super) fn secret(&self, text: &str) {
        self.recorder.secret(text);
    }

    /// What it was asked, in order.
    pub(crate) fn calls(&self) -> Vec<Exchange> {
        self.recorder.exchanges()
    }

    pub(super) async fn stop(&self) {
        self.site.lock().await.stop().await;
    }
}

impl Parts {
    /// Builds it; it answers, and nothing is in it.
    pub(super) fn upstream(&self, setup: &Setup) -> Result<UpstreamPart, ViewError> {
        let injector = Injector::new(FaultSet::new(Vec::new(), 0), On::Upstream, self.clock.clone());
        let recorder = Recorder::new(self.clock.clone(), FRONT_LIMIT);
        let (faults, seen) = (injector.clone(), recorder.clone());
        let wrap = Box::new(move |party| seen.layer(Lane::new("registry", "upstream"), faults.layer(party)));
        let site = self.site(setup, &PLACE, wrap)?;
        let name = site.base.authority().and_then(|authority| self.upstream_through_proxy(PLACE.authority, authority));
        Ok(UpstreamPart { base: site.base.clone(), name, site: Mutex::new(site), injector, recorder })
    }
}

impl World {
    /// The upstream.
    pub(crate) fn upstream(&self) -> Result<&UpstreamPart, String> {
        self.upstream.as_ref().ok_or_else(|| "there is no upstream (`given.upstream`)".to_owned())
    }

    /// A client of the upstream, for what is there before the scenario.
    pub(crate) fn upstream_client(&self) -> Result<Client, String> {
        Ok(self.client_on(self.quiet_party.clone(), &self.upstream()?.base))
    }
}
