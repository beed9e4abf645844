//! `shakedown bench --self-test`: are the load generator and the S3 mock fast enough to measure with? Prints it; `shakedown-load` measures.

mod s3_mock;

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use shakedown_load::{Extent, Limit, LoadOptions, Part, Side, Unit};
use shakedown_wire::Clock;
use shakedown_wire::network::{self, NetworkOptions};
use tokio::sync::watch;

use super::Args;
use crate::exit::Exit;
use crate::output::{Failure, Output};

/// What the generator must reach of the bare loop.
const ENOUGH: f64 = 0.85;
/// All of the generator, unless `--for` or `--count` says otherwise; half of it again for the mock.
const TIME: Duration = Duration::from_secs(16);
/// What two cores did over loopback from memory when the project began. Context, and no gate: this machine is another one today.
const CONTEXT: &str = "for context, two cores once measured with hyper alone, from memory over loopback: pulls 4.8 GB/s on one connection,
pushes 4.8 GB/s, small requests 76,000/s on one connection and 148,000/s on eight. Only the ratios count.";

pub(super) fn run(args: &Args, stop: &watch::Receiver<bool>, output: &Output) -> Result<Exit, Failure> {
    let extent = match (args.count, args.duration) {
        (Some(0), _) => return Err(Failure::usage("`--count 0` measures nothing")),
        (Some(count), _) => Extent::Count(count),
        (None, duration) => Extent::Time(duration.map_or(TIME, |duration| duration.0)),
    };
    if let Some(workers) = args.workers.filter(|workers| !(1..=1024).contains(workers)) {
        return Err(Failure::usage(format!("`--workers {workers}` must be 1 to 1024")));
    }
    let (rounds, teller) = (args.rounds, output.clone());
    let options = LoadOptions {
        seed: args.seed,
        rounds,
        part: Part::WHOLE,
        start: None,
        clock: Clock::real_time(),
        stop: stop.clone(),
        progress: Arc::new(move |kind, round| {
            if teller.verbose > 0 {
                teller.note(&format!("round {round} of {rounds} of {kind}"));
            }
        }),
    };
    output.note("the load generator and a bare loop take turns on a registry that does nothing ...");
    // As loads have it: the client's own limits are enough.
    let network = NetworkOptions { head_timeout: None, body_timeout: None, ..NetworkOptions::default() };
    let network = network::client(&network);
    let runtime = super::super::all_threads()?;
    let measured = runtime.block_on(shakedown_load::self_test(&options, extent, args.workers, &network));
    let limits = measured.map_err(|error| Failure::environment(error.to_string()))?;
    output.print(&told(&limits));
    output.note("the S3 mock and a server that does nothing take turns under the bare loop ...");
    let stores = runtime.block_on(stores(&options, extent))?;
    output.print(&told_of_stores(&stores));
    if *stop.borrow() {
        output.note("interrupted");
        return Ok(Exit::Interrupted);
    }
    let (verdict, exit) = judged(&limits);
    output.line(&verdict);
    if cfg!(debug_assertions) {
        output.line(
            "shakedown was built without optimisation: this says nothing of a release build (cargo run --release)",
        );
    }
    output.note(CONTEXT);
    Ok(exit)
}

/// The mock, in each kind of load.
async fn stores(options: &LoadOptions, extent: Extent) -> Result<Vec<(Limit, f64)>, Failure> {
    let extent = match extent {
        Extent::Time(all) => Extent::Time(all / 2 / s3_mock::KINDS.len() as u32),
        Extent::Count(count) => Extent::Count(count),
    };
    let mock = s3_mock::Mock::start(&options.clock, options.seed).await?;
    let mut limits = Vec::new();
    for kind in s3_mock::KINDS {
        if !*options.stop.borrow() {
            let limit = shakedown_load::beside_nothing(options, extent, &mock.service(kind)?).await;
            limits.push((limit.map_err(|error| Failure::environment(error.to_string()))?, kind.goal));
        }
    }
    Ok(limits)
}

/// The table of the mock.
fn told_of_stores(limits: &[(Limit, f64)]) -> String {
    let mut text = format!(
        "{:<16}{:>8}{:>22}{:>22}{:>8}{:>18}\n",
        "S3 mock", "workers", "mock", "does nothing", "ratio", "goal on two cores"
    );
    for (limit, goal) in limits {
        let side = |side: &Side| format!("{} ({})", rate(side.rate(), limit.unit), side.count);
        let (mock, bare) = (side(&limit.measured), side(&limit.bare));
        let (kind, workers, ratio) = (limit.kind, limit.workers, limit.ratio());
        let goal = rate(*goal, limit.unit);
        let _ = writeln!(text, "{kind:<16}{workers:>8}{mock:>22}{bare:>22}{ratio:>8.2}{goal:>18}");
    }
    text + "Signatures verified, 100 fault rules that are not met, the bare loop as client. Its goals are no gate: machines differ.\n"
}

/// The table.
fn told(limits: &[Limit]) -> String {
    let mut text = format!("{:<16}{:>8}{:>22}{:>22}{:>8}\n", "load", "workers", "generator", "bare loop", "ratio");
    for limit in limits {
        let side = |side: &Side| format!("{} ({})", rate(side.rate(), limit.unit), side.count);
        let (generator, bare) = (side(&limit.measured), side(&limit.bare));
        let (kind, workers, ratio) = (limit.kind, limit.workers, limit.ratio());
        let _ = writeln!(text, "{kind:<16}{workers:>8}{generator:>22}{bare:>22}{ratio:>8.2}");
    }
    text + "Medians of the rounds; in brackets the operations of all rounds. A ratio is the median of those of neighbouring rounds.\n"
}

fn rate(rate: f64, unit: Unit) -> String {
    match unit {
        Unit::Bytes => format!("{:.0} MB/s", rate / 1e6),
        Unit::Operations => format!("{rate:.0}/s"),
    }
}

/// What that means.
fn judged(limits: &[Limit]) -> (String, Exit) {
    let percent = |ratio: f64| (ratio * 100.0).floor();
    let enough = percent(ENOUGH);
    let below: Vec<_> = limits.iter().filter(|limit| limit.ratio() < ENOUGH).collect();
    if below.is_empty() {
        let least = limits.iter().map(Limit::ratio).fold(f64::INFINITY, f64::min);
        let verdict = format!(
            "passed: the load generator reaches {} % of a bare loop or more (needed: {enough} %)",
            percent(least)
        );
        return (verdict, Exit::Passed);
    }
    let which: Vec<_> = below.iter().map(|limit| format!("{} ({} %)", limit.kind, percent(limit.ratio()))).collect();
    let verdict = format!(
        "BELOW: the load generator is what limits {}; needed are {enough} % of a bare loop. On an idle machine, repeat it with --for 60s; \
         if it stays, measurements near these rates are of shakedown and not of a registry",
        which.join(", ")
    );
    (verdict, Exit::Regression)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(kind: &'static str, unit: Unit, generator: f64, bare: f64) -> Limit {
        let side = |rate: f64| Side { count: 12, rates: vec![rate; 3] };
        Limit { kind, unit, workers: 2, measured: side(generator), bare: side(bare) }
    }

    #[test]
    fn one_kind_below_is_below() {
        let good = limit("large pulls", Unit::Bytes, 3.6e9, 4e9);
        let (verdict, exit) = judged(std::slice::from_ref(&good));
        assert_eq!((exit, verdict.contains("reaches 90 % ")), (Exit::Passed, true), "{verdict}");
        let bad = limit("small requests", Unit::Operations, 84_900.0, 100_000.0);
        let (verdict, exit) = judged(&[good.clone(), bad.clone()]);
        assert_eq!((exit, verdict.contains("limits small requests (84 %);")), (Exit::Regression, true), "{verdict}");
        let table = told(&[good, bad]);
        let row = "large pulls            2        3600 MB/s (12)        4000 MB/s (12)    0.90\n";
        assert!(table.contains(row) && table.contains("84900/s (12)"), "{table}");
    }
}
