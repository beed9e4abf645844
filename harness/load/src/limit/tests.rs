//! The self-test with few operations: what is counted and said, never how fast this machine is.

use std::sync::Arc;

use shakedown_wire::network::{self, NetworkOptions};
use shakedown_wire::{Clock, Request};
use tokio::sync::watch;

use super::*;
use crate::part::Part;

/// With whoever can stop it: a load ends when nobody can any more.
fn options() -> (watch::Sender<bool>, LoadOptions) {
    let (sender, stop) = watch::channel(false);
    let progress = Arc::new(|_: &str, _| ());
    let clock = Clock::real_time();
    (sender, LoadOptions { seed: 1, rounds: 3, part: Part::WHOLE, start: None, clock, stop, progress })
}

#[tokio::test]
async fn both_sides_do_the_same() {
    let network = network::client(&NetworkOptions::default());
    let (_stop, options) = options();
    let limits = self_test(&options, Extent::Count(7), Some(2), &network).await.unwrap();
    let counted: Vec<_> = limits.iter().map(|limit| (limit.kind, limit.measured.count, limit.bare.count)).collect();
    assert_eq!(counted, [("large pushes", 7, 7), ("large pulls", 7, 7), ("small requests", 7, 7)]);
    for limit in &limits {
        assert_eq!((limit.measured.rates.len(), limit.bare.rates.len(), limit.workers), (3, 3, 2), "{limit:?}");
        assert!(limit.measured.rate() > 0.0 && limit.ratio() > 0.0, "{limit:?}");
    }
}

#[tokio::test]
async fn a_generator_that_is_slowed_is_below_the_bare_loop() {
    let inner = network::client(&NetworkOptions::default());
    let slow = Party::from_fn(move |request: Request| {
        let inner = inner.clone();
        async move {
            // What stands for a client that does too much: 20 ms, where the null registry takes less than one.
            tokio::time::sleep(Duration::from_millis(20)).await;
            inner.send(request).await
        }
    });
    let (_stop, options) = options();
    let limits = self_test(&options, Extent::Count(12), Some(1), &slow).await.unwrap();
    let small = limits.last().unwrap();
    assert!(small.measured.count == 12 && small.ratio() < 0.85, "{small:?}");
}

#[tokio::test]
async fn an_operation_that_fails_is_no_slow_one() {
    let nowhere = Party::from_fn(async |_| Err(shakedown_wire::WireError::Reset));
    let (_stop, options) = options();
    let error = self_test(&options, Extent::Count(1), None, &nowhere).await.unwrap_err();
    assert!(error.to_string().contains("large p"), "{error}");
}

#[tokio::test]
async fn a_stop_ends_it_and_keeps_what_there_is() {
    let (stop, options) = options();
    let options = LoadOptions {
        progress: Arc::new(move |kind, round| {
            stop.send_replace(kind == "large pulls" && round == 2);
        }),
        ..options
    };
    let network = network::client(&NetworkOptions::default());
    let limits = self_test(&options, Extent::Count(9), Some(1), &network).await.unwrap();
    let rounds: Vec<_> = limits.iter().map(|limit| limit.bare.rates.len()).collect();
    assert_eq!(rounds, [3, 2]);
}

#[test]
fn the_ratio_is_that_of_pairs_and_one_disturbed_round_does_not_decide() {
    let side = |rates: &[f64]| Side { count: 0, rates: rates.to_vec() };
    let ratio = |generator: &[f64], bare: &[f64]| {
        let (generator, bare) = (side(generator), side(bare));
        Limit { kind: "x", unit: Unit::Operations, workers: 1, measured: generator, bare }.ratio()
    };
    // A machine that gets half as fast: each pair says 0.9.
    assert!((ratio(&[90.0, 45.0, 72.0], &[100.0, 50.0, 80.0]) - 0.9).abs() < 1e-9);
    assert!((ratio(&[90.0, 9.0, 90.0, 90.0, 90.0], &[100.0; 5]) - 0.9).abs() < 1e-9);
    assert!(ratio(&[80.0; 5], &[100.0; 5]) < 0.85);
    assert!(ratio(&[], &[]).abs() < 1e-9, "nothing was measured");
}

#[test]
fn quotas_of_rounds_add_up() {
    let file = KINDS[0].file(Extent::Count(10), 1);
    let counts: Vec<_> = (0..4).map(|round| Quota::of_round(&file, round, 4)).collect();
    assert_eq!(counts, [2, 3, 2, 3].map(Quota::Count));
    let file = KINDS[0].file(Extent::Time(Duration::from_secs(12)), 1);
    assert_eq!(Quota::of_round(&file, 0, 10), Quota::Time(Duration::from_millis(200)), "a half of a third of it");
    assert_eq!(file.problems(), Vec::<String>::new());
}

#[tokio::test]
async fn bodies_are_as_long_as_they_say() {
    let block = Bytes::from(vec![7; 300_000]);
    for size in [0, 1, 131_072, 300_000, 700_001] {
        let body = body(&block, size);
        assert_eq!((body.length(), body.drain().await.unwrap()), (Some(size), size));
    }
}
