//! Sizes as distributions: fixed, uniform, lognormal as those of real layers are, or one of several.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_scenario::Size;

/// How large content is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "a size such as `4KiB`, or one of `{ uniform: [FROM, TO] }`, `{ lognormal: { median, spread, at-most } }`, `{ one-of: [SIZE, ...] }`"
)]
pub enum Sizes {
    /// Always this.
    Fixed(Size),
    /// Anything between two sizes, both included.
    Uniform(Uniform),
    /// Many small ones and a few large ones.
    Lognormal(Lognormal),
    /// One of these, each as likely as its place in the list is often.
    OneOf(OneOf),
}

/// Between two sizes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Uniform {
    /// The smallest and the largest.
    pub uniform: (Size, Size),
}

/// Around a median.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lognormal {
    /// Its parameters.
    pub lognormal: LognormalShape,
}

/// The shape of a lognormal distribution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LognormalShape {
    /// Half are smaller.
    pub median: Size,
    /// Two thirds lie within this factor of the median, e.g. 4.
    pub spread: f64,
    /// Larger ones are cut to this.
    pub at_most: Size,
}

/// A choice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OneOf {
    /// The sizes.
    pub one_of: Vec<Size>,
}

impl Sizes {
    /// The next size.
    pub(crate) fn draw(&self, rng: &mut ChaCha8Rng) -> u64 {
        match self {
            Self::Fixed(size) => size.0,
            Self::Uniform(Uniform { uniform: (from, to) }) => rng.random_range(from.0..=to.0.max(from.0)),
            Self::Lognormal(Lognormal { lognormal: shape }) => {
                let drawn = shape.median.0 as f64 * (normal(rng) * shape.spread.ln()).exp();
                (drawn as u64).min(shape.at_most.0)
            }
            Self::OneOf(OneOf { one_of }) => one_of[rng.random_range(0..one_of.len())].0,
        }
    }

    /// The size, where there is only one.
    pub(crate) fn only(&self) -> Option<u64> {
        if let Self::Fixed(size) = self { Some(size.0) } else { None }
    }

    /// What is wrong with it.
    pub(crate) fn problem(&self) -> Option<String> {
        match self {
            Self::Uniform(Uniform { uniform: (from, to) }) if from > to => {
                Some(format!("`uniform: [{from}, {to}]` must be written smallest first"))
            }
            Self::Lognormal(Lognormal { lognormal }) if !(1.0..=1e6).contains(&lognormal.spread) => {
                Some(format!("`spread: {}` is a factor of at least 1, e.g. 4", lognormal.spread))
            }
            Self::OneOf(OneOf { one_of }) if one_of.is_empty() => Some("`one-of` needs at least one size".to_owned()),
            _ => None,
        }
    }
}

/// A normally distributed number (Box and Muller).
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let (one, two): (f64, f64) = (rng.random(), rng.random());
    (-2.0 * (1.0 - one).ln()).sqrt() * (std::f64::consts::TAU * two).cos()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn draws(text: &str) -> Vec<u64> {
        let sizes: Sizes = serde_saphyr::from_str(text).unwrap();
        assert_eq!(sizes.problem(), None);
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut drawn: Vec<_> = (0..4000).map(|_| sizes.draw(&mut rng)).collect();
        drawn.sort_unstable();
        drawn
    }

    #[test]
    fn distributions_are_what_they_are_called() {
        assert!(draws("4KiB").iter().all(|&size| size == 4096));
        let uniform = draws("{ uniform: [1KiB, 3KiB] }");
        assert!(uniform[0] >= 1024 && uniform[3999] <= 3072 && (1900..2200).contains(&uniform[2000]));
        let lognormal = draws("{ lognormal: { median: 1MiB, spread: 4, at-most: 64MiB } }");
        let within = lognormal.iter().filter(|&&size| (262_144..4_194_304).contains(&size)).count();
        assert!((2600..2850).contains(&within), "68 % lie within one factor of the median: {within}");
        assert!(lognormal[3999] <= 64 << 20);
        let one_of = draws("{ one-of: [1KiB, 1KiB, 1MiB] }");
        assert!((2500..2850).contains(&one_of.iter().filter(|&&size| size == 1024).count()));
    }

    #[test]
    fn mistakes_are_told() {
        for (text, word) in [
            ("{ uniform: [2KiB, 1KiB] }", "smallest first"),
            ("{ lognormal: { median: 1KiB, spread: 0.5, at-most: 2KiB } }", "at least 1"),
            ("{ one-of: [] }", "at least one"),
        ] {
            let sizes: Sizes = serde_saphyr::from_str(text).unwrap();
            assert!(sizes.problem().unwrap().contains(word), "{text}");
        }
        assert!(serde_saphyr::from_str::<Sizes>("{ normal: 3 }").unwrap_err().to_string().contains("lognormal"));
    }
}
