//! The list of faults of a run and the decision which one strikes. Deterministic: (faults, seed, order of calls) decide.

mod sieve;

use std::collections::BTreeSet;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::sieve::{Look, Sieve};
use crate::{Action, Call, Effect, Moment, When};

/// The party a fault acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum On {
    /// The object store.
    S3,
    /// The registry's front: what its clients see.
    Registry,
    /// The token server.
    Token,
    /// The gateway of `given.gateway`.
    Gateway,
    /// The upstream of `given.upstream`.
    Upstream,
    /// The forward proxy of `given.forward-proxy`.
    ForwardProxy,
    /// The Swift of `given.swift`.
    Swift,
    /// The webhook sink of `given.webhook`.
    Webhook,
}

impl On {
    /// All parties, the store first.
    pub const ALL: &[Self] = &[
        Self::S3,
        Self::Registry,
        Self::Token,
        Self::Gateway,
        Self::Upstream,
        Self::ForwardProxy,
        Self::Swift,
        Self::Webhook,
    ];
}

/// One fault of a scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fault {
    /// The party that misbehaves.
    pub on: On,
    /// Which of its calls.
    #[serde(default)]
    pub when: When,
    /// How.
    pub effect: Effect,
}

impl Fault {
    /// What is wrong with this fault beyond its syntax, in sentences for the author of a file. Empty: it can strike.
    pub fn problems(&self) -> Vec<String> {
        let mut found = self.when.problems();
        found.extend(self.effect.problems());
        if !self.effect.parties().contains(&self.on) {
            found.push(format!("`{}` is something only the store can do: write `on: s3`", self.effect.name()));
        }
        let of_s3 = [
            ("operation", self.when.operation.is_some()),
            ("key", self.when.key.is_some()),
            ("key-class", self.when.key_class.is_some()),
        ];
        for (condition, _) in of_s3.iter().filter(|(_, given)| *given && self.on != On::S3) {
            found.push(format!("`{condition}` is known of calls to the store only: use `method` and `path` here"));
        }
        if self.when.when_answer.is_some() && !self.can_wait_for_the_answer() {
            found.push(format!(
                "`when-answer` needs an effect on the answer; `{}` acts before there is one",
                self.effect.name()
            ));
        }
        found
    }

    fn can_wait_for_the_answer(&self) -> bool {
        let before = |action: &Action| matches!(action, Action::RequestHead(_) | Action::Twice | Action::Store(_));
        !self.effect.actions(&mut ChaCha8Rng::seed_from_u64(0)).iter().any(before)
    }
}

/// A fault that strikes now.
#[derive(Debug, Clone, PartialEq)]
pub struct Firing {
    /// Index in the list of faults.
    pub rule: usize,
    /// How often this rule had fired before.
    pub nth: u64,
    /// The effect's kind as written in files.
    pub effect: &'static str,
    /// What it does, in one sentence for people.
    pub summary: String,
    /// What to do, in order.
    pub actions: Vec<Action>,
    /// If given, the request is applied first, and the actions are carried out only if the party's own answer has one of these
    /// statuses; else that answer goes out unchanged and the fault did not happen. The actions then all act on the answer: they
    /// are `DelayReply`, `Head`, `Body`, `Xml`, or have [`Moment::Applied`].
    pub only_if_status: Option<Vec<u16>>,
    /// The next rule that waits for the answer, if this one waits for another than came. See [`Firing::for_status`].
    pub otherwise: Option<Box<Firing>>,
}

impl Firing {
    /// Whether the request must be applied before it is known if anything happens.
    pub fn waits_for_answer(&self) -> bool {
        self.only_if_status.is_some()
    }

    /// What strikes an answer of this status: this firing or one of those behind it.
    pub fn for_status(self, status: u16) -> Option<Firing> {
        let mut next = Some(self);
        while let Some(firing) = next {
            if firing.only_if_status.as_ref().is_none_or(|wanted| wanted.contains(&status)) {
                return Some(firing);
            }
            next = firing.otherwise.map(|boxed| *boxed);
        }
        None
    }
}

/// The faults of one run with their counters and random streams.
///
/// A rule's counter and its random stream advance with the calls that meet its own conditions, whichever rule strikes them. So a
/// rule added at the end changes nothing for those before it (but that rules with `when-answer` stand behind those without), and
/// one added at the front takes calls away but shifts no count.
#[derive(Debug, Clone)]
pub struct FaultSet {
    rules: Vec<Rule>,
    /// The rules in short, in their order.
    sieves: Vec<Sieve>,
    seed: u64,
    events: BTreeSet<String>,
}

#[derive(Debug, Clone)]
struct Rule {
    fault: Fault,
    /// Calls that met the conditions while the rule was armed.
    count: u64,
    fired: u64,
    /// One draw a counted call, if there is a probability.
    chance: ChaCha8Rng,
    /// What the effect leaves to chance.
    effect: ChaCha8Rng,
}

impl FaultSet {
    /// A set from its files' faults and the run's seed.
    pub fn new(faults: Vec<Fault>, seed: u64) -> Self {
        let mut set = Self { rules: Vec::new(), sieves: Vec::new(), seed, events: BTreeSet::new() };
        for fault in faults {
            set.push(fault);
        }
        set
    }

    /// One more fault, behind all others, whose counters and streams go on. Its index.
    pub fn push(&mut self, fault: Fault) -> usize {
        let index = self.rules.len();
        let stream = |number: u64| {
            let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
            rng.set_stream(number);
            rng
        };
        let (chance, effect) = (stream(2 * index as u64), stream(2 * index as u64 + 1));
        self.sieves.push(Sieve::of(&fault));
        self.rules.push(Rule { fault, count: 0, fired: 0, chance, effect });
        index
    }

    /// Which fault, if any, strikes this call. Must be asked once per call, in the order of arrival. `now` is the time since the
    /// run began.
    ///
    /// The first rule that matches wins. Rules that wait for the answer come second: where no other rule strikes, all of them that
    /// match are given, in order, and the first whose status it is wins ([`Firing::for_status`]).
    pub fn decide(&mut self, call: &Call<'_>, now: Duration) -> Option<Firing> {
        let mut certain = None;
        let mut waiting = Vec::new();
        if self.rules.is_empty() {
            return None;
        }
        let look = Look::at(call);
        for (index, sieve) in self.sieves.iter().enumerate() {
            if !sieve.lets(&look) {
                continue;
            }
            let rule = &mut self.rules[index];
            if !rule.wants(call, now, &self.events) {
                continue;
            }
            match rule.fault.when.when_answer {
                None => certain = certain.or(Some(index)),
                Some(_) => waiting.push(index),
            }
        }
        if let Some(index) = certain {
            return Some(self.rules[index].fire(index));
        }
        let mut chain = None;
        for index in waiting.into_iter().rev() {
            let firing = self.rules[index].fire(index);
            chain = Some(Firing { otherwise: chain.map(Box::new), ..firing });
        }
        chain
    }

    /// A named event happened (a step began, credentials changed): rules that wait for it may strike from now on, rules that last
    /// until it do not any more.
    pub fn event(&mut self, name: &str) {
        let waited_for = |rule: &Rule| {
            let when = &rule.fault.when;
            [&when.after_event, &when.until_event].into_iter().flatten().any(|wanted| wanted == name)
        };
        if self.rules.iter().any(waited_for) {
            self.events.insert(name.to_owned());
        }
    }

    /// How often each rule fired so far, in the order of the list.
    pub fn fired(&self) -> Vec<u64> {
        self.rules.iter().map(|rule| rule.fired).collect()
    }

    /// The faults, in the order of the list.
    pub fn faults(&self) -> impl ExactSizeIterator<Item = &Fault> {
        self.rules.iter().map(|rule| &rule.fault)
    }
}

impl Rule {
    /// Counts the call if it is one of this rule's, and says whether the rule would strike it.
    fn wants(&mut self, call: &Call<'_>, now: Duration, events: &BTreeSet<String>) -> bool {
        let when = &self.fault.when;
        let armed = when.window.is_none_or(|w| now >= w.from.0 && w.to.is_none_or(|to| now < to.0))
            && when.after_event.as_ref().is_none_or(|name| events.contains(name))
            && when.until_event.as_ref().is_none_or(|name| !events.contains(name));
        if !armed || self.fault.on != call.on || !when.holds(call) {
            return false;
        }
        self.count += 1;
        // Drawn for each counted call, needed or not, so that no other condition shifts the stream.
        let lucky = when.probability.is_none_or(|p| self.chance.random::<f64>() < p);
        lucky && when.counts(self.count) && when.at_most.is_none_or(|budget| self.fired < budget)
    }

    fn fire(&mut self, index: usize) -> Firing {
        let nth = self.fired;
        self.fired += 1;
        let effect = &self.fault.effect;
        let wanted = self.fault.when.when_answer.as_ref();
        let mut actions = effect.actions(&mut self.effect);
        if wanted.is_some() {
            actions = actions.into_iter().map(after_the_answer).collect();
        }
        Firing {
            rule: index,
            nth,
            effect: effect.name(),
            summary: effect.summary(),
            actions,
            only_if_status: wanted.map(|answer| answer.status.iter().map(|status| status.0.as_u16()).collect()),
            otherwise: None,
        }
    }
}

/// The same action, but after the request was applied.
fn after_the_answer(action: Action) -> Action {
    match action {
        Action::Delay(time) => Action::DelayReply(time),
        Action::Answer(Moment::Before, answer) => Action::Answer(Moment::Applied, answer),
        Action::Break(Moment::Before, end) => Action::Break(Moment::Applied, end),
        Action::Raw(Moment::Before, bytes, end) => Action::Raw(Moment::Applied, bytes, end),
        other => other,
    }
}

#[cfg(test)]
mod tests;
