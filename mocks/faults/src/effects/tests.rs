//! Every effect as a file writes it: read, written back, described; and what is said about mistakes.

use std::fmt::Write as _;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::Effect;
use crate::{Action, BodyEdit, End, Fault, HeadEdit, Moment, On, StoreFault, Until, View};

fn effect(yaml: &str) -> Effect {
    serde_saphyr::from_str(yaml).unwrap_or_else(|error| panic!("{yaml}: {error}"))
}

fn actions(yaml: &str) -> Vec<Action> {
    effect(yaml).actions(&mut ChaCha8Rng::seed_from_u64(7))
}

fn answer(yaml: &str) -> crate::Answer {
    match actions(yaml).as_slice() {
        [Action::Answer(_, answer)] => answer.clone(),
        other => panic!("{yaml} gives {other:?}"),
    }
}

fn refusal(yaml: &str) -> String {
    match serde_saphyr::from_str::<Fault>(yaml) {
        Err(error) => error.to_string(),
        Ok(fault) => panic!("{yaml} was read as {fault:?}"),
    }
}

#[test]
fn examples_are_read_as_their_kind_and_make_sense() {
    for (kind, example) in Effect::EXAMPLES {
        let effect = effect(example);
        assert_eq!(effect.name(), *kind, "{example}");
        assert_eq!(effect.problems(), Vec::<String>::new(), "{example}");
        assert!(!actions(example).is_empty(), "{example} does nothing");
    }
}

#[test]
fn what_is_written_is_read_back() {
    for (_, example) in Effect::EXAMPLES {
        let effect = effect(example);
        let yaml = serde_saphyr::to_string(&effect).unwrap();
        assert_eq!(serde_saphyr::from_str::<Effect>(&yaml).unwrap(), effect, "{yaml}");
        let json = serde_json::to_string(&effect).unwrap();
        assert_eq!(serde_json::from_str::<Effect>(&json).unwrap(), effect, "{json}");
    }
}

#[test]
fn kinds_with_their_documentation() {
    let mut text = String::new();
    for ((kind, doc), (_, example)) in Effect::KINDS.iter().zip(Effect::EXAMPLES) {
        writeln!(text, "{kind}: {doc}\n    effect: {example}\n    the party {}", effect(example).summary()).unwrap();
    }
    insta::assert_snapshot!(text);
}

#[test]
fn the_schema_knows_every_kind() {
    let schema = schemars::schema_for!(Fault).to_value().to_string();
    for (kind, _) in Effect::KINDS {
        assert!(schema.contains(&format!("\"{kind}\"")), "{kind}");
    }
}

#[test]
fn the_gateways_404_is_byte_for_byte_that_of_the_field_report() {
    let answer = answer("answer: { status: 404, body: html }");
    assert_eq!(answer.status, 404);
    assert_eq!(answer.body.len(), 159);
    let header = |name: &str| answer.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    assert_eq!(header("server"), Some("openresty/1.15.8.2"));
    assert_eq!(header("content-type"), Some("text/html"));
    assert!(answer.read_request);
}

#[test]
fn headers_of_an_answer_win_over_those_of_its_body() {
    let answer = answer(
        "answer: { status: 404, body: { xml: { code: NoSuchKey } }, headers: { Content-Type: text/html, retry-after: 5 } }",
    );
    let kinds: Vec<_> = answer.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case("content-type")).collect();
    assert_eq!(kinds, [&("Content-Type".to_owned(), "text/html".to_owned())]);
    assert!(answer.headers.contains(&("retry-after".to_owned(), "5".to_owned())));
    let body = String::from_utf8(answer.body.to_vec()).unwrap();
    assert!(body.contains("<Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>"), "{body}");
}

#[test]
fn bodies_of_answers() {
    assert_eq!(answer("answer: 503").body, "");
    assert_eq!(answer("answer: { status: 502, body: { text: hello } }").body, "hello");
    assert_eq!(answer("answer: { status: 404, body: { json: { errors: [] } } }").body, r#"{"errors":[]}"#);
    assert_eq!(answer("answer: { status: 404, body: { page: openresty-404 } }").body.len(), 159);
    let without_code = answer("answer: { status: 404, body: { xml: {} } }").body;
    assert!(!String::from_utf8_lossy(&without_code).contains("<Code>"));
    let escaped = answer("answer: { status: 404, body: { xml: { code: A, message: '<&>' } } }").body;
    assert!(String::from_utf8_lossy(&escaped).contains("<Message>&lt;&amp;&gt;</Message>"));
    assert!(!answer("answer: { status: 403, early: true }").read_request);
    assert!(matches!(
        actions("answer: { status: 503, applied: true }").as_slice(),
        [Action::Answer(Moment::Applied, _)]
    ));
}

#[test]
fn padding_keeps_the_declaration_first() {
    let body = answer("ok-with-error: { code: SlowDown, padding: 50 }").body;
    let text = String::from_utf8(body.to_vec()).unwrap();
    let (declaration, rest) = text.split_once("?>").unwrap();
    assert!(declaration.starts_with("<?xml"));
    assert_eq!(rest.len() - rest.trim_start().len(), 50);
    assert!(rest.trim_start().starts_with("<Error><Code>SlowDown</Code>"));
}

#[test]
fn short_forms_mean_what_the_long_ones_say() {
    for (short, long) in [
        ("delay: 2s", "delay: { fixed: 2s, at: before }"),
        ("answer: 404", "answer: { status: 404 }"),
        ("slow-down", "slow-down: {}"),
        ("slow-down: 2s", "slow-down: { retry-after: 2s }"),
        ("not-applied", "not-applied: { as: normal }"),
        ("lost-reply", "lost-reply: { end: fin }"),
        ("lost-reply: rst", "lost-reply: { end: rst }"),
        ("truncate: 1KiB", "truncate: { at: 1024, end: fin }"),
        ("content-length: -10", "content-length: { off-by: -10 }"),
        ("corrupt: 7", "corrupt: { at: 7 }"),
        ("redirect: 301", "redirect: { status: 301 }"),
        ("clock-skew: -16m", "clock-skew: { by: -960s }"),
        ("foreign-uploads: 3", "foreign-uploads: { count: 3 }"),
        ("visible-after: { what: [listing], looks: 2 }", "visible-after: { what: listing, looks: 2 }"),
        ("reset", "reset: {}"),
    ] {
        assert_eq!(effect(short), effect(long), "{short}");
    }
}

#[test]
fn effects_become_actions() {
    let hide = |view| Action::Store(StoreFault::Hide { view, until: Until::Never });
    assert_eq!(
        actions("visible-after: { what: [object, parts], never: true }"),
        [hide(View::Object), hide(View::Parts)]
    );
    assert_eq!(actions("lost-reply: rst"), [Action::Break(Moment::Applied, End::Rst)]);
    assert_eq!(actions("reset"), [Action::Break(Moment::Before, End::Rst)]);
    assert_eq!(
        actions("header: { set: { a: b }, remove: [c] }"),
        [
            Action::Head(HeadEdit::Remove { name: "c".into() }),
            Action::Head(HeadEdit::Set { name: "a".into(), value: "b".into() })
        ]
    );
    assert_eq!(actions("request-method: GET"), [Action::RequestHead(HeadEdit::Method(http::Method::GET))]);
    assert_eq!(actions("clock-skew: -16m"), [Action::Store(StoreFault::ClockSkewMs(-960_000))]);
    assert_eq!(
        actions("all: [{ delay: 2s }, { truncate: { at: 5B, end: rst } }]"),
        [Action::Delay(std::time::Duration::from_secs(2)), Action::Body(BodyEdit::Truncate { at: 5, end: End::Rst })]
    );
}

#[test]
fn delays_stay_within_their_limits_and_differ() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for (yaml, low, high) in [
        ("delay: { uniform: { from: 10ms, to: 50ms } }", 10_000, 50_000),
        ("delay: { lognormal: { median: 20ms, sigma: 1.5, cap: 90ms } }", 0, 90_000),
    ] {
        let effect = effect(yaml);
        let drawn: Vec<u128> = (0..200)
            .map(|_| match effect.actions(&mut rng).as_slice() {
                [Action::Delay(time)] => time.as_micros(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert!(drawn.iter().all(|us| (low..=high).contains(us)), "{drawn:?}");
        assert!(drawn.iter().collect::<std::collections::BTreeSet<_>>().len() > 100, "{drawn:?}");
        let below = drawn.iter().filter(|us| **us < 20_000).count();
        assert!((20..180).contains(&below), "{below} of 200 below 20 ms in {yaml}");
    }
}

#[test]
fn only_the_store_can_do_what_only_a_store_can_do() {
    for (_, example) in Effect::EXAMPLES {
        let effect = effect(example);
        let fault = Fault { on: On::Registry, when: crate::When::default(), effect: effect.clone() };
        let store_only = effect.parties() == [On::S3];
        assert_eq!(fault.problems().is_empty(), !store_only, "{example}");
    }
    assert_eq!(effect("not-applied").parties(), [On::S3]);
    assert_eq!(effect("not-applied: html").parties(), On::ALL);
}

#[test]
fn parameters_that_make_no_sense_are_refused() {
    for yaml in [
        "delay: {}",
        "delay: { fixed: 1s, uniform: { from: 1s, to: 2s } }",
        "delay: { uniform: { from: 2s, to: 1s } }",
        "delay: { lognormal: { median: 1s, sigma: -1, cap: 2s } }",
        "visible-after: { what: object }",
        "visible-after: { what: object, delay: 1s, looks: 1 }",
        "answer: { status: 403, early: true, applied: true }",
        "answer: { status: 403, headers: { 'bad name': x } }",
        "ok-with-error: { code: A, padding: 2000000 }",
        "trickle: 0",
        "content-length: 0",
        "content-type: \"a\\nb\"",
        "wrong-etag: \"\\x01\"",
        "header: {}",
        "header: { remove: 'a b' }",
        "request-header: {}",
        "xml: {}",
        "redirect: 404",
        "page: { size: 0 }",
        "foreign-uploads: 0",
        "all: []",
        "all: [{ xml: {} }]",
    ] {
        assert!(!effect(yaml).problems().is_empty(), "{yaml} is accepted");
    }
}

#[test]
fn mistakes_are_told_with_their_place() {
    let mistakes = [
        "on: s3\neffect: { dealy: 2s }\n",
        "on: s3\neffect: dealy\n",
        "on: s3\neffect: delay\n",
        "on: s3\neffect:\n  delay: 2s\n  reset: {}\n",
        "on: s3\neffect:\n  delay: { fixed: 2 }\n",
        "on: s3\neffect:\n  delay:\n    fixd: 2s\n",
        "on: s3\neffect:\n  answer:\n    status: 404\n    body: { page: apache }\n",
        "on: s3\neffect:\n  answer:\n    status: 99\n",
        "on: s3\neffect:\n  visible-after: { what: [object, lists], delay: 2s }\n",
        "on: s3\neffect: { page: stuckk }\n",
        "on: s3\neffect: []\n",
        "on: s3\neffect: {}\n",
        "on: s3\neffect: { clock-skew: 16 }\n",
    ];
    let told: String = mistakes.iter().map(|yaml| format!("{yaml}=> {}\n\n", refusal(yaml))).collect();
    insta::assert_snapshot!(told);
}
