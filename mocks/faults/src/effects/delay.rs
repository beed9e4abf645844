//! `delay`: an answer that comes late (A02, A22, A23).

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use std::time::Duration;

use rand::RngExt;

use super::EffectKind;
use crate::forms::{scalar_too, short_form};
use crate::{Action, Span};

/// How long, and where in the exchange. `delay: 2s` is a fixed time before the request is applied.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self", deny_unknown_fields, default)]
#[schemars(transform = scalar_too)]
pub struct Delay {
    /// Always this long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fixed: Option<Span>,
    /// Evenly between two times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uniform: Option<Uniform>,
    /// Mostly near the median, at times much longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lognormal: Option<Lognormal>,
    /// Where the time passes.
    pub at: DelayAt,
}

/// Evenly between two times, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Uniform {
    /// Shortest.
    pub from: Span,
    /// Longest.
    pub to: Span,
}

/// A lognormal distribution with an upper limit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lognormal {
    /// Half of the calls are faster.
    pub median: Span,
    /// Standard deviation of the logarithm: 0.5 is a quiet store, 1.5 a bad day.
    pub sigma: f64,
    /// Never longer than this.
    pub cap: Span,
}

/// Where in the exchange the time passes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DelayAt {
    /// Before the request is applied: others do not see its effect yet.
    #[default]
    Before,
    /// After it was applied, before the head of the answer.
    Reply,
}

impl From<Span> for Delay {
    fn from(fixed: Span) -> Self {
        Self { fixed: Some(fixed), ..Self::default() }
    }
}

short_form!(Delay, Span, "a duration, or a mapping with `fixed`, `uniform` or `lognormal`");

impl Delay {
    fn draw(&self, rng: &mut ChaCha8Rng) -> Duration {
        if let Some(Uniform { from, to }) = self.uniform {
            let (low, high) = (micros(from), micros(to));
            return Duration::from_micros(rng.random_range(low..=high.max(low)));
        }
        if let Some(Lognormal { median, sigma, cap }) = self.lognormal {
            let factor = (sigma * standard_normal(rng)).exp();
            let seconds = (median.0.as_secs_f64() * factor).min(cap.0.as_secs_f64());
            // Whole microseconds: what differs between the libraries of two machines is far below.
            return Duration::from_micros((seconds * 1e6) as u64);
        }
        self.fixed.unwrap_or_default().0
    }
}

fn micros(span: Span) -> u64 {
    u64::try_from(span.0.as_micros()).unwrap_or(u64::MAX)
}

/// Box and Muller's transform of two even draws.
fn standard_normal(rng: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}

impl EffectKind for Delay {
    fn summary(&self) -> String {
        let time = match (self.fixed, self.uniform, self.lognormal) {
            (_, Some(u), _) => format!("{} to {}", u.from, u.to),
            (_, _, Some(l)) => format!("about {}, at most {}", l.median, l.cap),
            (fixed, ..) => fixed.unwrap_or_default().to_string(),
        };
        match self.at {
            DelayAt::Before => format!("waits {time} before it applies the request"),
            DelayAt::Reply => format!("applies the request and waits {time} before it answers"),
        }
    }

    fn actions(&self, rng: &mut ChaCha8Rng) -> Vec<Action> {
        let time = self.draw(rng);
        vec![match self.at {
            DelayAt::Before => Action::Delay(time),
            DelayAt::Reply => Action::DelayReply(time),
        }]
    }

    fn problems(&self) -> Vec<String> {
        let mut found = Vec::new();
        let given = [self.fixed.is_some(), self.uniform.is_some(), self.lognormal.is_some()];
        if given.iter().filter(|is| **is).count() != 1 {
            found.push("`delay` needs exactly one of `fixed`, `uniform` and `lognormal`".to_owned());
        }
        if self.uniform.is_some_and(|u| u.from > u.to) {
            found.push("`delay`: `uniform` goes from the shorter time to the longer".to_owned());
        }
        if self.lognormal.is_some_and(|l| !(0.0..=5.0).contains(&l.sigma)) {
            found.push("`delay`: `sigma` is between 0 and 5".to_owned());
        }
        found
    }
}
