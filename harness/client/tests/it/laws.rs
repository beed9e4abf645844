//! Laws: whatever breaks on the way, what a patient client pushed or pulled is whole, and nothing was found amiss.

use http::Method;
use proptest::prelude::*;
use shakedown_client::{Blob, CallPolicy, Content, PushBlob, PushMode};
use shakedown_oci::media_type;
use shakedown_wire::WireError;

use crate::fake::{Answer, Fake, client, cut, error, repository, status};

fn virtual_time<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(future)
}

/// What befalls a request of an upload.
#[derive(Debug, Clone)]
enum Trouble {
    /// Its body breaks off after so many bytes.
    Cut(Method, usize),
    /// It is carried out, and the answer is lost.
    Lost(Method),
    /// It is refused with this status.
    Refused(Method, u16),
}

impl Trouble {
    fn befall(&self, fake: &Fake) {
        match self.clone() {
            Self::Cut(method, bytes) => fake.cut_request(method, bytes),
            Self::Lost(method) => {
                fake.change(method, "/uploads/", |_| Err(WireError::Closed));
            }
            Self::Refused(method, code) => {
                let answer = move || -> Answer {
                    Ok(if code == 404 { error(404, "BLOB_UPLOAD_UNKNOWN") } else { status(code) })
                };
                fake.instead(method, "/uploads/", answer);
            }
        }
    }
}

fn trouble() -> impl Strategy<Value = Trouble> {
    let method = || prop_oneof![Just(Method::PATCH), Just(Method::PUT)];
    prop_oneof![
        (method(), 0_usize..100_000).prop_map(|(method, bytes)| Trouble::Cut(method, bytes)),
        method().prop_map(Trouble::Lost),
        (method(), prop_oneof![Just(500), Just(502), Just(503), Just(429)])
            .prop_map(|(method, code)| Trouble::Refused(method, code)),
        Just(Trouble::Refused(Method::PATCH, 404)),
        Just(Trouble::Refused(Method::POST, 503)),
        Just(Trouble::Refused(Method::GET, 500)),
    ]
}

fn mode() -> impl Strategy<Value = PushMode> {
    prop_oneof![
        Just(PushMode::Monolithic),
        Just(PushMode::SinglePost),
        Just(PushMode::Streamed),
        (1_000_u64..60_000).prop_map(|size| PushMode::Chunked { size }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_push_ends_whole(mode in mode(), size in 0_u64..100_000, min_chunk in proptest::option::of(1_u64..50_000), troubles in proptest::collection::vec(trouble(), 0..4)) {
        let fake = Fake::default();
        if let Some(min_chunk) = min_chunk {
            fake.min_chunk(min_chunk);
        }
        for trouble in &troubles {
            trouble.befall(&fake);
        }
        let blob = Blob::synthetic(media_type::OCI_LAYER, Content::new(1, size));
        let how = PushBlob { mode, verify: true, ..PushBlob::default() };
        let outcome = virtual_time(async { client(&fake, CallPolicy::patient()).push_blob(&repository(), &blob, &how).await });
        prop_assert!(outcome.result.is_ok(), "{:?}\n{}", outcome.result, fake.log().join("\n"));
        // An empty answer that says 429 has no Retry-After; that is the only thing these registries do wrong.
        prop_assert!(outcome.findings.iter().all(|finding| finding.rule == "ER5"), "{:?}", outcome.findings);
        prop_assert_eq!(fake.blob(&blob.descriptor.digest).map(|bytes| bytes.len() as u64), Some(size));
    }

    #[test]
    fn a_pull_ends_whole(size in 0_usize..30_000, cuts in proptest::collection::vec((0_u64..30_000, any::<bool>()), 0..5)) {
        let fake = Fake::default();
        let digest = fake.put_blob(vec![7; size]);
        for (at, reset) in cuts {
            fake.change(Method::GET, "/blobs/", move |answer| cut(answer, at, reset.then_some(WireError::Reset)));
        }
        let outcome = virtual_time(async {
            client(&fake, CallPolicy::patient()).pull_blob(&repository(), &digest, Some(size as u64), None).await
        });
        prop_assert_eq!(&outcome.findings, &[]);
        prop_assert_eq!(outcome.result.map(|pulled| pulled.size).map_err(|error| error.to_string()), Ok(size as u64));
    }
}
