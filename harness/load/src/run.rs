//! Measuring: prepares each system, warms it up, and lets the systems take turns for some rounds.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Uri;
use shakedown_client::{Client, ClientError, ClientOptions};
use shakedown_reports::bench::{LoadReport, Resources, Round, StorageUse, SystemReport};
use shakedown_wire::{Clock, Party};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::content::Maker;
use crate::file::LoadFile;
use crate::goals;
use crate::lab::Lab;
use crate::ops::Mix;
use crate::part::Part;
use crate::round::{self, Ground, Order};
use crate::tally::{INTERVAL, Tally};
use crate::{statistics, verify};

/// Longest wait for an answer: a load that hangs must end.
const ANSWER: Duration = Duration::from_secs(120);
/// Numbers of operations of the warm-up begin here, so that it does not change what is measured.
const WARM_UP: u64 = 1 << 59;
/// Time between two looks whether a system is there.
const ABSENT: Duration = Duration::from_millis(250);
/// Time between two looks at how often faults struck: a tenth of an interval of the timeline.
const LOOK: Duration = Duration::from_millis(25);

/// A system to be measured.
pub struct Subject {
    /// Its name in reports.
    pub name: String,
    /// Its version, where known.
    pub version: Option<String>,
    /// Its address.
    pub base: Uri,
    /// The way to it.
    pub network: Party,
    /// All repositories begin with this and a slash.
    pub namespace: String,
    /// What it has taken so far.
    pub meter: Box<dyn Fn() -> Meter + Send + Sync>,
    /// How often each fault of its storage has struck, by what it does; absent if it has none.
    pub faults: Option<Strikes>,
    /// Lets the faults of its storage begin (true) or end; they begin with the first round.
    pub storm: Box<dyn Fn(bool) + Send + Sync>,
}

/// A reading of faults, each with how often it struck since the system started.
pub type Strikes = Box<dyn Fn() -> BTreeMap<String, u64> + Send + Sync>;

/// What a system has taken since it started; absent where it cannot be seen.
#[derive(Debug, Clone, Default)]
pub struct Meter {
    /// Of the storage.
    pub storage: Option<StorageUse>,
    /// Of the machine.
    pub resources: Option<Resources>,
}

/// How a load is run.
#[derive(Clone)]
pub struct LoadOptions {
    /// Decides contents, mixes and arrivals.
    pub seed: u64,
    /// Rounds; each is a sample. Systems take turns after each one.
    pub rounds: u32,
    /// Which part of the load.
    pub part: Part,
    /// The first round begins then, and not before; until then a system that is not there yet is waited for.
    pub start: Option<Instant>,
    /// The run's clock.
    pub clock: Clock,
    /// Ends the run where it stands.
    pub stop: watch::Receiver<bool>,
    /// Told of each round that is over: the system, the round from 1.
    pub progress: Progress,
}

/// Who is told.
pub type Progress = Arc<dyn Fn(&str, u32) + Send + Sync>;

/// Why a load could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// What operations need could not be pushed.
    #[error("cannot prepare {load} on {system}: {error}")]
    Prepare {
        /// The load scenario.
        load: String,
        /// The system.
        system: String,
        /// Why not.
        error: Box<ClientError>,
    },
    /// The time to begin had passed when everything was ready.
    #[error("everything was ready {} s after the time to start: give a later one, the same to all parts", by.as_secs_f64().ceil())]
    Late {
        /// How much.
        by: Duration,
    },
    /// The load generator cannot be measured.
    #[error("cannot measure {kind} of the load generator: {what}")]
    SelfTest {
        /// The kind of load.
        kind: &'static str,
        /// Why not.
        what: String,
    },
}

/// One system with what was measured on it.
pub(crate) struct Arm {
    subject: Subject,
    ground: Arc<Ground>,
    /// Number of the next operation.
    next: u64,
    wall: Duration,
    report: SystemReport,
}

/// Measures a load on the subjects, which take turns. What was measured before a stop is reported.
///
/// # Errors
/// A subject does not take what the operations need.
pub async fn measure(
    id: &str,
    file: &LoadFile,
    subjects: Vec<Subject>,
    options: &LoadOptions,
) -> Result<LoadReport, LoadError> {
    let mut arms = Vec::new();
    for subject in subjects {
        let name = subject.name.clone();
        let mut stop = options.stop.clone();
        let arm = async {
            if let Some(start) = options.start {
                wait_for(&client(&subject, options), start).await;
            }
            prepare(file, subject, options).await
        };
        let arm = tokio::select! {
            arm = arm => arm,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        arms.push(arm.map_err(|error| LoadError::Prepare {
            load: id.to_owned(),
            system: name,
            error: Box::new(error),
        })?);
    }
    if let Some(start) = options.start {
        let late = start.elapsed();
        if !late.is_zero() {
            return Err(LoadError::Late { by: late });
        }
        let mut stop = options.stop.clone();
        tokio::select! {
            () = tokio::time::sleep_until(start) => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }
    let mut stable_after = None;
    for round in 0..options.rounds.max(1) {
        // Who goes first changes each time, so that a machine that gets slower or faster favours nobody.
        let order: Vec<usize> =
            if round % 2 == 0 { (0..arms.len()).collect() } else { (0..arms.len()).rev().collect() };
        for index in order {
            if !*options.stop.borrow() {
                arms[index].round(file, round, options).await;
                (options.progress)(&arms[index].subject.name, round + 1);
            }
        }
        let is_stable = |percent: f64| arms.iter().all(|arm| statistics::is_known(&arm.rates(), percent / 100.0));
        if file.until_stable.is_some_and(is_stable) {
            stable_after = Some(u64::from(round) + 1);
            break;
        }
    }
    for arm in &mut arms {
        if file.verified() {
            (arm.subject.storm)(false);
            arm.report.verification =
                Some(verify::verify(&arm.ground, options.part, file.workers, &options.stop).await);
        }
    }
    let mut report = LoadReport {
        id: id.to_owned(),
        title: file.title.clone(),
        model: file.model(),
        interval_us: u64::try_from(INTERVAL.as_micros()).unwrap_or(u64::MAX),
        stable_after,
        systems: arms.into_iter().map(Arm::finish).collect(),
        goals: Vec::new(),
    };
    report.goals = goals::judge(&file.goals, &report);
    Ok(report)
}

fn client(subject: &Subject, options: &LoadOptions) -> Client {
    let client_options =
        ClientOptions { answer_timeout: ANSWER, ..ClientOptions::new(subject.base.clone(), options.clock.clone()) };
    Client::new(subject.network.clone(), client_options)
}

/// Until somebody answers at the system's address, or it is time: what starts many machines at once starts the registry among them.
async fn wait_for(client: &Client, start: Instant) {
    let is_absent = |error: &ClientError| matches!(error, ClientError::Wire { error, .. } if error.is_unreachable());
    while Instant::now() < start && client.ping().await.result.is_err_and(|error| is_absent(&error)) {
        tokio::time::sleep(ABSENT).await;
    }
}

/// Pushes what the operations need, and warms up.
pub(crate) async fn prepare(file: &LoadFile, subject: Subject, options: &LoadOptions) -> Result<Arm, ClientError> {
    // What is prepared is no part of the load.
    (subject.storm)(false);
    let lab = Lab {
        client: client(&subject, options),
        maker: Maker::new(options.seed),
        namespace: subject.namespace.clone(),
        repositories: file.repositories,
        seed: options.seed,
        tags: file.tags(),
        blobs: file.blobs(),
    };
    let mut mix = Mix::new(&file.operations);
    mix.prepare(&lab).await?;
    let ground = Arc::new(Ground { lab, mix, tally: Mutex::new(Tally::new()) });
    if let Some(warm_up) = file.warm_up {
        let order = Order {
            workers: file.workers,
            rate: file.rate.map(|rate| (rate, options.seed)),
            duration: Some(warm_up.0),
            first: WARM_UP / options.part.of,
            end: u64::MAX / options.part.of,
            part: options.part,
            offset: Duration::ZERO,
        };
        round::run(ground.clone(), order, options.stop.clone()).await;
        *ground.tally() = Tally::new();
    }
    let report = SystemReport { name: subject.name.clone(), version: subject.version.clone(), ..Default::default() };
    Ok(Arm { subject, ground, next: 0, wall: Duration::ZERO, report })
}

impl Arm {
    /// Measures a round.
    pub(crate) async fn round(&mut self, file: &LoadFile, round: u32, options: &LoadOptions) {
        let rounds = options.rounds.max(1);
        let own = |count: u64| options.part.share(count);
        let upto = |count: u64| own(count) * u64::from(round + 1) / u64::from(rounds);
        let part_of_rate = |rate: f64| rate / options.part.of as f64;
        let order = Order {
            workers: file.workers,
            rate: file.rate.map(|rate| (part_of_rate(rate), options.seed.wrapping_add(u64::from(round)))),
            duration: file.duration.map(|duration| duration.0 / rounds),
            first: self.next,
            end: file.count.map_or(WARM_UP / options.part.of, upto),
            part: options.part,
            offset: self.wall,
        };
        if round == 0 {
            (self.subject.storm)(true);
        }
        let before = (self.subject.meter)();
        let (next, wall) = {
            let round = round::run(self.ground.clone(), order, options.stop.clone());
            match &self.subject.faults {
                Some(strikes) => self.watched(strikes, round).await,
                None => round.await,
            }
        };
        let after = (self.subject.meter)();
        self.next = next;
        self.wall += wall;
        let mut sample = self.ground.tally().end_round(wall);
        if let (Some(before), Some(after)) = (before.storage, after.storage) {
            let spent = spent(&before, &after);
            sample.storage_requests = Some(spent.requests);
            add(self.report.storage.get_or_insert_default(), &spent);
        }
        if let (Some(before), Some(after)) = (before.resources, after.resources) {
            let cpu_us = after.cpu_us.saturating_sub(before.cpu_us);
            sample.cpu_us = Some(cpu_us);
            let total = self.report.resources.get_or_insert_default();
            total.cpu_us += cpu_us;
            total.peak_bytes = total.peak_bytes.max(after.peak_bytes);
        }
        self.report.rounds.push(sample);
    }

    /// A round whose faults are counted in the intervals in which they strike.
    async fn watched<T>(&self, strikes: &Strikes, round: impl Future<Output = T>) -> T {
        let (began, mut seen) = (Instant::now(), strikes());
        let mut looks = tokio::time::interval(LOOK);
        let mut round = std::pin::pin!(round);
        loop {
            let ended = tokio::select! {
                ended = &mut round => Some(ended),
                _ = looks.tick() => None,
            };
            self.ground.tally().struck(self.wall + began.elapsed(), &mut seen, strikes());
            if let Some(ended) = ended {
                return ended;
            }
        }
    }

    /// Operations a second, of each round.
    fn rates(&self) -> Vec<f64> {
        let rate = |round: &Round| round.count as f64 * 1e6 / round.wall_us.max(1) as f64;
        self.report.rounds.iter().map(rate).collect()
    }

    /// What was measured.
    pub(crate) fn finish(self) -> SystemReport {
        let tally = self.ground.tally();
        SystemReport {
            operations: tally.operations(),
            timeline: tally.timeline.clone(),
            faults: tally.faults.clone(),
            errors: tally.errors.clone(),
            abandoned: tally.abandoned,
            ..self.report
        }
    }
}

/// What was asked of the storage between two readings.
fn spent(before: &StorageUse, after: &StorageUse) -> StorageUse {
    let of = |name: &String| before.by_operation.get(name).copied().unwrap_or_default();
    let by_operation = after.by_operation.iter().map(|(name, count)| (name.clone(), count - of(name)));
    StorageUse {
        requests: after.requests - before.requests,
        by_operation: by_operation.filter(|(_, count)| *count > 0).collect(),
        bytes_in: after.bytes_in - before.bytes_in,
        bytes_out: after.bytes_out - before.bytes_out,
    }
}

/// Adds one reading to another.
pub(crate) fn add(total: &mut StorageUse, more: &StorageUse) {
    total.requests += more.requests;
    total.bytes_in += more.bytes_in;
    total.bytes_out += more.bytes_out;
    for (name, count) in &more.by_operation {
        *total.by_operation.entry(name.clone()).or_default() += count;
    }
}

#[cfg(test)]
mod tests {
    use shakedown_wire::{Body, Request, Response, WireError};

    use super::*;

    const FILE: &str = "{ title: x, count: 4, operations: [{ push-blob: { size: 1KiB, by: post } }] }";

    /// A registry that takes everything once `there` has passed; with the time at which the first push came.
    fn registry(there: Instant, first: Arc<Mutex<Option<Instant>>>) -> Party {
        Party::from_fn(move |request: Request| {
            let first = first.clone();
            async move {
                if Instant::now() < there {
                    return Err(WireError::Refused { authority: "registry.test".to_owned() });
                }
                if request.method() == http::Method::POST {
                    first.lock().unwrap().get_or_insert_with(Instant::now);
                }
                let response = http::Response::builder().status(201).header("location", "/v2/x").body(Body::empty());
                Ok::<Response, _>(response.unwrap())
            }
        })
    }

    async fn started(start: Duration, there: Duration) -> (Result<u64, LoadError>, Option<Duration>) {
        let (began, first) = (Instant::now(), Arc::default());
        let subject = Subject {
            name: "x".to_owned(),
            version: None,
            base: "http://registry.test".parse().unwrap(),
            network: registry(began + there, Arc::clone(&first)),
            namespace: "load".to_owned(),
            meter: Box::new(Meter::default),
            faults: None,
            storm: Box::new(|_| ()),
        };
        let (_stop, stopped) = watch::channel(false);
        let options = LoadOptions {
            seed: 1,
            rounds: 2,
            part: Part::WHOLE,
            start: Some(began + start),
            clock: Clock::virtual_time(),
            stop: stopped,
            progress: Arc::new(|_, _| ()),
        };
        // Whoever is late was late before anything began.
        tokio::time::advance(Duration::from_secs(1)).await;
        let file = serde_saphyr::from_str(FILE).unwrap();
        let report = measure("x", &file, vec![subject], &options).await.map(|report| report.systems[0].count());
        let first = *first.lock().unwrap();
        (report, first.map(|first| first - began))
    }

    #[tokio::test(start_paused = true)]
    async fn all_parts_begin_at_the_time_to_start() {
        let (count, first) = started(Duration::from_secs(60), Duration::ZERO).await;
        let first = first.unwrap();
        assert_eq!(count.unwrap(), 4);
        assert!(first >= Duration::from_secs(60) && first < Duration::from_secs(61), "{first:?}");
        let (count, first) = started(Duration::from_secs(60), Duration::from_secs(50)).await;
        assert_eq!((count.unwrap(), first.unwrap().as_secs()), (4, 60), "a registry that comes in time is waited for");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_is_ready_too_late_does_not_begin() {
        let (count, first) = started(Duration::from_millis(400), Duration::ZERO).await;
        let error = count.unwrap_err();
        assert!(matches!(error, LoadError::Late { .. }) && error.to_string().contains("1 s after"), "{error}");
        assert_eq!(first, None);
    }

    #[test]
    fn parts_are_the_whole() {
        let mut numbers: Vec<u64> = (0..4)
            .map(|index| Part { index, of: 4 })
            .flat_map(|part| (0..part.share(1003)).map(move |own| part.number(own)))
            .collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (0..1003).collect::<Vec<_>>());
    }
}
