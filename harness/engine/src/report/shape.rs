//! What failures of one kind look like: requests, names and values without the repository, digest, upload or number that only names
//! one of them.

use shakedown_reports::Check;

/// A request by method and route, e.g. `PUT /v2/<name>/manifests/<tag>`; another place (`push lab/app:1`) by its first word.
pub(super) fn request(at: &str) -> String {
    let mut words = at.split(' ');
    let first = words.next().unwrap_or_default();
    match words.find_map(|word| route(word.trim_end_matches([':', ',']))) {
        Some(route) => format!("{first} {route}"),
        None => first.to_owned(),
    }
}

/// A text with routes for paths and without the numbers and digests of one case.
pub(super) fn text(text: &str) -> String {
    let word = |word: &str| {
        let bare = word.trim_end_matches([':', ',', ';', '.']);
        let tail = &word[bare.len()..];
        let kept = route(bare).or_else(|| digest(bare)).unwrap_or_else(|| without_numbers(bare));
        format!("{kept}{tail}")
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// What was expected and what came: the class they are compared by, and both as they are told. Statuses and headers that are absent
/// count; other values differ from case to case.
pub(super) fn expectation(check: &Check) -> (String, String, String) {
    let (expected, actual) = (&check.expected, &check.actual);
    match check.what.as_str() {
        "status" | "outcome" | "answer" | "connection" | "no-answer" | "only-answers" => {
            let actual = text_but_statuses(actual);
            (status_class(expected), expected.clone(), actual)
        }
        what if what.starts_with("header ") => {
            let class = |value: &str| if value == "absent" { "absent" } else { "a value" }.to_owned();
            (class(expected), class(expected), class(actual))
        }
        _ => (String::new(), "another".to_owned(), "wrong".to_owned()),
    }
}

/// `416` and `4xx or 404` are of one class, `200 or 5xx` is of its own.
fn status_class(expected: &str) -> String {
    let parts = expected.split(" or ").map(|part| part.trim().chars().next().unwrap_or_default());
    let mut classes: Vec<char> = parts.collect();
    classes.dedup();
    match classes.as_slice() {
        [one] if one.is_ascii_digit() => format!("{one}xx"),
        _ => expected.to_owned(),
    }
}

/// Statuses stay; paths lose their names.
fn text_but_statuses(actual: &str) -> String {
    let word = |word: &str| {
        let bare = word.trim_end_matches([':', ',']);
        let is_status = bare.len() == 3 && bare.bytes().all(|byte| byte.is_ascii_digit());
        if is_status { word.to_owned() } else { text(word) }
    };
    actual.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn route(path: &str) -> Option<String> {
    let path = path.split('?').next().unwrap_or(path);
    let rest = path.strip_prefix("/v2/")?;
    let parts = [("blobs/uploads/", "<upload>"), ("blobs/", "<digest>"), ("tags/list", ""), ("referrers/", "<digest>")];
    for (part, last) in parts {
        if let Some((_, after)) = rest.split_once(&format!("/{part}")) {
            return Some(format!("/v2/<name>/{part}{}", if after.is_empty() { "" } else { last }));
        }
    }
    if let Some((_, reference)) = rest.split_once("/manifests/") {
        let reference = if reference.contains(':') { "<digest>" } else { "<tag>" };
        return Some(format!("/v2/<name>/manifests/{reference}"));
    }
    Some(path.to_owned())
}

fn digest(word: &str) -> Option<String> {
    let (algorithm, hex) = word.split_once(':')?;
    let is_hex = hex.len() >= 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| format!("{algorithm}:<hex>"))
}

fn without_numbers(word: &str) -> String {
    let mut out = String::new();
    for c in word.chars() {
        match (c.is_ascii_digit(), out.ends_with('N')) {
            (true, true) => {}
            (true, false) => out.push('N'),
            (false, _) => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_of_one_kind_look_alike() {
        for (at, expected) in [
            ("PATCH /v2/a/b/blobs/uploads/9ac3", "PATCH /v2/<name>/blobs/uploads/<upload>"),
            ("POST /v2/a/blobs/uploads/", "POST /v2/<name>/blobs/uploads/"),
            ("PUT /v2/a/manifests/1", "PUT /v2/<name>/manifests/<tag>"),
            ("PUT /v2/a/manifests/sha256:00", "PUT /v2/<name>/manifests/<digest>"),
            ("GET /v2/a/tags/list?n=1", "GET /v2/<name>/tags/list"),
            ("GET /v2/", "GET /v2/"),
            ("push lab/app:1", "push"),
            ("", ""),
        ] {
            assert_eq!(request(at), expected, "{at}");
        }
        assert_eq!(
            text("json /tags/12 of sha256:0123456789abcdef0123456789abcdef0123"),
            "json /tags/N of sha256:<hex>"
        );
    }

    #[test]
    fn statuses_count_and_values_do_not() {
        let of = |what: &str, expected: &str, actual: &str| {
            expectation(&Check {
                rules: vec![],
                what: what.into(),
                expected: expected.into(),
                actual: actual.into(),
                at: String::new(),
                verdict: shakedown_reports::Verdict::Failed,
                duty: String::new(),
                call: None,
            })
        };
        assert_eq!(of("status", "416", "202").0, of("status", "4xx", "202").0);
        assert_ne!(of("status", "416", "202").0, of("status", "201", "202").0);
        assert_ne!(of("status", "201", "404").2, of("status", "201", "500").2);
        let refused =
            |id: &str| of("outcome", "succeeds", &format!("PUT /v2/a/blobs/uploads/{id}: 500 Internal Server Error"));
        assert_eq!(refused("11"), refused("22"));
        assert_eq!(of("header location", "present", "absent").2, "absent");
        assert_eq!(of("json /tags/0", "1", "2"), of("json /tags/0", "a", "b"));
    }
}
