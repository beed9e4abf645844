//! A server beside one that does nothing, both asked the same by the bare loop: what the server does by itself is the difference.
//! Not here: which servers, and what they are asked (whoever calls).

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use shakedown_wire::WireError;

use super::bare::{Asked, BareLoop, Quota};
use super::{Extent, Limit, Side, Unit, WARM_UP, null, serve};
use crate::content::Maker;
use crate::run::{LoadError, LoadOptions};

/// A server, and what it is asked.
#[derive(Debug, Clone)]
pub struct Service {
    /// The kind of load.
    pub kind: &'static str,
    /// What its rates are of.
    pub unit: Unit,
    /// Connections, each with one request at a time.
    pub workers: u32,
    /// Where the server answers.
    pub address: SocketAddr,
    /// What it is asked.
    pub asked: Asked,
    /// Bytes of content that it answers to GET and HEAD.
    pub answers: u64,
}

/// Lets the service and a server that does nothing take turns, `extent` in all.
///
/// # Errors
/// The service does not take what it is asked.
pub async fn beside_nothing(options: &LoadOptions, extent: Extent, service: &Service) -> Result<Limit, LoadError> {
    let Service { kind, unit, workers, .. } = *service;
    let failed = |what: String| LoadError::SelfTest { kind, what };
    let lost = |error: WireError| failed(error.to_string());
    let block = Maker::new(options.seed).block();
    // It holds as much content as the service, so that both send from memory that is as far away.
    let held = Bytes::from(vec![7; usize::try_from(service.answers).unwrap_or_default().max(1)]);
    let nothing = serve(null::registry(held, service.answers)).map_err(|error| failed(error.to_string()))?;
    let mut sides = Vec::new();
    for address in [service.address, nothing.address()] {
        let asked = std::slice::from_ref(&service.asked);
        let bare = BareLoop::connect(address, workers, asked, &block).await.map_err(lost)?;
        sides.push((bare, Side::default()));
    }
    if matches!(extent, Extent::Time(_)) {
        for (bare, _) in &mut sides {
            bare.round(Quota::Time(WARM_UP), &options.stop).await.map_err(lost)?;
        }
    }
    let rounds = options.rounds.max(1);
    for round in 0..rounds {
        let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
        for index in order {
            if !*options.stop.borrow() {
                let (bare, side) = &mut sides[index];
                let measured = bare.round(quota(extent, round, rounds), &options.stop).await.map_err(lost)?;
                side.add(unit, &measured);
            }
        }
        (options.progress)(kind, round + 1);
    }
    let bare = sides.pop().map(|(_, side)| side).unwrap_or_default();
    let measured = sides.pop().map(|(_, side)| side).unwrap_or_default();
    Ok(Limit { kind, unit, workers, measured, bare })
}

/// The share of a round on one side.
fn quota(extent: Extent, round: u32, rounds: u32) -> Quota {
    match extent {
        Extent::Time(all) => Quota::Time((all / (2 * rounds)).max(Duration::from_micros(1))),
        Extent::Count(count) => Quota::share(count, round, rounds),
    }
}
