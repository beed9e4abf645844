//! What the parsers take is what the grammars allow, no more and no less: each is compared with the specification's own regular expression on
//! texts that are nearly right, and lists of links and challenges with what they were written from. Not here: single cases (beside the code).

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use regex_lite::Regex;
use shakedown_oci::*;

const NAME: &str = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*";
const TAG: &str = "[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}";
const DIGEST: &str = "(sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})";
const ANY_DIGEST: &str = "[a-z0-9]+([+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+";

fn is(grammar: &str, text: &str) -> bool {
    Regex::new(&format!(r"\A(?:{grammar})\z")).unwrap().is_match(text)
}

/// Pieces in a row: mostly near the border of a grammar, on either side.
fn row(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    vec(select(pieces), 0..9).prop_map(|parts| parts.concat())
}

fn digestish() -> impl Strategy<Value = String> {
    let algorithm = select(&["sha256", "sha512", "SHA256", "md5", "sha256+b64u", "a..b", "", "a_"][..]);
    let length = prop_oneof![Just(63usize), Just(64), Just(65), Just(127), Just(128), Just(129), 0usize..4];
    let hex = length.prop_flat_map(|length| vec(select(&["0", "9", "a", "f"][..]), length));
    let odd = select(&["", "", "", "A", "g", "=", "/", ":", "\n", "é"][..]);
    (algorithm, select(&[":", ":", ":", "", "::"][..]), hex, odd)
        .prop_map(|(algorithm, colon, hex, odd)| format!("{algorithm}{colon}{odd}{}", hex.concat()))
}

/// The numbers of `text`, if each fits; whatever else is a separator.
fn numbers(text: &str) -> Option<Vec<u64>> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty()).map(|d| d.parse().ok()).collect()
}

fn rangeish() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "0",
        "5",
        "00",
        "18446744073709551615",
        "18446744073709551614",
        "18446744073709551616",
        "-",
        "-",
        "-",
        "/",
        ",",
        "*",
        "bytes=",
        "bytes ",
        "BYTES=",
        "lines=",
        " ",
        "\t",
        "+",
        "\u{a0}",
        "é",
    ];
    let closed = (
        "(bytes[= ])?",
        0u64..20,
        "[-/ ]",
        0u64..20,
        select(&["", "", "/30", "/*", "/10", ",3-4", ", -1", "/ 30"][..]),
    );
    prop_oneof![
        row(PIECES),
        closed.prop_map(|(unit, first, dash, last, rest)| format!("{unit}{first}{dash}{last}{rest}"))
    ]
}

proptest! {
    #[test]
    fn names_are_of_the_grammar(text in row(&["a", "0", "b1", ".", "_", "-", "/", "A", "é", "\n", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"])) {
        prop_assert_eq!(text.parse::<RepositoryName>().is_ok(), is(NAME, &text) && text.len() <= 255, "{:?}", text);
    }

    #[test]
    fn tags_are_of_the_grammar(first in row(&["a", "Z", "0", "_", ".", "-", ":", "/", " ", "\n", "é"]), more in 0usize..140) {
        let text = first + &"a".repeat(more);
        prop_assert_eq!(text.parse::<Tag>().is_ok(), is(TAG, &text), "{:?}", text);
    }

    #[test]
    fn digests_are_of_the_grammar_and_the_rest_is_told_apart(text in digestish()) {
        let found = text.parse::<Digest>();
        prop_assert_eq!(found.is_ok(), is(DIGEST, &text), "{:?}", text);
        let known = text.starts_with("sha256:") || text.starts_with("sha512:");
        let unsupported = matches!(found, Err(DigestError::Unsupported { .. }));
        prop_assert_eq!(unsupported, is(ANY_DIGEST, &text) && !known, "{:?}", text);
    }

    #[test]
    fn references_are_tags_or_digests(text in prop_oneof![digestish(), row(&["a", "0", "_", ".", "-", ":", "sha256"])]) {
        prop_assert_eq!(text.parse::<Reference>().is_ok(), is(TAG, &text) || is(DIGEST, &text), "{:?}", text);
    }

    #[test]
    fn chunk_ranges_are_of_the_grammar(text in rangeish()) {
        let bounds = is("[0-9]+-[0-9]+", &text).then(|| numbers(&text)).flatten();
        let fits = bounds.as_ref().is_some_and(|b| b[0] <= b[1] && b[1] < u64::MAX);
        let found = text.parse::<ContentRange>();
        prop_assert_eq!(found.is_ok(), fits, "{:?}", text);
        if let Ok(range) = found {
            prop_assert_eq!(vec![range.start(), range.end()], bounds.clone().unwrap());
        }
        let cumulative = bounds.filter(|b| b[0] == 0).map(|b| b[1]);
        prop_assert_eq!(text.parse::<UploadRange>().ok().map(UploadRange::end), cumulative, "{:?}", text);
    }

    #[test]
    fn ranges_of_downloads_are_of_the_grammar(text in rangeish()) {
        // RFC 9110 section 14.1.2 with the list rule of 5.6.1.2.
        let spec = "([0-9]+-[0-9]*|-[0-9]+)";
        let list = format!(r"(?i:bytes)=[ \t,]*{spec}([ \t]*,[ \t]*({spec})?)*[ \t]*");
        let ordered = |spec: &str| match spec.trim_matches([' ', '\t']).split_once('-') {
            Some((first, last)) if !first.is_empty() && !last.is_empty() => numbers(first) <= numbers(last),
            _ => true,
        };
        let valid = is(&list, &text) && numbers(&text).is_some() && text[6..].split(',').all(ordered);
        let found = text.parse::<RangeRequest>();
        let of_bytes = matches!(found, Ok(RangeRequest::Single(_) | RangeRequest::Multiple(_)));
        prop_assert_eq!(of_bytes, valid, "{:?}", text);
        if let Ok(range) = found {
            prop_assert_eq!(range.to_string().parse::<RangeRequest>(), Ok(range));
        }
    }

    #[test]
    fn content_ranges_are_of_the_grammar(text in rangeish()) {
        // RFC 9110 section 14.4, without the form of a 416.
        let valid = is(r"(?i:bytes) [0-9]+-[0-9]+/([0-9]+|\*)", &text)
            && numbers(&text).is_some_and(|n| n[0] <= n[1] && n.get(2).is_none_or(|total| n[1] < *total));
        prop_assert_eq!(text.parse::<ServedRange>().is_ok(), valid, "{:?}", text);
    }

    #[test]
    fn scopes_are_of_the_grammar(text in row(&["repository", ":", ":", "lab/app", "host:5000/x", "pull", ",", "*", " ", "é"])) {
        // A type, a name that may hold colons, actions; blanks separate scopes and are in none.
        let valid = is("[^: ]+:[^ ]+:[^: ]*", &text);
        prop_assert_eq!(text.parse::<Scope>().is_ok(), valid, "{:?}", text);
        if let Ok(scopes) = Scope::parse_all(&text) {
            let shown: Vec<_> = scopes.iter().map(ToString::to_string).collect();
            prop_assert_eq!(Scope::parse_all(&shown.join(" ")), Ok(scopes));
        }
    }

    #[test]
    fn the_first_link_to_the_next_page_is_found(
        links in vec(("[a-z/?=&,;]{0,9}", vec((select(&["rel", "REL", "title", "x"][..]), select(&["next", "prev", "last Next", "a, <b>; rel=next", "q\"\\", ""][..])), 0..4)), 0..4),
        comma in "[ \t]{0,2},[ ,]{0,2}",
    ) {
        let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        let parameter = |(name, value): &(&str, &str)| format!(" ;\t{name}={}", quoted(value));
        let shown = links.iter().map(|(target, list)| format!("<{target}>{}", list.iter().map(parameter).collect::<String>()));
        let text = shown.collect::<Vec<_>>().join(&comma);
        let is_next = |list: &[(&str, &str)]| {
            list.iter().find(|(name, _)| name.eq_ignore_ascii_case("rel")).is_some_and(|(_, value)| matches!(*value, "next" | "last Next"))
        };
        let want = links.iter().find(|(_, list)| is_next(list)).map(|(target, _)| Link::next(target));
        prop_assert_eq!(Link::find_next(&text), Ok(want), "{}", text);
    }

    #[test]
    fn challenges_are_read_as_they_were_written(
        challenges in vec(("[A-Z][a-z]{1,6}", prop_oneof![
            "[a-zA-Z0-9._~+/-]{1,9}={0,2}".prop_map(|token| (Some(token), Vec::new())),
            vec(("[a-z]{1,6}", "[ -~é]{0,12}"), 0..4).prop_map(|params| (None, params)),
        ]), 1..4),
        comma in "[ \t]{0,2},[ ,]{0,2}",
    ) {
        let challenges: Vec<_> =
            challenges.into_iter().map(|(scheme, (token, params))| Challenge { scheme, token, params }).collect();
        let text = challenges.iter().map(ToString::to_string).collect::<Vec<_>>().join(&comma);
        prop_assert_eq!(Challenge::parse_all(&text), Ok(challenges), "{}", text);
    }

    #[test]
    fn a_challenge_that_is_read_is_read_again_from_its_text(text in row(&["Basic", "a", "=", "=", "\"", "\"b\"", " ", ",", "\\", "x=y", ", a=b", "é", ";"])) {
        if let Ok(challenges) = Challenge::parse_all(&text) {
            let shown = challenges.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            prop_assert_eq!(Challenge::parse_all(&shown), Ok(challenges), "{:?} as {:?}", text, shown);
        }
    }

    #[test]
    fn an_error_body_survives_its_text(
        entries in vec(("[A-Z_]{1,12}", ".{0,20}", proptest::option::of(".{0,9}")), 1..5),
        cut in any::<prop::sample::Index>(),
    ) {
        let entry = |(code, message, detail): (String, String, Option<String>)| ErrorEntry { code, message, detail: detail.map(Into::into) };
        let body = ErrorBody { errors: entries.into_iter().map(entry).collect() };
        let bytes = body.render();
        prop_assert_eq!(ErrorBody::parse(&bytes), Ok(body));
        prop_assert!(ErrorBody::parse(&bytes[..cut.index(bytes.len())]).is_err());
    }
}

fn descriptorish() -> impl Strategy<Value = String> {
    let digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let whole = format!(r#"{{"mediaType":"a/b","digest":"{digest}","size":3}}"#);
    let list = format!(r#"["a/b","{digest}",3]"#);
    let odd = [r#"{"mediaType":"a/b","digest":"sha256:ab","size":3}"#, "{}", "null", "3", r#"{"size":-1}"#]
        .map(str::to_owned);
    prop_oneof![12 => Just(whole), 1 => Just(list), 1 => select(odd.to_vec())]
}

proptest! {
    #[test]
    fn a_manifest_that_is_taken_has_the_fields_of_its_kind(
        kind in select(&["", "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json", "x/y"][..]),
        version in select(&["2", "2", "2", "2", "1", "\"2\"", "2.0"][..]),
        fields in vec((select(&["config", "layers", "manifests", "subject"][..]), descriptorish()), 0..4),
        as_list in prop::bool::weighted(0.1),
    ) {
        let field = |(name, value): &(&str, String)| match *name {
            "config" | "subject" => format!(r#","{name}":{value}"#),
            _ => format!(r#","{name}":[{value}]"#),
        };
        let media_type = if kind.is_empty() { String::new() } else { format!(r#","mediaType":"{kind}""#) };
        let fields: String = fields.iter().map(field).collect();
        let text = if as_list {
            format!(r#"[{version},null,{{"mediaType":"a/b","digest":"{}","size":3}},[],null,null,null,null]"#, Digest::of(b""))
        } else {
            format!(r#"{{"schemaVersion":{version}{media_type}{fields}}}"#)
        };
        let Ok(manifest) = Manifest::parse(text.as_bytes(), None) else { return Ok(()) };
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&json["schemaVersion"], 2, "{}", text);
        let whole = |value: &serde_json::Value| {
            value["mediaType"].is_string() && value["size"].is_u64() && value["digest"].as_str().is_some_and(|digest| is(DIGEST, digest))
        };
        let list = |name: &str| json[name].as_array().map_or(0, Vec::len);
        prop_assert_eq!((list("layers"), list("manifests")), (manifest.layers.len(), manifest.manifests.len()));
        let single = [&json["config"], &json["subject"]].into_iter().filter(|value| !value.is_null());
        let listed = ["layers", "manifests"].into_iter().filter_map(|name| json[name].as_array()).flatten();
        prop_assert!(single.chain(listed).all(whole), "{}", text);
        prop_assert_eq!(manifest.kind.is_index(), json["manifests"].is_array(), "{}", text);
        prop_assert!(manifest.kind.is_index() || (!json["config"].is_null() && json["layers"].is_array()), "{}", text);
    }
}
