//! Laws of the decision: it repeats, budgets hold, rules do not disturb those before them.

use std::time::Duration;

use http::{HeaderMap, Method};
use proptest::prelude::*;

use super::{Fault, FaultSet, Firing};
use crate::{Action, Call, Moment, On};

/// The operation and the key of one call.
type Asked = (&'static str, &'static str);

fn faults(yaml: &str) -> Vec<Fault> {
    serde_saphyr::from_str(yaml).unwrap_or_else(|error| panic!("{error}"))
}

fn ask(set: &mut FaultSet, (operation, key): Asked, now: Duration) -> Option<Firing> {
    let headers = HeaderMap::new();
    let call = Call {
        on: On::S3,
        operation: Some(operation),
        method: &Method::PUT,
        path: "/",
        query: "",
        headers: &headers,
        key,
    };
    set.decide(&call, now)
}

/// The answers to the same call, one a second.
fn struck(yaml: &str, calls: u64) -> Vec<u64> {
    let mut set = FaultSet::new(faults(yaml), 1);
    (1..=calls).filter(|n| ask(&mut set, ("PutObject", "k"), Duration::from_secs(*n)).is_some()).collect()
}

#[test]
fn the_first_rule_that_matches_wins_and_counts_do_not_shift() {
    let mut set = FaultSet::new(
        faults(
            "- { on: s3, when: { nth: 1 }, effect: reset }\n\
             - { on: s3, when: { calls: { to: 2 } }, effect: close }\n",
        ),
        1,
    );
    let kinds: Vec<_> =
        (0..3).map(|_| ask(&mut set, ("PutObject", "k"), Duration::ZERO).map(|firing| firing.effect)).collect();
    // The second rule saw the first call too, although it did not strike it.
    assert_eq!(kinds, [Some("reset"), Some("close"), None]);
    assert_eq!(set.fired(), [1, 1]);
}

#[test]
fn windows_are_in_run_time_and_counters_begin_with_them() {
    assert_eq!(struck("[{ on: s3, when: { window: { from: 2s, to: 4s } }, effect: reset }]", 6), [2, 3]);
    assert_eq!(struck("[{ on: s3, when: { window: { from: 3s }, nth: 1 }, effect: reset }]", 6), [3]);
}

#[test]
fn budgets_end() {
    assert_eq!(struck("[{ on: s3, when: { at-most: 2 }, effect: reset }]", 6), [1, 2]);
    assert_eq!(struck("[{ on: s3, when: { every: 2, at-most: 2 }, effect: reset }]", 9), [2, 4]);
}

#[test]
fn events_arm_and_disarm() {
    let yaml = "- { on: s3, when: { after-event: restarted, nth: 1 }, effect: reset }\n\
                - { on: s3, when: { until-event: credentials-changed }, effect: expired-token }\n";
    let mut set = FaultSet::new(faults(yaml), 1);
    let kind = |set: &mut FaultSet| ask(set, ("PutObject", "k"), Duration::ZERO).map(|firing| firing.effect);
    assert_eq!(kind(&mut set), Some("expired-token"));
    set.event("unrelated");
    set.event("restarted");
    assert_eq!(kind(&mut set), Some("reset"));
    assert_eq!(kind(&mut set), Some("expired-token"));
    set.event("credentials-changed");
    assert_eq!(kind(&mut set), None);
}

#[test]
fn a_condition_on_the_answer_makes_all_actions_act_on_it() {
    let yaml = "[{ on: s3, when: { when-answer: { status: [404, 403] } }, effect: { all: [{ delay: 1s }, { answer: { status: 404, body: html } }] } }]";
    let rules = faults(yaml);
    assert_eq!(rules[0].problems(), Vec::<String>::new());
    let firing = ask(&mut FaultSet::new(rules, 1), ("GetObject", "k"), Duration::ZERO).unwrap();
    assert_eq!(firing.only_if_status, Some(vec![404, 403]));
    assert!(matches!(firing.actions.as_slice(), [Action::DelayReply(_), Action::Answer(Moment::Applied, _)]));
}

#[test]
fn rules_that_wait_for_the_answer_are_tried_in_order_after_all_others() {
    let yaml = "- { on: s3, when: { when-answer: { status: 404 } }, effect: { answer: 404 } }\n\
                - { on: s3, when: { when-answer: { status: 403 } }, effect: { status: 500 } }\n\
                - { on: s3, when: { nth: 2 }, effect: reset }\n";
    let mut set = FaultSet::new(faults(yaml), 1);
    let first = ask(&mut set, ("GetObject", "k"), Duration::ZERO).unwrap();
    assert!(first.waits_for_answer());
    let effect = |status| first.clone().for_status(status).map(|firing| (firing.rule, firing.effect));
    assert_eq!(effect(404), Some((0, "answer")));
    assert_eq!(effect(403), Some((1, "status")));
    assert_eq!(effect(200), None);
    let second = ask(&mut set, ("GetObject", "k"), Duration::ZERO).unwrap();
    assert_eq!((second.effect, second.waits_for_answer()), ("reset", false));
    assert_eq!(second.for_status(200).map(|firing| firing.rule), Some(2));
}

#[test]
fn the_front_is_struck_apart_from_the_store() {
    let mut set = FaultSet::new(faults("[{ on: registry, effect: reset }]"), 1);
    assert_eq!(ask(&mut set, ("PutObject", "k"), Duration::ZERO), None);
    let headers = HeaderMap::new();
    let call = Call {
        on: On::Registry,
        operation: None,
        method: &Method::GET,
        path: "/v2/",
        query: "",
        headers: &headers,
        key: "",
    };
    let firing = set.decide(&call, Duration::ZERO).unwrap();
    assert_eq!((firing.rule, firing.nth, firing.only_if_status), (0, 0, None));
}

#[test]
fn faults_that_cannot_strike_are_refused() {
    for (yaml, told) in [
        ("{ on: registry, effect: ignore-range }", "only the store can do"),
        ("{ on: registry, when: { operation: PutObject }, effect: reset }", "use `method` and `path`"),
        ("{ on: registry, when: { key-class: tag }, effect: reset }", "use `method` and `path`"),
        ("{ on: s3, when: { at-most: 0 }, effect: reset }", "leave the fault out"),
        ("{ on: s3, when: { when-answer: { status: 404 } }, effect: duplicate }", "acts before there is one"),
        ("{ on: s3, when: { when-answer: { status: 404 } }, effect: { page: empty } }", "acts before there is one"),
        ("{ on: s3, effect: { xml: {} } }", "needs `drop`, `set` or `add`"),
    ] {
        let fault: Fault = serde_saphyr::from_str(yaml).unwrap();
        let problems = fault.problems();
        assert!(problems.len() == 1 && problems[0].contains(told), "{yaml}: {problems:?}");
    }
}

fn any_when() -> impl Strategy<Value = String> {
    let operation = prop_oneof![Just(""), Just("operation: PutObject, "), Just("operation: [GetObject, PutObject], ")];
    let count = prop_oneof![Just(""), Just("nth: 2, "), Just("calls: { from: 2, to: 5 }, "), Just("every: 3, ")];
    let chance = prop_oneof![Just(""), Just("probability: 0.4, ")];
    let window = prop_oneof![Just(""), Just("window: { from: 3s, to: 20s }, ")];
    let budget = prop_oneof![Just(""), Just("at-most: 1, "), Just("at-most: 3, ")];
    (operation, count, chance, window, budget).prop_map(|(o, c, p, w, b)| format!("{{ {o}{c}{p}{w}{b} }}"))
}

fn any_fault() -> impl Strategy<Value = Fault> {
    let effect = prop_oneof![
        Just("reset"),
        Just("slow-down"),
        Just("{ delay: { uniform: { from: 1ms, to: 900ms } } }"),
        Just("{ visible-after: { what: listing, delay: 2s } }"),
    ];
    (any_when(), effect).prop_map(|(when, effect)| {
        serde_saphyr::from_str(&format!("{{ on: s3, when: {when}, effect: {effect} }}")).unwrap()
    })
}

fn any_calls() -> impl Strategy<Value = Vec<Asked>> {
    let operation = prop_oneof![Just("PutObject"), Just("GetObject"), Just("ListParts")];
    prop::collection::vec((operation, Just("key")), 0..40)
}

fn run(faults: &[Fault], seed: u64, calls: &[Asked]) -> Vec<Option<Firing>> {
    let mut set = FaultSet::new(faults.to_vec(), seed);
    (0u64..).zip(calls).map(|(second, call)| ask(&mut set, *call, Duration::from_secs(second))).collect()
}

proptest! {
    #[test]
    fn the_same_faults_seed_and_calls_give_the_same_firings(
        faults in prop::collection::vec(any_fault(), 0..5), seed in any::<u64>(), calls in any_calls()
    ) {
        prop_assert_eq!(run(&faults, seed, &calls), run(&faults, seed, &calls));
    }

    #[test]
    fn budgets_are_never_exceeded(
        faults in prop::collection::vec(any_fault(), 1..5), seed in any::<u64>(), calls in any_calls()
    ) {
        let firings = run(&faults, seed, &calls);
        for (index, fault) in faults.iter().enumerate() {
            let own: Vec<_> = firings.iter().flatten().filter(|firing| firing.rule == index).collect();
            prop_assert!(own.len() as u64 <= fault.when.at_most.unwrap_or(u64::MAX));
            // Firings of a rule are numbered without gaps.
            prop_assert!(own.iter().zip(0..).all(|(firing, nth)| firing.nth == nth));
        }
    }

    #[test]
    fn a_rule_behind_changes_nothing_for_those_before(
        faults in prop::collection::vec(any_fault(), 0..4), more in any_fault(), seed in any::<u64>(), calls in any_calls()
    ) {
        let before = run(&faults, seed, &calls);
        let with_more: Vec<Fault> = faults.iter().cloned().chain([more]).collect();
        let after = run(&with_more, seed, &calls);
        for (old, new) in before.iter().zip(&after) {
            match old {
                Some(firing) => prop_assert_eq!(Some(firing), new.as_ref()),
                None => prop_assert!(new.as_ref().is_none_or(|firing| firing.rule == faults.len())),
            }
        }
    }

    #[test]
    fn nth_strikes_exactly_once(nth in 1u64..30, calls in 0u64..60) {
        let struck = struck(&format!("[{{ on: s3, when: {{ nth: {nth} }}, effect: reset }}]"), calls);
        prop_assert_eq!(struck, if nth <= calls { vec![nth] } else { Vec::new() });
    }

    #[test]
    fn probability_follows_the_seed_and_its_value(seed in any::<u64>()) {
        let rule = faults("[{ on: s3, when: { probability: 0.25 }, effect: reset }]");
        let calls = vec![("PutObject", "k"); 1000];
        let struck = run(&rule, seed, &calls).iter().flatten().count();
        prop_assert!((150..350).contains(&struck), "{} of 1000", struck);
        prop_assert_ne!(run(&rule, seed, &calls), run(&rule, seed ^ 1, &calls));
    }
}
