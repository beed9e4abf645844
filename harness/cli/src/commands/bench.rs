//! `shakedown bench`: load on a registry, or on two that take turns. Arguments, report files and the exit code; `shakedown-load` measures.

mod loads;
mod self_test;
mod start;
mod targets;

pub(super) use targets::own_program;

use std::path::PathBuf;

use shakedown_engine::{HostOptions, HostStorage, Hosted, Shard, ViewError};
use shakedown_load::{Backend, LoadFile, LoadOptions, Meter, Part, Subject};
use shakedown_reports::bench::{
    BENCH_SCHEMA, BenchReport, BenchRun, Form, LoadReport, Resources, StorageUse, bench_terminal,
};
use shakedown_scenario::Span;
use shakedown_wire::Clock;
use tokio::sync::watch;

use self::targets::{Target, Targets};
use super::compare::{self, Written};
use crate::exit::Exit;
use crate::output::{Failure, Output};
use crate::progress;
use crate::reports::write_text;

/// Measure how fast a registry is: load scenarios, on one system or on two that take turns
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shakedown bench                                   the mixed load on the reference registry
  shakedown bench small-pushes --for 30s            another load, longer
  shakedown bench small-pushes --against distribution-2.8
                                                    beside docker-registry 2.8.2, taking turns
  shakedown bench --against reference@old/shakedown this build beside another one: exit 5 if it is slower
  shakedown bench --rounds 200 --for 60s --until-stable 1
                                                    no longer than it takes to know the rate within one percent
  shakedown bench small-pushes --against distribution-2.8 --against limit --goals
                                                    does it reach the goals of the load? exit 5 if not
  shakedown bench --report html=speed.html          one more report: a page with charts (or markdown, json)
  shakedown bench --self-test                       is shakedown itself fast enough to measure with, here? exit 5 if not
Loads are listed by `shakedown list --loads`. Their goals are shown with each measurement: what is to be reached, the ratio, met or missed; a goal
that names a system which is not in the run says what to add. `limit` is what one more hop and the hashing allow on this machine. Registries run as child processes, the S3 mock and the load in this one.
Measure in a release build.")]
pub struct Args {
    /// Load scenarios: names, or files (*.yaml) [default: mixed]
    loads: Vec<String>,
    #[command(flatten)]
    targets: Targets,
    /// Measures so long, all rounds together, whatever the load scenario says
    #[arg(long = "for", value_name = "DURATION", env = "SHAKEDOWN_FOR")]
    duration: Option<Span>,
    /// Measures so many operations instead
    #[arg(long, value_name = "N", conflicts_with = "duration", env = "SHAKEDOWN_COUNT")]
    count: Option<u64>,
    /// Operations at the same time
    #[arg(long, value_name = "N", env = "SHAKEDOWN_WORKERS")]
    workers: Option<u32>,
    /// Arrivals a second, whatever the registry does (open model); 0: workers only (closed model)
    #[arg(long, value_name = "PER-SECOND", env = "SHAKEDOWN_RATE")]
    rate: Option<f64>,
    /// Rounds: samples for comparisons; systems take turns after each
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000), env = "SHAKEDOWN_ROUNDS")]
    rounds: u32,
    /// With --against: a difference up to so many percent is of no interest
    #[arg(long, value_name = "PERCENT", default_value_t = compare::THRESHOLD, value_parser = compare::threshold, env = "SHAKEDOWN_THRESHOLD")]
    threshold: f64,
    /// Exit 5 if the first system misses a goal of a load; without it goals are only shown
    #[arg(long, env = "SHAKEDOWN_GOALS")]
    goals: bool,
    /// Stops before the last round when the rate of each system is known within so many percent (99 % sure)
    #[arg(long, value_name = "PERCENT", conflicts_with = "shard", env = "SHAKEDOWN_UNTIL_STABLE")]
    until_stable: Option<f64>,
    /// Seed of contents, mixes and arrivals
    #[arg(long, default_value_t = 1, env = "SHAKEDOWN_SEED")]
    seed: u64,
    /// Only the I-th of N parts of the load, e.g. 1/4; `shakedown merge` joins the reports. `index/N` in a Kubernetes Indexed Job: the pod's
    /// JOB_COMPLETION_INDEX, which counts from 0
    #[arg(long, value_name = "I/N", value_parser = super::run::shard, env = "SHAKEDOWN_SHARD")]
    shard: Option<Shard>,
    /// Prepares everything and begins then, e.g. 2026-11-21T20:15:00Z: all parts of a load at once. At most an hour ahead; with enough time
    /// to prepare, else it is an error. A registry that is not there yet is waited for
    #[arg(long, value_name = "RFC3339", value_parser = start::parse, env = "SHAKEDOWN_START_AT")]
    start_at: Option<std::time::SystemTime>,
    /// Also write a report: html=PATH, markdown=PATH, json=PATH; may be given more than once
    #[arg(long = "report", value_name = "FORMAT=PATH", value_parser = Written::parse, env = "SHAKEDOWN_REPORT", value_delimiter = ',')]
    reports: Vec<Written>,
    /// Measures shakedown instead of a registry: its load beside a bare loop of HTTP requests, taking turns on a registry that answers from
    /// memory and forgets what is pushed. Exit 5 if it reaches less than 85 % of the bare loop in large pushes, large pulls or small
    /// requests. Then the S3 mock beside a server that does nothing, which is shown only. Takes 25 s; --for is the time of the load and half
    /// as much for the mock, --count the operations of each kind on each side
    #[arg(long, conflicts_with_all = ["loads", "system", "against", "in_process", "remote", "rate", "threshold", "goals", "shard", "start_at", "reports", "out"],
          env = "SHAKEDOWN_SELF_TEST")]
    self_test: bool,
    /// Folder for the JSON report
    #[arg(long, value_name = "DIR", default_value = "shakedown-report", env = "SHAKEDOWN_OUT")]
    out: PathBuf,
}

/// The shipped load scenarios, with their ids.
pub(super) fn loads() -> impl Iterator<Item = Result<(String, LoadFile), Failure>> {
    crate::library::built_in_loads().map(|(id, _)| loads::read(id))
}

/// Measures, reports and says how it went.
pub fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let (stop, stopped) = watch::channel(false);
    let stop = std::sync::Arc::new(stop);
    let stopper = stop.clone();
    let catch = move || {
        super::on_interrupt(move || {
            stopper.send_replace(true);
        });
    };
    if args.self_test {
        catch();
        return self_test::run(args, &stopped, output);
    }
    let loads = args.loads()?;
    let targets = args.targets.read(args.seed)?;
    if targets.iter().any(Target::is_limit) {
        loads::check_limit(&loads)?;
    }
    targets::can_be_filled(&targets, &loads)?;
    catch();
    let runtime = super::all_threads()?;
    let report = runtime.block_on(args.measure(&loads, &targets, &stopped, output))?;
    args.tell(&report, &loads, output)
}

impl Args {
    /// The load scenarios as the arguments change them, with their ids.
    fn loads(&self) -> Result<Vec<(String, LoadFile)>, Failure> {
        let names = if self.loads.is_empty() { vec!["mixed".to_owned()] } else { self.loads.clone() };
        let mut loads = Vec::new();
        for name in &names {
            let (id, mut file) = loads::read(name)?;
            if let Some(duration) = self.duration {
                (file.duration, file.count) = (Some(duration), None);
            }
            if let Some(count) = self.count {
                (file.duration, file.count) = (None, Some(count));
            }
            file.until_stable = self.until_stable.or(file.until_stable);
            if file.until_stable.is_some() && self.shard.is_some() {
                return Err(Failure::usage(format!(
                    "{id} ends when it is stable, and the parts of a load must not end each for itself: leave `until-stable` out of a load for --shard"
                )));
            }
            file.make_by(self.workers, self.rate);
            loads::check(&id, &file)?;
            loads.push((id, file));
        }
        Ok(loads)
    }

    async fn measure(
        &self,
        loads: &[(String, LoadFile)],
        targets: &[Target],
        stopped: &watch::Receiver<bool>,
        output: &Output,
    ) -> Result<BenchReport, Failure> {
        let clock = Clock::real_time();
        let part =
            self.shard.map_or(Part::WHOLE, |Shard { index, count }| Part { index: index as u64 - 1, of: count as u64 });
        let (rounds, teller) = (self.rounds, output.clone());
        let start = self.start_at.map(|start| start::ahead(start, clock.now())).transpose()?;
        let mut options = LoadOptions {
            seed: self.seed,
            rounds,
            part,
            start: start.map(|ahead| tokio::time::Instant::now() + ahead),
            clock: clock.clone(),
            stop: stopped.clone(),
            progress: std::sync::Arc::new(move |system, round| {
                if teller.verbose > 0 {
                    teller.note(&format!("round {round} of {rounds} on {system}"));
                }
            }),
        };
        let mut reports = Vec::new();
        for (id, file) in loads {
            if *stopped.borrow() {
                break;
            }
            output.note(&format!("load {id}: {} ...", file.title));
            reports.push(one_load(id, file, targets, &options, output).await?);
            // The next load begins when this one has ended.
            options.start = None;
        }
        let wall_us = u64::try_from(clock.elapsed().as_micros()).unwrap_or(u64::MAX);
        let run = BenchRun {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            seed: self.seed,
            started: targets::rfc3339(clock.now() - clock.elapsed()),
            wall_us,
            interrupted: *stopped.borrow(),
            optimised: !cfg!(debug_assertions),
            cores: std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64),
            shard: self.shard.map(|Shard { index, count }| format!("{index}/{count}")),
            command: self.command(loads),
        };
        Ok(BenchReport { schema: BENCH_SCHEMA.to_owned(), run, loads: reports })
    }

    /// What repeats it.
    fn command(&self, loads: &[(String, LoadFile)]) -> String {
        let names: Vec<_> = if self.loads.is_empty() {
            loads.iter().map(|(id, _)| id.clone()).collect()
        } else {
            self.loads.iter().map(|name| crate::certification::word(name)).collect()
        };
        let mut words = vec![format!("shakedown bench {} {}", names.join(" "), self.targets.words())];
        words.extend(self.duration.map(|duration| format!("--for {duration}")));
        words.extend(self.count.map(|count| format!("--count {count}")));
        words.extend(self.workers.map(|workers| format!("--workers {workers}")));
        words.extend(self.rate.map(|rate| format!("--rate {rate}")));
        words.extend(self.shard.map(|Shard { index, count }| format!("--shard {index}/{count}")));
        words.extend(self.until_stable.map(|percent| format!("--until-stable {percent}")));
        words.push(format!("--rounds {} --seed {}", self.rounds, self.seed));
        words.extend(self.goals.then(|| "--goals".to_owned()));
        words.join(" ")
    }

    /// Prints and writes the reports.
    fn tell(&self, report: &BenchReport, loads: &[(String, LoadFile)], output: &Output) -> Result<Exit, Failure> {
        let mut exit = Exit::Passed;
        let turns = shakedown_load::took_turns(report);
        let compared = turns.then(|| compare::interleaved(report, self.threshold)).transpose()?;
        if let Some(compared) = &compared {
            exit = compare::conclude(compared);
        }
        if self.goals && compare::reached(report, output) == Exit::Regression {
            exit = Exit::Regression;
        }
        output.print(&bench_terminal(report, compared.as_ref(), &progress::options(output)));
        let own = Written { form: Form::named("json").expect("a built-in form"), path: self.out.join("bench.json") };
        for written in std::iter::once(&own).chain(&self.reports) {
            write_text(&written.path, &(written.form.bench)(report, compared.as_ref()))?;
            output.note(&format!("report  {}", written.path.display()));
        }
        if report.run.interrupted {
            output.note("interrupted");
            return Ok(Exit::Interrupted);
        }
        let lost = report.loads.iter().flat_map(|load| &load.systems).any(|system| system.lost() > 0);
        // Under faults errors are what was asked for; else nothing may fail.
        let healthy = |id: &String| loads.iter().any(|(known, file)| known == id && file.storage.faults.is_empty());
        let failed =
            report.loads.iter().any(|load| healthy(&load.id) && load.systems.iter().any(|system| system.failed() > 0));
        Ok(if failed || lost { Exit::Failed } else { exit })
    }
}

/// Starts the systems afresh, so that no load stands on what another has left behind.
async fn one_load(
    id: &str,
    file: &LoadFile,
    targets: &[Target],
    options: &LoadOptions,
    output: &Output,
) -> Result<LoadReport, Failure> {
    let (mut hosts, mut subjects, mut backends) = (Vec::new(), Vec::new(), Vec::new());
    for target in targets {
        let backend = target.is_limit().then(|| Backend::start(file)).transpose();
        let backend = backend.map_err(|error| Failure::environment(format!("a port behind the limit: {error}")))?;
        let mut host_options = HostOptions {
            seed: options.seed,
            fast_etags: file.storage.fast_etags,
            on_disk: file.storage.on_disk.then(|| file.stored_bytes().saturating_mul(targets.len() as u64)),
            faults: file.storage.faults.clone(),
            vars: target.vars.clone(),
            ..HostOptions::default()
        };
        host_options.storage = backend.as_ref().map(behind);
        let hosted = Hosted::start(&target.choice, &host_options).await;
        let told = |error: ViewError| Failure::environment(format!("{}: {}", error.what, error.reason));
        let hosted = hosted.map_err(told)?;
        if let Some(folder) = hosted.folder() {
            output.note(&format!("storage of {}: files in {}, removed at the end", target.name, folder.display()));
        }
        if let Some(objects) = file.grown(&target.namespace).filter(|_| backend.is_none()) {
            let count = hosted.fill(objects).await.map_err(told)?;
            output.note(&format!("storage of {}: {count} objects are there already", target.name));
        }
        let mut subject = subject(target, file, &hosted);
        if let Some(backend) = backend {
            subject.storm = Box::new(backend.measured());
            backends.push(backend);
        }
        subjects.push(subject);
        hosts.push(hosted);
    }
    let measured = shakedown_load::measure(id, file, subjects, options).await;
    for (target, host) in targets.iter().zip(hosts) {
        if let Some(bytes) = host.was_full() {
            output.note(&format!(
                "{id}: the storage of {} was full ({} GiB, in memory) and refused what came then: errors are the load's doing, not the \
                 registry's. Make it shorter (--for, --count), or write `storage: {{ on-disk: true }}` in the load scenario",
                target.name,
                bytes >> 30
            ));
        }
        host.stop().await;
    }
    drop(backends);
    measured.map_err(|error| Failure::environment(error.to_string()))
}

/// What stands behind the hop, in the storage's place; it asks for no keys.
fn behind(backend: &Backend) -> HostStorage {
    let (keys, region) = Default::default();
    HostStorage { endpoint: backend.base_uri(), bucket: "none".to_owned(), keys, region }
}

fn subject(target: &Target, file: &LoadFile, hosted: &Hosted) -> Subject {
    let read = hosted.meter();
    let meter = move || {
        let (storage, usage) = read();
        let storage = storage.map(|tally| StorageUse {
            requests: tally.by_operation.values().sum(),
            by_operation: tally.by_operation,
            bytes_in: tally.bytes_in,
            bytes_out: tally.bytes_out,
        });
        let resources = usage.map(|usage| Resources { cpu_us: usage.cpu_us, peak_bytes: usage.peak_bytes });
        Meter { storage, resources }
    };
    Subject {
        name: target.name.clone(),
        version: hosted.version().map(str::to_owned),
        base: hosted.base().clone(),
        network: hosted.network().clone(),
        namespace: target.namespace.clone(),
        meter: Box::new(meter),
        storm: Box::new(hosted.storm()),
        faults: (!file.storage.faults.is_empty()).then(|| Box::new(hosted.faults()) as Box<_>),
    }
}
