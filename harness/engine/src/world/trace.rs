//! What was seen of a world so far, from all sides. Not here: how it is joined (`trace` of the crate).

use shakedown_faults::forward::ProxyUser as Whose;
use shakedown_faults::gateway::Before;
use shakedown_wire::Exchange;

use super::World;
use super::front::{as_sent, by_start, is_foreign, redirected};
use super::upstream::UpstreamPart;
use crate::forward::FORWARD_PROXY;
use crate::gateway::{GatewayPart, fold};
use crate::options::Over;

impl World {
    /// What both sides saw so far: calls of the client, calls to storage, each by start.
    pub(crate) async fn trace(&self) -> (Vec<Exchange>, Vec<Exchange>) {
        let mut front = self.front.exchanges();
        let mut sides = self.gateway.as_ref().map(GatewayPart::exchanges).unwrap_or_default();
        sides.extend(self.forward.iter().flat_map(|forward| forward.part.exchanges()));
        let to = self.front_lane();
        let (foreign, inner): (Vec<_>, Vec<_>) =
            self.inner.exchanges().into_iter().partition(|call| is_foreign(call, to));
        front.extend(foreign.into_iter().map(as_sent));
        for inner in inner {
            let same = |call: &&mut Exchange| {
                call.trace.is_some() && call.trace == inner.trace && call.lane.to == inner.lane.to
            };
            if let Some(call) = front.iter_mut().chain(&mut sides).find(same) {
                call.faults.extend(inner.faults);
                call.notes.extend(inner.notes);
            }
        }
        let mut back = match &self.store {
            Some(store) => store.calls().await.unwrap_or_default(),
            None => Vec::new(),
        };
        back.extend(self.upstream.iter().flat_map(UpstreamPart::calls));
        back.extend(self.peers.calls());
        if self.over == Over::Tcp {
            front.extend(redirected(&back));
        }
        let (front, mut back) = (by_start(front), by_start(back));
        let of = |name: &str, sides: &[Exchange]| {
            sides.iter().filter(|call| call.lane.from == name || call.lane.to == name).cloned().collect()
        };
        if let Some(gateway) = &self.gateway {
            fold(("gateway", gateway.before()), of("gateway", &sides), &front, &mut back);
        }
        if let Some(forward) = &self.forward {
            let before = match forward.part.whose() {
                Whose::Client => Before::Registry,
                Whose::Registry => Before::Storage,
            };
            fold((FORWARD_PROXY, before), of(FORWARD_PROXY, &sides), &front, &mut back);
        }
        (front, back)
    }
}
