//! Statistics of a few noisy samples: ranks where samples belong together, the bootstrap where they do not. Not here: what is compared
//! (`compare`).

use rand::{RngExt as _, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Resamplings.
const TIMES: usize = 4000;
/// Any; the same each time, so that a comparison repeats.
const SEED: u64 = 0x5eed;
/// Most pairs that are looked at one by one; of more, neighbours are joined. Work grows with the square of it.
const MOST_PAIRS: usize = 250;
/// Fewest pairs of which ranks can be 99 % sure.
pub(crate) const FEWEST: usize = 8;

/// A ratio and the interval in which it lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ratio {
    pub(crate) value: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// How `after` is to `before`. `paired`: samples of one place belong together, because they were taken one after the other; what both have in
/// common then drops out, and a few that something else has hit do not matter.
pub(crate) fn ratio(before: &[f64], after: &[f64], paired: bool, confidence: f64) -> Ratio {
    let of_pairs = if paired { ratio_of_pairs(before, after, confidence) } else { None };
    of_pairs.unwrap_or_else(|| bootstrap(before, after, paired, confidence))
}

/// The ratio of the typical pair, by Hodges and Lehmann, and its interval by the ranks of Wilcoxon: the logarithms of the ratios and the means of
/// any two of them, of which the middle is taken, and the interval from those in the middle. It assumes nothing of the noise but that it favours
/// neither side, and a round that was hit by something else counts as one that is slower, not as how much. Nothing if there are too few pairs for
/// so much confidence, or zeros, which have no ratio.
fn ratio_of_pairs(before: &[f64], after: &[f64], confidence: f64) -> Option<Ratio> {
    let logs: Option<Vec<f64>> = before
        .iter()
        .zip(after)
        .map(|(before, after)| (after / before).ln())
        .map(|log| log.is_finite().then_some(log))
        .collect();
    let logs = joined(&logs?);
    let outside = outside(logs.len(), (1.0 - confidence) / 2.0)?;
    let mut means: Vec<f64> = Vec::with_capacity(logs.len() * (logs.len() + 1) / 2);
    for (index, one) in logs.iter().enumerate() {
        means.extend(logs[index..].iter().map(|other| f64::midpoint(*one, *other)));
    }
    means.sort_unstable_by(f64::total_cmp);
    let (low, high) = (means[outside - 1], means[means.len() - outside]);
    Some(Ratio { value: median(&means).exp(), low: low.exp(), high: high.exp() })
}

/// At most [`MOST_PAIRS`] of them, which say something each: neighbours that are alike are joined, because they are one thing that happened (a
/// scheduler that favours one side for a second), however many rounds it took.
fn joined(logs: &[f64]) -> Vec<f64> {
    let together = logs.len().div_ceil(MOST_PAIRS).max(alike(logs)).max(1);
    logs.chunks_exact(together).map(median).collect()
}

/// How many neighbours are to be taken for one: from how much the rank of each says of the next one's.
fn alike(logs: &[f64]) -> usize {
    let count = logs.len() as f64;
    let mut order: Vec<usize> = (0..logs.len()).collect();
    order.sort_by(|one, other| logs[*one].total_cmp(&logs[*other]));
    let mut ranks = vec![0.0; logs.len()];
    for (rank, index) in order.into_iter().enumerate() {
        ranks[index] = rank as f64 - (count - 1.0) / 2.0;
    }
    let squares: f64 = ranks.iter().map(|rank| rank * rank).sum();
    let neighbours: f64 = ranks.windows(2).map(|pair| pair[0] * pair[1]).sum();
    let correlation = neighbours / squares;
    // Chance makes neighbours alike, too.
    if correlation.is_nan() || correlation <= 2.0 / count.sqrt() {
        return 1;
    }
    // What is left of the likeness after so many is little; and some must be left to say anything.
    let away = (4.0 * (1.0 + correlation) / (1.0 - correlation)).ceil();
    (away as usize).min(logs.len() / FEWEST)
}

/// The place, from 1, of the mean of two that begins an interval of so many pairs which leaves out `tail` on each side: from the distribution of
/// the signed ranks, exactly. Nothing if even the widest interval leaves out more.
fn outside(pairs: usize, tail: f64) -> Option<usize> {
    // How likely each sum of the ranks of the pairs that favour one side is, if each favours either side as likely.
    let mut likely = vec![0.0; pairs * (pairs + 1) / 2 + 1];
    likely[0] = 1.0_f64;
    for rank in 1..=pairs {
        for sum in (0..likely.len()).rev() {
            let without = if sum >= rank { likely[sum - rank] } else { 0.0 };
            likely[sum] = f64::midpoint(likely[sum], without);
        }
    }
    let mut below = 0.0;
    let fits = likely.iter().take_while(|share| {
        below += **share;
        below <= tail
    });
    Some(fits.count()).filter(|count| *count > 0)
}

/// The mean of `after` by that of `before`, by the percentile bootstrap.
fn bootstrap(before: &[f64], after: &[f64], paired: bool, confidence: f64) -> Ratio {
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

/// How many standard errors the mean of many samples is away from what they come from, at most, in 99 of 100 cases.
const SURE: f64 = 2.576;

/// True if the mean of the samples is known within this share of it, as far as samples that do not belong together can say.
pub(crate) fn is_known(samples: &[f64], share: f64) -> bool {
    samples.len() >= FEWEST && mean(samples) > 0.0 && SURE * noise(samples) / (samples.len() as f64).sqrt() <= share
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
        // Of eight samples that differ by a hundredth the mean is known within one percent, not within half of one.
        let eight: Vec<f64> = (0..8).map(|round| 100.0 + f64::from(round % 2) * 2.0).collect();
        assert_eq!([0.01, 0.005].map(|share| is_known(&eight, share)), [true, false]);
        assert!(!is_known(&eight[..7], 1.0) && !is_known(&[0.0; 9], 1.0), "too few, and nothing");
        assert_eq!([median(&[]), median(&[3.0, 1.0, 2.0]), median(&[4.0, 1.0, 2.0, 3.0])], [0.0, 2.0, 2.5]);
    }

    #[test]
    fn intervals_are_those_of_the_tables_of_wilcoxon() {
        // Critical values of the signed ranks, two-sided: the largest sum that is still outside, and one for the place.
        for (pairs, tail, place) in [
            (8, 0.005, Some(1)),
            (7, 0.005, None),
            (10, 0.005, Some(4)),
            (20, 0.005, Some(38)),
            (25, 0.025, Some(90)),
            (0, 0.005, None),
        ] {
            assert_eq!(outside(pairs, tail), place, "{pairs} pairs, {tail}");
        }
    }

    #[test]
    fn what_lasts_many_rounds_counts_once() {
        // Four stretches of ten rounds that favour one side or the other; then the same ratios in any other order.
        let logs: Vec<f64> = (0..40).map(|round| f64::from(((round / 10) % 2) * 10 + (round * 7) % 5)).collect();
        assert_eq!(alike(&logs), 5, "as many as leave eight");
        let mixed: Vec<f64> = (0..40).map(|round| logs[(round * 11) % 40]).collect();
        assert_eq!(alike(&mixed), 1);
        assert_eq!((alike(&[]), alike(&[1.0, 2.0, 3.0])), (1, 1));
        assert_eq!(joined(&vec![0.5; 10_000]).len(), 8);
    }

    #[test]
    fn rounds_that_something_else_has_hit_do_not_matter() {
        let before: Vec<f64> = (0..40).map(|round| 100.0 + f64::from(round % 3)).collect();
        let mut after: Vec<f64> = before.iter().map(|time| time * 1.1).collect();
        let clean = ratio(&before, &after, true, 0.99);
        after[3] *= 5.0;
        after[11] *= 3.0;
        let hit = ratio(&before, &after, true, 0.99);
        assert!((clean.value - 1.1).abs() < 1e-9 && (hit.value - 1.1).abs() < 1e-9 && hit.high < 1.11, "{hit:?}");
        assert!(bootstrap(&before, &after, true, 0.99).high > 1.5, "as means would have it");
        // Zeros have no ratio, and few pairs no ranks: the means then.
        assert_eq!(ratio(&[1.0, 0.0], &[2.0, 2.0], true, 0.99).value, 4.0);
        let many = vec![1.0; 10_000];
        assert_eq!(ratio(&many, &many, true, 0.99), Ratio { value: 1.0, low: 1.0, high: 1.0 });
    }
}
