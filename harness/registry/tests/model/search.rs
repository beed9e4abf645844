//! Searches for a counterexample: a case for each seed, the first that fails shrunk, and told with the command that repeats it.

use std::fmt::Debug;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

/// Seeds tried by `cargo test`; `SHAKEDOWN_CASES` wins.
const CASES: u64 = 20;

/// Runs `law` on values of `strategy`. `SHAKEDOWN_SEED` runs one case alone.
pub fn search<S: Strategy>(name: &str, strategy: &S, law: impl Fn(&S::Value, u64) -> Result<(), String>)
where
    S::Value: Debug,
{
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let one = number("SHAKEDOWN_SEED");
    let cases = one.map_or(0..number("SHAKEDOWN_CASES").unwrap_or(CASES), |seed| seed..seed + 1);
    for seed in cases {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let config = Config { cases: 1, failure_persistence: None, max_shrink_iters: 3000, ..Config::default() };
        let held =
            TestRunner::new_with_rng(config, rng).run(strategy, |value| law(&value, seed).map_err(TestCaseError::fail));
        match held {
            Ok(()) => {}
            Err(TestError::Fail(reason, least)) => panic!(
                "{reason}\n\nthe shortest case found for seed {seed}:\n{least:#?}\n\nrepeat: SHAKEDOWN_SEED={seed} cargo test -p shakedown-registry --test model {name}"
            ),
            Err(TestError::Abort(reason)) => panic!("{reason}"),
        }
    }
}

/// Runs `work` in virtual time.
pub fn in_virtual_time<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(work)
}
