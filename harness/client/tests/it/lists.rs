//! Lists: pages, links, order, referrers by API; deletes.

use http::{Method, Response};
use shakedown_client::{CallPolicy, Page, ReferrersFrom};
use shakedown_oci::{Descriptor, Digest, Flavor, IndexBuilder, media_type};
use shakedown_wire::Body;

use crate::fake::{Fake, client, error, repository, status, tag};

fn page(tags: &'static str, link: Option<&'static str>) -> impl FnOnce() -> crate::fake::Answer + Send + 'static {
    move || {
        let mut answer = Response::builder();
        if let Some(link) = link {
            answer = answer.header("link", link);
        }
        Ok(answer.body(format!(r#"{{"name":"lab/app","tags":{tags}}}"#).into()).unwrap())
    }
}

#[tokio::test(start_paused = true)]
async fn pages_are_followed_to_the_end() {
    let fake = Fake::default();
    fake.instead(
        Method::GET,
        "/tags/",
        page(r#"["a","b"]"#, Some(r#"</v2/lab/app/tags/list?n=2&last=b>; rel="next""#)),
    );
    fake.instead(Method::GET, "/tags/", page(r#"["c"]"#, Some(r#"<?n=2&last=c>; rel="next""#)));
    fake.instead(Method::GET, "/tags/", page("null", None));
    let outcome = client(&fake, CallPolicy::single()).tags(&repository(), &Page { n: Some(2), last: None }).await;
    assert_eq!(outcome.findings, []);
    let listing = outcome.unwrap();
    assert_eq!(listing.entries, ["a", "b", "c"]);
    assert_eq!(listing.pages, [2, 1, 0]);
    assert_eq!(fake.asked()[0].uri, "http://registry.test/v2/lab/app/tags/list?n=2");
    assert_eq!(fake.asked()[2].uri, "http://registry.test/v2/lab/app/tags/list?n=2&last=c");
}

#[tokio::test(start_paused = true)]
async fn broken_lists_are_found() {
    let mut shown = Vec::new();
    let cases = [
        page(r#"["b","a","C"]"#, None),
        page(r#"["a","b","c"]"#, None),
        page(r#"["a","a"]"#, None),
        page(r#"["a"]"#, Some("/v2/lab/app/tags/list?last=a; rel=next")),
        page(r#"["a"]"#, Some(r#"<?n=2>; rel="next""#)),
        page("1", None),
    ];
    for case in cases {
        let fake = Fake::default();
        fake.instead(Method::GET, "/tags/", case);
        let outcome = client(&fake, CallPolicy::single()).tags(&repository(), &Page { n: Some(2), last: None }).await;
        shown.push(outcome.result.map_or_else(|error| error.to_string(), |listing| format!("{:?}", listing.entries)));
        shown.extend(outcome.findings.iter().map(|finding| format!("  {finding}")));
    }
    insta::assert_snapshot!(shown.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn referrers_come_from_the_api_or_nowhere() {
    let fake = Fake::default();
    let client = client(&fake, CallPolicy::single());
    let subject = Digest::of(b"x");
    let none = client.referrers(&repository(), &subject, None).await.unwrap();
    assert_eq!((none.from, none.entries.len()), (ReferrersFrom::Nowhere, 0));
    let entry = |kind: &str| Descriptor {
        artifact_type: Some(kind.into()),
        ..Descriptor::of(media_type::OCI_MANIFEST, kind.as_bytes())
    };
    let index = IndexBuilder::new(Flavor::Oci).manifest(entry("a/one")).manifest(entry("a/two")).render();
    let answer =
        Response::builder().header("content-type", media_type::OCI_INDEX).header("oci-filters-applied", "artifactType");
    let answer = answer.body(Body::from(index)).unwrap();
    fake.instead(Method::GET, "/referrers/", move || Ok(answer));
    let outcome = client.referrers(&repository(), &subject, Some("a/one")).await;
    // It says that it filtered, and did not.
    assert_eq!(outcome.findings[0].rule, "RL14");
    let listed = outcome.unwrap();
    assert_eq!((listed.from, listed.entries.len(), listed.filtered), (ReferrersFrom::Api, 1, true));
}

#[tokio::test(start_paused = true)]
async fn a_delete_is_202_or_an_error() {
    let fake = Fake::default();
    let client = client(&fake, CallPolicy::single());
    fake.instead(Method::DELETE, "/manifests/1", || Ok(status(202)));
    assert_eq!(client.delete_manifest(&repository(), &tag("1")).await.unwrap(), 202);
    fake.instead(Method::DELETE, "/blobs/", || Ok(error(405, "UNSUPPORTED")));
    let outcome = client.delete_blob(&repository(), &Digest::of(b"")).await;
    assert_eq!(outcome.status(), Some(405));
}
