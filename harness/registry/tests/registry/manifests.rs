//! Manifests, tags, catalog, referrers.

use std::collections::BTreeSet;

use http::{Method, StatusCode};
use proptest::prelude::*;
use shakedown_oci::{Algorithm, Descriptor, Digest, media_type};
use shakedown_wire::Body;

use crate::support::{BUCKET, Lab, Reply, manifest};

async fn put_as(lab: &Lab, path: &str, content_type: &str, bytes: &[u8]) -> Reply {
    let headers: &[_] = if content_type.is_empty() { &[] } else { &[("content-type", content_type)] };
    lab.call(Method::PUT, path, headers, bytes.to_vec()).await
}

#[tokio::test(start_paused = true)]
async fn what_was_pushed_is_pulled_byte_for_byte() {
    let lab = Lab::new();
    let bytes = lab.push_image("lab/app", "v1").await;
    let digest = Digest::of(&bytes);
    for reference in ["v1".to_owned(), digest.to_string()] {
        for accept in ["", "*/*", "application/json", media_type::DOCKER_MANIFEST] {
            let headers: &[_] = if accept.is_empty() { &[] } else { &[("accept", accept)] };
            let path = format!("/v2/lab/app/manifests/{reference}");
            let pulled = lab.call(Method::GET, &path, headers, Body::empty()).await;
            assert_eq!((pulled.status, &pulled.body[..]), (StatusCode::OK, &bytes[..]), "I01, I02");
            assert_eq!(pulled.header("content-type"), media_type::OCI_MANIFEST);
            assert_eq!(pulled.header("docker-content-digest"), digest.to_string());
            let head = lab.head(&path).await;
            assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
            assert_eq!(head.header("content-length"), bytes.len().to_string(), "EX3, I12");
            assert_eq!(head.header("content-type"), media_type::OCI_MANIFEST);
        }
    }
    let fresh = lab
        .call(Method::GET, "/v2/lab/app/manifests/v1", &[("if-none-match", &format!("\"{digest}\""))], Body::empty())
        .await;
    assert_eq!((fresh.status, fresh.body.len()), (StatusCode::NOT_MODIFIED, 0), "C08");
    for absent in ["v2", &Digest::of(b"?").to_string()] {
        let reply = lab.get(&format!("/v2/lab/app/manifests/{absent}")).await;
        assert_eq!((reply.status, reply.code().as_str()), (StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN"));
    }
    assert_eq!(lab.get("/v2/lab/app/manifests/sha256:xyz").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test(start_paused = true)]
async fn invalid_manifests_are_refused_with_their_code() {
    let lab = Lab::with(|config| config.manifest_limit = 4096);
    let config = lab.push_blob("lab/app", b"{}").await;
    let layer = lab.push_blob("lab/app", b"layer").await;
    let good = manifest(&config, &layer, 5);
    let missing = manifest(&config, &Digest::of(b"missing"), 5);
    let untyped = br#"{"schemaVersion":2,"config":{"mediaType":"a/b","digest":"CONFIG","size":2},"layers":[]}"#;
    let untyped = String::from_utf8_lossy(untyped).replace("CONFIG", &config.to_string()).into_bytes();
    let path = "/v2/lab/app/manifests/v1";
    for (what, content_type, bytes, status, code) in [
        ("no JSON", media_type::OCI_MANIFEST, b"{".as_slice(), 400, "MANIFEST_INVALID"),
        ("other type", media_type::DOCKER_MANIFEST, &good, 400, "MANIFEST_INVALID"),
        ("unknown type", "text/plain", &good, 400, "MANIFEST_INVALID"),
        ("untyped docker", media_type::DOCKER_MANIFEST, &untyped, 400, "MANIFEST_INVALID"),
        ("missing layer", media_type::OCI_MANIFEST, &missing, 400, "MANIFEST_BLOB_UNKNOWN"),
        ("too large", media_type::OCI_MANIFEST, &[b' '; 5000], 413, "SIZE_INVALID"),
    ] {
        let reply = put_as(&lab, path, content_type, bytes).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (status, code), "{what}");
        assert_eq!(lab.get(path).await.status, StatusCode::NOT_FOUND, "{what}");
    }
    let wrong =
        put_as(&lab, &format!("/v2/lab/app/manifests/{}", Digest::of(b"x")), media_type::OCI_MANIFEST, &good).await;
    assert_eq!((wrong.status, wrong.code().as_str()), (StatusCode::BAD_REQUEST, "DIGEST_INVALID"));
    for content_type in [media_type::OCI_MANIFEST, "application/vnd.oci.image.manifest.v1+json; charset=utf-8", ""] {
        assert_eq!(
            put_as(&lab, path, content_type, &good).await.status,
            StatusCode::CREATED,
            "MP3, I08, I09: {content_type}"
        );
    }
    assert_eq!(put_as(&lab, path, media_type::OCI_MANIFEST, &untyped).await.status, StatusCode::CREATED, "K08");
    assert_eq!(lab.get(path).await.header("content-type"), media_type::OCI_MANIFEST);
}

#[tokio::test(start_paused = true)]
async fn manifests_by_sha512_and_with_tag_parameters() {
    let lab = Lab::new();
    let bytes = lab.push_image("lab/app", "v1").await;
    let digest = Digest::with(Algorithm::Sha512, &bytes);
    let reply = lab.put_manifest("lab/app", &format!("{digest}?tag=a&tag=b&tag=a"), &bytes).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    let tags: Vec<_> = reply.headers.get_all("oci-tag").iter().map(|tag| tag.to_str().unwrap()).collect();
    assert_eq!(tags, ["a", "b"], "MP12, MP13");
    let pulled = lab.get("/v2/lab/app/manifests/b").await;
    assert_eq!((&pulled.body[..], pulled.header("docker-content-digest")), (&bytes[..], &*digest.to_string()));
}

#[tokio::test(start_paused = true)]
async fn indexes_need_their_children_and_subjects_need_nothing() {
    let lab = Lab::new();
    let child = lab.push_image("lab/app", "v1").await;
    let index = |digest: Digest| {
        serde_json::to_vec(&serde_json::json!({
            "schemaVersion": 2, "mediaType": media_type::OCI_INDEX,
            "manifests": [Descriptor::new(media_type::OCI_MANIFEST, digest, 1)],
        }))
        .unwrap()
    };
    let path = "/v2/lab/app/manifests/all";
    let reply = put_as(&lab, path, media_type::OCI_INDEX, &index(Digest::of(b"absent"))).await;
    assert_eq!((reply.status, reply.code().as_str()), (StatusCode::BAD_REQUEST, "MANIFEST_BLOB_UNKNOWN"), "I06");
    assert_eq!(put_as(&lab, path, media_type::OCI_INDEX, &index(Digest::of(&child))).await.status, StatusCode::CREATED);
    assert_eq!(lab.get(path).await.header("content-type"), media_type::OCI_INDEX);

    let subject = Digest::of(b"not pushed yet");
    let config = Digest::of(b"{}");
    let mut referrers = Vec::new();
    for artifact_type in ["lab/sbom", "lab/signature"] {
        let bytes = serde_json::to_vec(&serde_json::json!({
            "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "artifactType": artifact_type,
            "config": Descriptor::new(media_type::OCI_EMPTY, config.clone(), 2), "layers": [],
            "subject": Descriptor::new(media_type::OCI_MANIFEST, subject.clone(), 1), "annotations": { "k": artifact_type },
        }))
        .unwrap();
        let reply = lab.put_manifest("lab/app", &Digest::of(&bytes).to_string(), &bytes).await;
        assert_eq!(
            (reply.status, reply.header("oci-subject")),
            (StatusCode::CREATED, &*subject.to_string()),
            "PU1, MS1"
        );
        referrers.push(Digest::of(&bytes));
    }
    let all = lab.get(&format!("/v2/lab/app/referrers/{subject}")).await;
    assert_eq!((all.status, all.header("content-type")), (StatusCode::OK, media_type::OCI_INDEX), "RL1, RL5");
    assert_eq!(all.json()["manifests"].as_array().unwrap().len(), 2);
    let some = lab.get(&format!("/v2/lab/app/referrers/{subject}?artifactType=lab%2Fsbom")).await;
    assert_eq!(some.header("oci-filters-applied"), "artifactType", "RL14");
    assert_eq!(some.json()["manifests"][0]["digest"], referrers[0].to_string());
    assert_eq!(some.json()["manifests"][0]["annotations"]["k"], "lab/sbom", "RL9");
    assert_eq!(lab.get("/v2/lab/app/referrers/nonsense").await.status, StatusCode::BAD_REQUEST, "RL3");
    lab.call(Method::DELETE, &format!("/v2/lab/app/manifests/{}", referrers[0]), &[], Body::empty()).await;
    let left = lab.get(&format!("/v2/lab/app/referrers/{subject}")).await;
    assert_eq!(left.json()["manifests"].as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn deleted_is_gone_and_its_neighbours_are_not() {
    let lab = Lab::new();
    let bytes = lab.push_image("lab/app", "v1").await;
    let digest = Digest::of(&bytes);
    for tag in ["v1-alpine", "v1.2", "other"] {
        assert_eq!(lab.put_manifest("lab/app", tag, &bytes).await.status, StatusCode::CREATED);
    }
    let delete = |path: String| lab.call(Method::DELETE, Box::leak(path.into_boxed_str()), &[], Body::empty());
    assert_eq!(delete("/v2/lab/app/manifests/v1".into()).await.status, StatusCode::ACCEPTED, "DT1");
    assert_eq!(lab.get("/v2/lab/app/manifests/v1").await.status, StatusCode::NOT_FOUND);
    assert_eq!(lab.get("/v2/lab/app/manifests/v1-alpine").await.status, StatusCode::OK);
    assert_eq!(delete("/v2/lab/app/manifests/v1".into()).await.status, StatusCode::NOT_FOUND);
    assert_eq!(delete(format!("/v2/lab/app/manifests/{digest}")).await.status, StatusCode::ACCEPTED, "DM1");
    assert_eq!(lab.get(&format!("/v2/lab/app/manifests/{digest}")).await.status, StatusCode::NOT_FOUND);
    let tags = lab.get("/v2/lab/app/tags/list").await;
    assert_eq!(tags.json(), serde_json::json!({ "name": "lab/app", "tags": [] }), "no tag dangles");
    let layer = Digest::of(b"layer of lab/app");
    assert_eq!(delete(format!("/v2/lab/app/blobs/{layer}")).await.status, StatusCode::ACCEPTED, "DB1");
    assert_eq!(lab.head(&format!("/v2/lab/app/blobs/{layer}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(delete(format!("/v2/lab/app/blobs/{layer}")).await.status, StatusCode::NOT_FOUND, "DB2");

    let lab = Lab::with(|config| config.delete_enabled = false);
    let bytes = lab.push_image("lab/app", "v1").await;
    for path in ["manifests/v1".to_owned(), format!("manifests/{}", Digest::of(&bytes)), format!("blobs/{layer}")] {
        let reply = lab.call(Method::DELETE, &format!("/v2/lab/app/{path}"), &[], Body::empty()).await;
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED"),
            "DT2, DM3, DB3"
        );
    }
}

/// All pages of a listing, followed by their Link.
async fn pages(lab: &Lab, path: &str, field: &str) -> Vec<String> {
    let mut next = Some(path.to_owned());
    let mut all = Vec::new();
    while let Some(path) = next {
        let page = lab.get(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{page:?}");
        let names = page.json()[field].as_array().unwrap().clone();
        all.extend(names.iter().map(|name| name.as_str().unwrap().to_owned()));
        next = shakedown_oci::Link::find_next(page.header("link")).unwrap().map(|link| link.target);
        assert!(!names.is_empty() || next.is_none());
    }
    all
}

#[tokio::test(start_paused = true)]
async fn listings_have_pages_and_limits() {
    let lab = Lab::new();
    for name in ["lab/app", "lab/app/nested", "lab/app-two", "other"] {
        lab.push_image(name, "v1").await;
    }
    assert_eq!(
        pages(&lab, "/v2/_catalog?n=2", "repositories").await,
        ["lab/app", "lab/app-two", "lab/app/nested", "other"]
    );
    let none = lab.get("/v2/other/tags/list?n=0").await;
    assert_eq!((none.json()["tags"].as_array().unwrap().len(), none.header("link")), (0, ""), "TL6");
    for wrong in ["x", "-1", "1.5", ""] {
        let reply = lab.get(&format!("/v2/other/tags/list?n={wrong}")).await;
        assert_eq!((reply.status, reply.code().as_str()), (StatusCode::BAD_REQUEST, "UNSUPPORTED"), "{wrong}");
    }
    let unknown = lab.get("/v2/lab/tags/list").await;
    assert_eq!((unknown.status, unknown.code().as_str()), (StatusCode::NOT_FOUND, "NAME_UNKNOWN"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn tags_come_in_byte_order_whatever_the_page(
        tags in proptest::collection::btree_set("[a-b]([-._a]?[a-b0-1]){0,3}", 1..30),
        n in 1_usize..7,
        page in 1_usize..5,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let lab = Lab::new();
            lab.s3.configure(|config| config.limits.max_keys = page);
            for tag in &tags {
                let key = format!("docker/registry/v2/repositories/lab/app/_manifests/tags/{tag}/current/link");
                lab.s3.admin().put(BUCKET, &key, Digest::of(b"x").to_string()).await.unwrap();
            }
            let listed = pages(&lab, &format!("/v2/lab/app/tags/list?n={n}"), "tags").await;
            prop_assert_eq!(listed, tags.iter().cloned().collect::<Vec<_>>());
            let after = tags.iter().nth(tags.len() / 2).unwrap();
            let rest = pages(&lab, &format!("/v2/lab/app/tags/list?last={after}"), "tags").await;
            prop_assert_eq!(rest.into_iter().collect::<BTreeSet<_>>(), tags.range::<String, _>((std::ops::Bound::Excluded(after), std::ops::Bound::Unbounded)).cloned().collect());
            Ok(())
        })?;
    }
}

#[tokio::test(start_paused = true)]
async fn damaged_links_and_bytes_are_absent_or_trouble_and_a_push_heals_them() {
    let lab = Lab::new();
    let bytes = lab.push_image("lab/app", "v1").await;
    let repo = "docker/registry/v2/repositories/lab/app";
    let tag = format!("{repo}/_manifests/tags/v1/current/link");
    let layer = Digest::of(b"layer of lab/app");
    let link = format!("{repo}/_layers/sha256/{}/link", layer.hex());
    for garbage in ["", "garbage", "sha256:short"] {
        lab.s3.admin().put(BUCKET, &tag, garbage).await.unwrap();
        lab.s3.admin().put(BUCKET, &link, garbage).await.unwrap();
        assert_eq!(lab.get("/v2/lab/app/manifests/v1").await.status, StatusCode::NOT_FOUND, "I04 {garbage:?}");
        assert_eq!(
            lab.head(&format!("/v2/lab/app/blobs/{layer}")).await.status,
            StatusCode::NOT_FOUND,
            "I04 {garbage:?}"
        );
        assert_eq!(lab.push_image("lab/app", "v1").await, bytes, "healed");
        assert_eq!(lab.get("/v2/lab/app/manifests/v1").await.status, StatusCode::OK);
    }
    lab.s3.admin().put(BUCKET, &link, format!("{layer}\n")).await.unwrap();
    assert_eq!(lab.head(&format!("/v2/lab/app/blobs/{layer}")).await.status, StatusCode::OK, "a newline does no harm");
    let digest = Digest::of(&bytes);
    let data = format!("docker/registry/v2/blobs/sha256/{}/{}/data", &digest.hex()[..2], digest.hex());
    lab.s3.admin().truncate(BUCKET, &data, 10).unwrap();
    assert_eq!(lab.get("/v2/lab/app/manifests/v1").await.status, StatusCode::INTERNAL_SERVER_ERROR, "I05");
    lab.s3.admin().delete(BUCKET, &data).unwrap();
    assert_eq!(lab.get("/v2/lab/app/manifests/v1").await.status, StatusCode::NOT_FOUND, "I03");
    assert_eq!(lab.get(&format!("/v2/lab/app/manifests/{digest}")).await.status, StatusCode::NOT_FOUND, "I03");
}

#[tokio::test(start_paused = true)]
async fn of_two_pushes_to_one_tag_at_once_either_wins_wholly() {
    let lab = Lab::new();
    let first = lab.push_image("lab/app", "one").await;
    let second = [first.as_slice(), b"\n"].concat();
    let storage = lab.s3.party();
    let slow = shakedown_wire::Party::from_fn(move |request: shakedown_wire::Request| {
        let storage = storage.clone();
        async move {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            storage.send(request).await
        }
    });
    let headers = [("content-type", media_type::OCI_MANIFEST)];
    for same_process in [true, false] {
        let one = lab.replica_through(slow.clone());
        let two = if same_process { one.clone() } else { lab.replica_through(slow.clone()) };
        let (one, two) = (one.party(), two.party());
        let (left, right) = tokio::join!(
            crate::support::call(&one, Method::PUT, "/v2/lab/app/manifests/same", &headers, first.clone()),
            crate::support::call(&two, Method::PUT, "/v2/lab/app/manifests/same", &headers, second.clone())
        );
        assert_eq!(
            (left.unwrap().status, right.unwrap().status),
            (StatusCode::CREATED, StatusCode::CREATED),
            "I08 {same_process}"
        );
        let pulled = lab.get("/v2/lab/app/manifests/same").await;
        assert!(pulled.body == first || pulled.body == second, "I08");
    }
}
