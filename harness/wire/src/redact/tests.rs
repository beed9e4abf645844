//! Examples of what people read, and the law: a secret in any known place does not survive.

use http::HeaderMap;
use proptest::prelude::*;

use super::*;

fn header(name: &'static str, value: &str) -> String {
    Redactor::default().header(name, value.as_bytes())
}

#[test]
fn the_scheme_and_the_scope_stay() {
    let aws = "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260101/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, \
               Signature=0a1b2c";
    let lines = [
        header("authorization", aws),
        header("authorization", "Basic bGFiOmxhYg=="),
        header("Authorization", "bearer eyJhbGciOi.x.y"),
        header("authorization", "hunter2"),
        header("cookie", "session=1"),
        header(
            "www-authenticate",
            r#"Bearer realm="http://auth.test/token",service="registry",scope="repository:a:pull""#,
        ),
        header(
            "location",
            "http://s3.test/b/k?X-Amz-Credential=AKIAEXAMPLE%2F20260101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20260101T000000Z&X-Amz-Signature=0a1b2c&x-id=GetObject",
        ),
    ];
    insta::assert_snapshot!(lines.join("\n"), @r#"
    AWS4-HMAC-SHA256 Credential=REDACTED/20260101/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=REDACTED
    Basic REDACTED
    Bearer REDACTED
    REDACTED
    REDACTED
    Bearer realm="http://auth.test/token",service="registry",scope="repository:a:pull"
    http://s3.test/b/k?X-Amz-Credential=REDACTED%2F20260101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20260101T000000Z&X-Amz-Signature=REDACTED&x-id=GetObject
    "#);
}

#[test]
fn text_keeps_what_is_no_secret() {
    let redactor = Redactor::default();
    for plain in [
        "/bucket?list-type=2&continuation-token=abc&prefix=a",
        "err.detail=\"s3aws: Path not found\" user@example.test",
        "the token has expired; Basic authentication is needed",
        r#"Bearer realm="http://auth.test/token",service="registry""#,
        r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#,
        "<NextContinuationToken>abc</NextContinuationToken>",
    ] {
        assert_eq!(redactor.text(plain), plain);
    }
}

#[test]
fn a_secret_cut_at_the_end_of_an_excerpt_goes_too() {
    let mut redactor = Redactor::default();
    redactor.add("correct horse");
    assert_eq!(redactor.excerpt(b"pass: correct ho", true), "pass: REDACTED");
    assert_eq!(redactor.excerpt(b"pass: correct ho", false), "pass: correct ho");
    assert_eq!(redactor.excerpt(br#"{"password":"correct ho"#, true), r#"{"password":"REDACTED"#);
}

/// Every place in which a secret is known to travel, with the secret as that place spells it.
fn places(secret: &str) -> Vec<String> {
    let json = serde_json::Value::from(secret).to_string();
    let nested = serde_json::Value::from(format!("{{\"token\":{json}}}")).to_string();
    let percent = percent_encoded(secret, false);
    let form = percent_encoded(secret, true);
    let key_id: String = secret.chars().filter(char::is_ascii_alphanumeric).collect();
    let mut all = vec![
        format!("grant_type=password&username=lab&password={form}&scope=a"),
        format!("refresh_token={form}"),
        format!("access_token={percent}&x=1"),
        format!("{{\"token\": {json}, \"expires_in\": 60}}"),
        format!("{{\"access_token\":{json}}}"),
        format!("{{\"identitytoken\" : {json}"),
        format!("http://user:{percent}@host.test/v2/"),
        format!("see https://{percent}@host.test"),
        format!("http://s3.test/b/k?X-Amz-Signature={percent}&a=b"),
        format!("http://s3.test/b/k?X-Amz-Security-Token={percent}"),
        format!("http://s3.test/b/k?a=b&X-Amz-Credential={key_id}%2F20260101%2Feu%2Fs3%2Faws4_request"),
        format!("<Error><AWSAccessKeyId>{key_id}</AWSAccessKeyId></Error>"),
        format!("next=http%3A%2F%2Fs3.test%2Fk%3FX-Amz-Signature%3D{}%26a", percent_encoded(&percent, false)),
    ];
    let header_safe: String = secret.chars().filter(char::is_ascii_graphic).collect();
    all.push(format!("x-amz-security-token:{header_safe}\nhost:s3.test"));
    all.push(format!("Authorization: Bearer {header_safe}\r\n"));
    all.push(nested);
    all
}

proptest! {
    #[test]
    fn a_secret_in_a_known_place_never_survives(secret in "[A-Za-z0-9+/=!@#$%^&*()_ .:;,'\"\\\\<>-]{6,40}Zq9x7Kw2") {
        let tail = "Zq9x7Kw2";
        for text in places(&secret) {
            let shown = Redactor::default().text(&text);
            prop_assert!(!shown.contains(tail), "{text}\n-> {shown}");
        }
    }

    #[test]
    fn a_secret_in_a_secret_header_never_survives(secret in "[!-~]{6,40}") {
        let mut headers = HeaderMap::new();
        for name in ["cookie", "set-cookie", "x-amz-security-token", "x-auth-token"] {
            headers.insert(name, secret.parse().unwrap());
        }
        headers.insert("authorization", format!("Basic {secret}").parse().unwrap());
        headers.insert("proxy-authorization", secret.parse().unwrap());
        for (name, value) in Redactor::default().head(&headers) {
            prop_assert!(!value.contains(&secret), "{name}: {value}");
        }
        let aws = format!("AWS4-HMAC-SHA256 Credential={secret}Zq9x/20260101/eu/s3/aws4_request, SignedHeaders=host, Signature={secret}");
        let shown = header("authorization", &aws);
        prop_assert!(!shown.contains(&format!("Signature={secret}")), "{shown}");
    }

    #[test]
    fn a_registered_value_never_survives(secret in "[ -~]{4,40}", before in "[ -~]{0,30}", after in "[ -~]{0,30}") {
        let mut redactor = Redactor::default();
        redactor.add(&secret);
        for spelled in [secret.clone(), percent_encoded(&secret, false), percent_encoded(&secret, true)] {
            let shown = redactor.text(&format!("{before}{spelled}{after}"));
            prop_assert!(!shown.contains(&secret), "{shown}");
        }
    }

    #[test]
    fn any_text_is_taken(text in "\\PC{0,200}") {
        let once = text_twice(&text);
        prop_assert_eq!(once.0, once.1, "a second pass changes nothing");
    }
}

fn text_twice(input: &str) -> (String, String) {
    let redactor = Redactor::default();
    let once = redactor.text(input);
    let twice = redactor.text(&once);
    (once, twice)
}
