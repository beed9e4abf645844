//! What was seen of a world so far, from all sides. Not here: how it is joined (`trace` of the crate).

use shakedown_wire::Exchange;

use super::World;
use super::front::{as_sent, by_start, is_foreign, redirected};
use super::upstream::UpstreamPart;
use crate::gateway::{GatewayPart, fold};
use crate::options::Over;

impl World {
    /// What both sides saw so far: calls of the client, calls to storage, each by start.
    pub(crate) async fn trace(&self) -> (Vec<Exchange>, Vec<Exchange>) {
        let mut front = self.front.exchanges();
        let mut sides = self.gateway.as_ref().map(GatewayPart::exchanges).unwrap_or_default();
        let to = if self.is_behind_gateway() { "gateway" } else { "registry" };
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
        if self.over == Over::Tcp {
            front.extend(redirected(&back));
        }
        let (front, mut back) = (by_start(front), by_start(back));
        if let Some(gateway) = &self.gateway {
            fold(gateway.before(), sides, &front, &mut back);
        }
        (front, back)
    }
}
