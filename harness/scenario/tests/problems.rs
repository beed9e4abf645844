//! What the author of a wrong file sees.

use shakedown_scenario::{Loader, MapSource, Source, SourceError, render};

fn shown(text: &str) -> String {
    shown_with(MapSource::default().with("scenarios/faults/late-listing.yaml", text))
}

fn shown_with(source: MapSource) -> String {
    match Loader::new(&source).check("scenarios/faults/late-listing.yaml") {
        Ok(plans) => format!("no problem, {} plans", plans.len()),
        Err(problems) => render(&problems, false),
    }
}

const HEAD: &str = "title: An upload that S3 lists late must not fail the push\nseen: A01\n";
const IMAGE: &str = "given:\n  images:\n    app: { layers: [{ size: 12MiB }] }\n";
const PUSH: &str = "steps:\n- push: { image: app, as: \"${repo}:1\" }\n";

#[test]
fn a_right_file_is_a_plan() {
    assert_eq!(shown(&format!("{HEAD}{IMAGE}{PUSH}")), "no problem, 1 plans");
}

#[test]
fn misspelt_key() {
    insta::assert_snapshot!(shown(&format!("{HEAD}{IMAGE}steps:\n- push: {{ imgae: app, as: \"${{repo}}:1\" }}\n")));
}

#[test]
fn wrong_type() {
    insta::assert_snapshot!(shown(&format!(
        "{HEAD}{IMAGE}{PUSH}after:\n- storage-requests: {{ operation: GetObject, at-most: few }}\n"
    )));
}

#[test]
fn unknown_fault() {
    insta::assert_snapshot!(shown(&format!(
        "{HEAD}{IMAGE}faults:\n- on: s3\n  effect: {{ visble-after: {{ what: listing, delay: 2s }} }}\n{PUSH}"
    )));
}

#[test]
fn missing_include() {
    insta::assert_snapshot!(shown(&format!("{HEAD}include: [../worlds/smal.yaml]\n{IMAGE}{PUSH}")));
}

#[test]
fn undefined_variable() {
    insta::assert_snapshot!(shown(&format!(
        "{HEAD}vars: {{ layer-size: 12MiB }}\ngiven:\n  images:\n    app: {{ layers: [{{ size: \"${{layersize}}\" }}] }}\n{PUSH}"
    )));
}

#[test]
fn two_mistakes_at_once() {
    insta::assert_snapshot!(shown(&format!(
        "{HEAD}{IMAGE}faults:\n- on: s3\n  when: {{ operation: CreateMultipartUplod }}\n  effect: reset\n{PUSH}- pull: {{ ref: \"${{repo}}:1\", same-as: ap }}\n- advance: {{ by: 2200 }}\n"
    )));
}

#[test]
fn answers_that_are_no_choice() {
    let http = |expect: &str| {
        format!("{HEAD}steps:\n- http:\n    method: GET\n    path: /v2/\n    expect:\n      one-of:\n{expect}")
    };
    insta::assert_snapshot!(
        [
            shown(&http("      - { status: 200 }\n")),
            shown(&http("      - { status: 200, rule: CH99 }\n      - { status: 404, within: 1s, code: not-found }\n")),
            shown(&http("      - { status: 200, headers: { etag: { absent-or-matches: '(' } } }\n      - { one-of: [{ status: 201 }, { status: 202 }] }\n")),
        ]
        .join("\n")
    );
}

#[test]
fn programs_and_clients() {
    insta::assert_snapshot!(shown(&format!(
        "{HEAD}{IMAGE}steps:\n- run: []\n- run: {{ command: [skopeo], expects: fails }}\n- run: {{ command: [skopeo, \"${{image.ap.layout}}\"], says: \"\" }}\n\
         - client-calls: {{ expect: [{{ method: PACTH, path: v2 }}, {{ at-least: 0, exactly: 1 }}, {{ waits: retry-aftr }}] }}\n"
    )));
    let alone = shown(&format!("{HEAD}steps:\n- run: []\n- client-calls: {{ expect: [{{ method: GET }}] }}\n"));
    for message in ["there is no program", "a program needs real sockets", "nothing must hold of these calls"] {
        assert!(alone.contains(message), "{message}: {alone}");
    }
}

#[test]
fn bad_duration() {
    insta::assert_snapshot!(shown(&format!("{HEAD}{IMAGE}{PUSH}- advance: {{ by: 2 weeks }}\n")));
}

#[test]
fn duplicate_key() {
    insta::assert_snapshot!(shown(&format!("{HEAD}{IMAGE}{PUSH}tags: [a]\nseen: B01\n")));
}

#[test]
fn not_yaml() {
    insta::assert_snapshot!(shown(&format!("{HEAD}story: it said: no\n{PUSH}")));
}

#[test]
fn everything_is_checked_between_the_parts() {
    insta::assert_snapshot!(shown(
        r#"title: ""
seen: [A01, A99]
spec: [CH8, CH99]
tags: [Fault]
needs: [tcp, memory]
vars: { unused: 1 }
given:
  repository: Lab/App
  images: { app: { layers: [{ size: 1KiB }] } }
  blobs: { b: { text: hello } }
  pushed: [ap]
  registry: { part-size: 1MiB }
faults:
- { on: registry, when: { operation: GetObject, nth: 0 }, effect: not-applied }
- { on: s3, when: { after-event: rotatd }, effect: reset }
steps:
- event: { name: rotated }
- http: { method: get, path: v2/, headers: { "a b": x }, body: { blob: b@0-9 }, capture: { repo: { json: errors } }, expect: { code: unknown, rule: CH9999, headers: { x: { matches: "(" } } } }
- http: { method: GET, path: "${location}", expect: { connection: lost, status: 200 } }
- http: { method: POST, path: "/v2/${repo}/blobs/uploads/", capture: { location: { header: location } } }
- http: { method: GET, path: "${blob.c.digest}", query: { a: "${blob.b.sha}", b: "${round}" } }
- push: { image: app, as: "${repo}", mode: { chunked: 0 }, expect: { fails: 201 } }
- delete: { ref: "${repo}:1", blob: b }
- repeat: { times: 20000, steps: [] }
- storage: { truncate: { key: "", to: 1 } }
after:
- storage-requests: { operation: GetObjects, exactly: 1, at-most: 2 }
- storage-requests: { operation: GetObject }
- storage-order: { calls: [{ operation: PutObject, at-most: 1 }] }
- no-answer: { status: [], method: get }
"#
    ));
}

#[test]
fn worlds_lie_below_and_keep_their_places() {
    let world = "given:\n  images:\n    app: { layers: [{ size: 1KiB }] }\n  registry: { redirect: true }\nfaults:\n- { on: s3, when: { nth: 0 }, effect: reset }\nsteps: []\n";
    let text = format!("{HEAD}include: ../worlds/small.yaml\ngiven: {{ registry: {{ redirect: false }} }}\n{PUSH}");
    let source = MapSource::default()
        .with("scenarios/faults/late-listing.yaml", text)
        .with("scenarios/worlds/small.yaml", world);
    insta::assert_snapshot!(shown_with(source));
}

#[test]
fn includes_that_go_in_circles_are_refused() {
    let source = MapSource::default()
        .with("scenarios/faults/late-listing.yaml", format!("{HEAD}include: a.yaml\n{IMAGE}{PUSH}"))
        .with("scenarios/faults/a.yaml", "include: b.yaml\n")
        .with("scenarios/faults/b.yaml", "include: a.yaml\n");
    insta::assert_snapshot!(shown_with(source));
}

#[test]
fn a_file_that_cannot_be_read_is_one_line() {
    struct Broken;
    impl Source for Broken {
        fn read(&self, path: &str) -> Result<String, SourceError> {
            match path {
                "bytes.yaml" => SourceError::text(b"title: \xff\n".to_vec()),
                "huge.yaml" => SourceError::text(vec![b'a'; (1 << 20) + 1]),
                _ => Err(SourceError::NotFound),
            }
        }
    }
    let lines: Vec<String> = ["bytes.yaml", "huge.yaml", "none.yaml"]
        .iter()
        .map(|path| Loader::new(&Broken).check(path).unwrap_err()[0].to_string())
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    bytes.yaml: it is not UTF-8: byte 7 is wrong
    huge.yaml: it has 1048577 bytes, more than the 1048576 that a scenario file may have
    none.yaml: there is no such file
    ");
}

#[test]
fn a_fault_needs_its_party_and_a_way_has_one_proxy() {
    let step = "steps:\n- advance: { by: 1s }\n";
    for (on, what) in
        [("gateway", "gateway"), ("forward-proxy", "forward proxy"), ("swift", "Swift"), ("webhook", "webhook sink")]
    {
        let text = shown(&format!("{HEAD}faults:\n- {{ on: {on}, effect: reset }}\n{step}"));
        assert!(text.contains(&format!("there is no {what}")) && text.contains(&format!("{on}: {{")), "{text}");
        let given = match on {
            "gateway" => "{ gateway: { before: registry } }".to_owned(),
            _ => format!("{{ {on}: {{}} }}"),
        };
        let text = shown(&format!("{HEAD}given: {given}\nfaults:\n- {{ on: {on}, effect: reset }}\n{step}"));
        assert_eq!(text, "no problem, 1 plans");
    }
    for (user, side, is_right) in [
        ("client", "registry", false),
        ("registry", "storage", false),
        ("client", "storage", true),
        ("registry", "registry", true),
    ] {
        let given = format!("given: {{ gateway: {{ before: {side} }}, forward-proxy: {{ for: {user} }} }}\n");
        let text = shown(&format!("{HEAD}{given}{step}"));
        assert_eq!(!text.contains("a gateway stands on the same way"), is_right, "{user} {side}: {text}");
    }
    let text = shown(&format!("{HEAD}given: {{ forward-proxy: {{ dead: true, delay: 1s }} }}\n{step}"));
    assert!(text.contains("has no other habits"), "{text}");
}
