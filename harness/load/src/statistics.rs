//! Statistics of a few noisy samples: the bootstrap. Not here: what is compared (`compare`).

use rand::{RngExt as _, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Resamplings.
const TIMES: usize = 4000;
/// Any; the same each time, so that a comparison repeats.
const SEED: u64 = 0x5eed;

/// A ratio of means and the interval in which it lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ratio {
    pub(crate) value: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// The mean of `after` by that of `before`, by the percentile bootstrap. `paired`: samples of one place belong together, because they were
/// taken one after the other; what both have in common then drops out.
pub(crate) fn ratio(before: &[f64], after: &[f64], paired: bool, confidence: f64) -> Ratio {
    let value = mean(after) / mean(before);
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut ratios: Vec<f64> = (0..TIMES)
        .map(|_| {
            if paired {
                let (mut above, mut below) = (0.0, 0.0);
                for _ in 0..before.len() {
                    let index = rng.random_range(0..before.len());
                    below += before[index];
                    above += after[index];
                }
                above / below
            } else {
                let mut again = |samples: &[f64]| {
                    let sum: f64 = (0..samples.len()).map(|_| samples[rng.random_range(0..samples.len())]).sum();
                    sum / samples.len() as f64
                };
                again(after) / again(before)
            }
        })
        .collect();
    ratios.sort_unstable_by(f64::total_cmp);
    let tail = (1.0 - confidence) / 2.0;
    let at = |share: f64| ratios[((TIMES - 1) as f64 * share).round() as usize];
    Ratio { value, low: at(tail), high: at(1.0 - tail) }
}

pub(crate) fn mean(samples: &[f64]) -> f64 {
    samples.iter().sum::<f64>() / samples.len() as f64
}

/// The middle of the samples; 0 of none.
pub(crate) fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => sorted[odd / 2],
        even => f64::midpoint(sorted[even / 2 - 1], sorted[even / 2]),
    }
}

/// Standard deviation as a share of the mean: how much samples differ among themselves.
pub(crate) fn noise(samples: &[f64]) -> f64 {
    let mean = mean(samples);
    if samples.len() < 2 || mean == 0.0 {
        return 0.0;
    }
    let squares: f64 = samples.iter().map(|sample| (sample - mean).powi(2)).sum();
    (squares / (samples.len() - 1) as f64).sqrt() / mean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_common_drift_drops_out_of_pairs() {
        // A machine that gets twice as slow while it is measured; the second system takes 10 % longer each time.
        let before: Vec<f64> = (0..10).map(|round| 100.0 + 10.0 * f64::from(round)).collect();
        let after: Vec<f64> = before.iter().map(|time| time * 1.1).collect();
        let paired = ratio(&before, &after, true, 0.99);
        assert!((paired.low - 1.1).abs() < 1e-9 && (paired.high - 1.1).abs() < 1e-9, "{paired:?}");
        let apart = ratio(&before, &after, false, 0.99);
        assert!(apart.low < 1.0 && apart.high > 1.2, "{apart:?}");
        assert!(noise(&before) > 0.2);
        assert_eq!(noise(&[3.0, 3.0]), 0.0);
        assert_eq!([median(&[]), median(&[3.0, 1.0, 2.0]), median(&[4.0, 1.0, 2.0, 3.0])], [0.0, 2.0, 2.5]);
    }
}
