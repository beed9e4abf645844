//! Conditions as files write them, and which calls they hold for.

use http::{HeaderMap, Method};

use super::{OPERATIONS, When};
use crate::{Call, On};

fn when(yaml: &str) -> When {
    serde_saphyr::from_str(yaml).unwrap_or_else(|error| panic!("{yaml}: {error}"))
}

/// An UploadPart of a registry's upload, with a few headers.
fn holds(yaml: &str) -> bool {
    let mut headers = HeaderMap::new();
    headers.insert("expect", "100-continue".parse().unwrap());
    headers.append("x-twice", "one".parse().unwrap());
    headers.append("x-twice", "two".parse().unwrap());
    let call = Call {
        on: On::S3,
        operation: Some("UploadPart"),
        method: &Method::PUT,
        path: "/lab/docker/registry/v2/repositories/a/b/_uploads/9ac3/data",
        query: "partNumber=1&uploadId=a%2Fb&acl",
        headers: &headers,
        key: "docker/registry/v2/repositories/a/b/_uploads/9ac3/data",
    };
    when(yaml).holds(&call)
}

#[test]
fn conditions_on_the_call() {
    for (yaml, expected) in [
        ("{}", true),
        ("operation: UploadPart", true),
        ("operation: [GetObject, UploadPart]", true),
        ("operation: PutObject", false),
        ("method: PUT", true),
        ("method: [GET, HEAD]", false),
        ("path: /lab/**", true),
        ("path: /lab/*", false),
        ("key-class: upload-data", true),
        ("key-class: [tag, link]", false),
        ("key: '**/_uploads/*/data'", true),
        ("key: '*/data'", false),
        ("header: { Expect: '100-*' }", true),
        ("header: { expect: null }", false),
        ("header: { authorization: null }", true),
        ("header: { authorization: '*' }", false),
        ("header: { x-twice: two }", true),
        ("query: { partNumber: 1 }", true),
        ("query: { uploadId: a/b }", true),
        ("query: { uploadId: '*' }", true),
        ("query: { acl: '' }", true),
        ("query: { acl: null }", false),
        ("query: { uploads: null }", true),
        ("{ operation: UploadPart, query: { partNumber: 2 } }", false),
    ] {
        assert_eq!(holds(yaml), expected, "{yaml}");
    }
}

#[test]
fn counts() {
    let struck = |yaml: &str| (1..=9).filter(|count| when(yaml).counts(*count)).collect::<Vec<_>>();
    assert_eq!(struck("nth: 2"), [2]);
    assert_eq!(struck("nth: [1, 3]"), [1, 3]);
    assert_eq!(struck("calls: { from: 2, to: 4 }"), [2, 3, 4]);
    assert_eq!(struck("calls: { to: 2 }"), [1, 2]);
    assert_eq!(struck("calls: { from: 8 }"), [8, 9]);
    assert_eq!(struck("every: 3"), [3, 6, 9]);
    assert_eq!(struck("{ every: 2, calls: { from: 5 } }"), [6, 8]);
    assert_eq!(struck("{}").len(), 9);
}

#[test]
fn what_is_written_is_read_back() {
    for yaml in [
        "{}",
        "{ operation: [GetObject, HeadObject], method: GET, path: /a/*, key-class: tag, key: '**' }",
        "{ header: { a: null, b: 'x*' }, query: { uploads: '' } }",
        "{ nth: [1, 2], calls: { from: 1, to: 9 }, every: 2, probability: 0.25, at-most: 3 }",
        "{ window: { from: 1s, to: 30s }, after-event: a, until-event: b, when-answer: { status: [404, 403] } }",
    ] {
        let when = when(yaml);
        let written = serde_saphyr::to_string(&when).unwrap();
        assert_eq!(serde_saphyr::from_str::<When>(&written).unwrap(), when, "{written}");
    }
}

#[test]
fn conditions_that_never_hold_are_refused() {
    for yaml in [
        "nth: 0",
        "nth: [1, 0]",
        "calls: { from: 0 }",
        "calls: { from: 3, to: 2 }",
        "every: 0",
        "at-most: 0",
        "probability: 1.5",
        "probability: -0.1",
        "probability: .nan",
        "window: { from: 2s, to: 2s }",
        "header: { 'a b': x }",
    ] {
        assert_eq!(when(yaml).problems().len(), 1, "{yaml}");
    }
    assert!(when("{ nth: 1, probability: 1, at-most: 1, window: { to: 1s } }").problems().is_empty());
}

#[test]
fn every_operation_can_be_named() {
    for operation in OPERATIONS {
        when(&format!("operation: {operation}"));
    }
}

#[test]
fn mistakes_are_told_with_their_place() {
    let mistakes = [
        "operation: PutObjekt",
        "operation: [GetObject, getobject]",
        "operation: []",
        "method: get",
        "key-class: manifests",
        "key-class: [tag, manifests]",
        "nht: 2",
        "nth: two",
        "calls: { form: 2 }",
        "window: { from: 5 }",
        "header: [a, b]",
        "when-answer: { status: 4xx }",
        "when-answer: { status: 1000 }",
    ];
    let told: String = mistakes
        .iter()
        .map(|yaml| match serde_saphyr::from_str::<When>(yaml) {
            Err(error) => format!("{}\n", error.to_string().lines().next().unwrap_or_default())
                .replace("error: ", &format!("{yaml}\n    ")),
            Ok(when) => panic!("{yaml} was read as {when:?}"),
        })
        .collect();
    insta::assert_snapshot!(told);
}
