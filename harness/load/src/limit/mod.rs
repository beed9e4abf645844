//! Is the load generator the bottleneck? The same operations, client and workers as in every load, on a registry that does next to nothing;
//! beside them, in turn, a bare loop that asks the same of the same registry. Their ratio holds on a busy machine and on a slow one.
//!
//! - `null` is the registry, `bare` the loop;
//! - [`self_test`] lets them take turns, [`Limit`] is what came of it for one kind of load;
//! - `service` holds another server beside the registry that does nothing, both asked by the bare loop.
//!
//! Not here: what is measured on real registries (`run`).

mod bare;
mod null;
mod service;

use std::time::Duration;

use bytes::Bytes;
use http::Method;
use shakedown_reports::bench::Round;
use shakedown_scenario::{Size, Span};
use shakedown_wire::server::{self, Server, ServerOptions};
use shakedown_wire::{Body, Party};

pub use self::bare::Asked;
use self::bare::{BareLoop, Quota};
pub use self::service::{Service, beside_nothing};
use crate::content::Maker;
use crate::file::{LoadFile, StorageSpec};
use crate::ops::{By, Check, HeadBlob, OperationSpec, PullBlob, PushBlob};
use crate::run::{LoadError, LoadOptions, Meter, Subject, prepare};
use crate::sizes::Sizes;
use crate::statistics::median;

/// Load before anything is counted, of each side.
const WARM_UP: Duration = Duration::from_millis(100);
/// Bytes of a frame, as the load's own content has them.
const FRAME: usize = 128 << 10;

/// Any digest: the null registry believes everything.
const BLOB: &str = "/v2/limit/r0/blobs/sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const UPLOADS: &str = "/v2/limit/r0/blobs/uploads/";
const CLOSE: &str =
    "/v2/limit/r0/blobs/uploads/1?digest=sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// How long the self-test is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// So long in all: each kind and each side has its share.
    Time(Duration),
    /// So many operations of each kind on each side.
    Count(u64),
}

/// What rates of a kind are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Bytes of content a second.
    Bytes,
    /// Operations a second.
    Operations,
}

/// What was measured of one kind of load.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// The kind.
    pub kind: &'static str,
    /// What its rates are of.
    pub unit: Unit,
    /// Operations at the same time, on each side.
    pub workers: u32,
    /// What is judged: the load generator, or another server.
    pub measured: Side,
    /// The bare loop.
    pub bare: Side,
}

/// One of the two.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Side {
    /// Operations in all.
    pub count: u64,
    /// Of each round, a second.
    pub rates: Vec<f64>,
}

impl Side {
    /// The median of the rounds.
    pub fn rate(&self) -> f64 {
        median(&self.rates)
    }

    fn add(&mut self, unit: Unit, round: &Round) {
        self.count += round.count;
        let done = match unit {
            Unit::Bytes => round.bytes,
            Unit::Operations => round.count,
        };
        self.rates.push(done as f64 * 1e6 / round.wall_us.max(1) as f64);
    }
}

impl Limit {
    /// What the generator reaches of the bare loop. Rounds that follow each other see the same weather, so each pair has its ratio; the median
    /// of them leaves out those in which the weather changed.
    pub fn ratio(&self) -> f64 {
        let pairs = self.measured.rates.iter().zip(&self.bare.rates);
        median(&pairs.filter(|(_, bare)| **bare > 0.0).map(|(own, bare)| own / bare).collect::<Vec<_>>())
    }
}

/// A kind of load as both sides make it.
struct Kind {
    name: &'static str,
    unit: Unit,
    workers: u32,
    size: u64,
    operation: fn(Sizes) -> OperationSpec,
    /// The requests of the bare loop's operation, with a blob of this size.
    asks: fn(u64) -> Vec<Asked>,
}

const KINDS: &[Kind] = &[
    Kind {
        name: "large pushes",
        unit: Unit::Bytes,
        workers: 2,
        size: 32 << 20,
        operation: |size| {
            let compression = Default::default();
            OperationSpec::PushBlob(PushBlob { size, compression, by: By::PostPut, weight: 1 })
        },
        asks: |size| vec![Asked::new(Method::POST, UPLOADS), Asked { size, ..Asked::new(Method::PUT, CLOSE) }],
    },
    Kind {
        name: "large pulls",
        unit: Unit::Bytes,
        workers: 2,
        size: 32 << 20,
        operation: |size| {
            // A client that hashes is as fast as its hash; that is no limit of the generator.
            let (compression, check) = (Default::default(), Check::Length);
            OperationSpec::PullBlob(PullBlob { size, of: 1, compression, check, weight: 1 })
        },
        asks: |_| vec![Asked::new(Method::GET, BLOB)],
    },
    Kind {
        name: "small requests",
        unit: Unit::Operations,
        workers: 16,
        size: 4 << 10,
        operation: |size| OperationSpec::HeadBlob(HeadBlob { size, of: 16, weight: 1 }),
        asks: |_| vec![Asked::new(Method::HEAD, BLOB)],
    },
];

/// Lets the generator and a bare loop take turns, for each kind of load. `network` is the generator's way to the registry, on loopback; `workers`
/// replaces the number of each kind. What was measured before a stop is given.
///
/// # Errors
/// An operation fails, although the registry takes everything.
pub async fn self_test(
    options: &LoadOptions,
    extent: Extent,
    workers: Option<u32>,
    network: &Party,
) -> Result<Vec<Limit>, LoadError> {
    let mut limits = Vec::new();
    for kind in KINDS {
        if !*options.stop.borrow() {
            limits.push(kind.measure(options, extent, workers.unwrap_or(kind.workers), network).await?);
        }
    }
    Ok(limits)
}

impl Kind {
    async fn measure(
        &self,
        options: &LoadOptions,
        extent: Extent,
        workers: u32,
        network: &Party,
    ) -> Result<Limit, LoadError> {
        let failed = |what: String| LoadError::SelfTest { kind: self.name, what };
        let block = Maker::new(options.seed).block();
        let server = serve(null::registry(block.clone(), self.size)).map_err(|error| failed(error.to_string()))?;
        let file = self.file(extent, workers);
        let subject = subject(&server, network.clone());
        let arm = prepare(&file, subject, options).await.map_err(|error| failed(error.to_string()));
        let mut arm = arm?;
        let bare = BareLoop::connect(server.address(), workers, &(self.asks)(self.size), &block).await;
        let mut bare = bare.map_err(|error| failed(error.to_string()))?;
        let lost = |error: shakedown_wire::WireError| failed(format!("the bare loop: {error}"));
        if file.warm_up.is_some() {
            bare.round(Quota::Time(WARM_UP), &options.stop).await.map_err(lost)?;
        }
        let rounds = options.rounds.max(1);
        let mut bare_rounds = Vec::new();
        for round in 0..rounds {
            if *options.stop.borrow() {
                break;
            }
            let quota = Quota::of_round(&file, round, rounds);
            // Who goes first changes each time, so that a machine that gets slower or faster favours nobody.
            if round % 2 == 0 {
                arm.round(&file, round, options).await;
                bare_rounds.push(bare.round(quota, &options.stop).await.map_err(lost)?);
            } else {
                bare_rounds.push(bare.round(quota, &options.stop).await.map_err(lost)?);
                arm.round(&file, round, options).await;
            }
            (options.progress)(self.name, round + 1);
        }
        let report = arm.finish();
        if let Some(cause) = report.errors.keys().next() {
            return Err(failed(cause.clone()));
        }
        let (mut generator, mut bare) = (Side::default(), Side::default());
        report.rounds.iter().for_each(|round| generator.add(self.unit, round));
        bare_rounds.iter().for_each(|round| bare.add(self.unit, round));
        Ok(Limit { kind: self.name, unit: self.unit, workers, measured: generator, bare })
    }

    /// The kind as a load scenario.
    fn file(&self, extent: Extent, workers: u32) -> LoadFile {
        let (duration, count) = match extent {
            Extent::Time(all) => (Some(Span(all / (2 * KINDS.len() as u32))), None),
            Extent::Count(count) => (None, Some(count)),
        };
        LoadFile {
            title: self.name.to_owned(),
            story: String::new(),
            workers,
            rate: None,
            warm_up: duration.map(|_| Span(WARM_UP)),
            duration,
            count,
            repositories: 1,
            verify: Some(false),
            until_stable: None,
            storage: StorageSpec::default(),
            operations: vec![(self.operation)(Sizes::Fixed(Size(self.size)))],
            goals: Vec::new(),
        }
    }
}

fn serve(registry: Party) -> std::io::Result<Server> {
    let listener = server::bind(std::net::SocketAddr::from(([127, 0, 0, 1], 0)))?;
    Ok(server::serve(listener, registry, ServerOptions::default()))
}

fn subject(server: &Server, network: Party) -> Subject {
    Subject {
        name: "null registry".to_owned(),
        version: None,
        base: server.base_uri().parse().expect("an address is a URI"),
        network,
        namespace: "limit".to_owned(),
        meter: Box::new(Meter::default),
        faults: None,
        storm: Box::new(|_| ()),
    }
}

/// So many bytes: the block again and again.
fn body(block: &Bytes, size: u64) -> Body {
    let (block, mut left) = (block.clone(), size);
    let mut at = 0;
    let frames = std::iter::from_fn(move || {
        let length = usize::try_from(left).unwrap_or(usize::MAX).min(FRAME).min(block.len() - at);
        let frame = (length > 0).then(|| Ok(block.slice(at..at + length)));
        left -= length as u64;
        at = (at + length) % block.len();
        frame
    });
    Body::sized(size, futures_util::stream::iter(frames))
}

#[cfg(test)]
mod tests;
