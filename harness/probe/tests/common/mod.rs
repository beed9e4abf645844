//! What the tests of the probes share: a mock as the store, in memory.

#![allow(dead_code, reason = "each test file uses a part of it")]

use sha2::Digest as _;
use shakedown_faults::Fault;
use shakedown_probe::{Plan, Report, Stop, Target, Transport, Verdict, qualify};
use shakedown_s3::profiles::{Profile, Settings};
use shakedown_s3::{Credential, S3Config, S3Mock};
use shakedown_s3call::{Credentials, Signer};
use shakedown_wire::{Body, Clock, Party};

pub const BUCKET: &str = "lab";
pub const SECRET: &str = "a-secret-that-must-not-be-shown";

/// A mock and the way to it.
pub struct Lab {
    pub mock: S3Mock,
    pub clock: Clock,
}

impl Lab {
    /// A strict store, or one with a profile's differences. Virtual time.
    pub fn new(profile: Option<&Profile>) -> Self {
        let same = Settings::default();
        let (settings, faults) = profile.map_or((&same, Vec::new()), |p| (&p.settings, p.faults.clone()));
        Self::with(settings, faults, Clock::virtual_time())
    }

    /// A store with these differences, on this clock.
    pub fn with(settings: &Settings, faults: Vec<Fault>, clock: Clock) -> Self {
        let mut config = S3Config::with_bucket(BUCKET, Credential::new("AKLAB", SECRET));
        config.journal = 0;
        settings.apply(&mut config);
        let mock = S3Mock::new(config, clock.clone(), 7);
        mock.injector().replace(faults, 7);
        Self { mock, clock }
    }

    pub fn target(&self) -> Target {
        target("http://s3.test")
    }

    pub async fn qualify(&self, plan: Plan) -> Report {
        let party = self.mock.party();
        asked(self.target(), party, self.clock.clone(), plan).await
    }

    /// Nothing is left in the bucket but what cannot be removed, which is told.
    pub fn is_clean(&self, report: &Report) {
        let keys: Vec<_> = self.mock.admin().list(BUCKET, "").into_iter().map(|entry| entry.key).collect();
        let uploads = self.mock.admin().uploads(BUCKET);
        assert!(keys.is_empty(), "{keys:?} is left; the report says {:?}", report.left_behind);
        assert!(uploads.is_empty(), "{uploads:?} is left; the report says {:?}", report.left_behind);
        assert_eq!(report.left_behind, [""; 0]);
    }
}

pub fn target(endpoint: &str) -> Target {
    Target {
        endpoint: endpoint.parse().expect("a URL"),
        bucket: BUCKET.into(),
        region: "us-east-1".into(),
        credentials: Credentials { access_key: "AKLAB".into(), secret_key: SECRET.into(), session_token: None },
        registry: None,
        public: None,
        behind: None,
    }
}

/// Somebody's object, put past the probes.
pub async fn put(lab: &Lab, target: &Target, key: &str) {
    let uri: http::Uri = format!("{}{BUCKET}/{key}", target.endpoint).parse().expect("a URL");
    let mut headers = http::HeaderMap::new();
    headers.insert(http::header::HOST, uri.authority().expect("a host").as_str().parse().expect("a value"));
    let body = "theirs";
    let hash = hex::encode(sha2::Sha256::digest(body));
    let signer = Signer { credentials: &target.credentials, region: &target.region, now: lab.clock.now() };
    signer.headers("PUT", &uri, &mut headers, &hash).expect("it can be signed");
    let mut request = http::Request::put(uri).body(Body::full(body)).expect("a valid request");
    *request.headers_mut() = headers;
    let answer = lab.mock.party().send(request).await.expect("an answer");
    assert_eq!(answer.status(), 200);
}

/// A whole run in memory.
pub async fn asked(target: Target, party: Party, clock: Clock, plan: Plan) -> Report {
    let transport = Transport { pooled: party.clone(), fresh: party, sockets: false };
    qualify(target, transport, clock, plan, &Stop::default(), &|_, _, _| {}).await.expect("a report")
}

pub fn ids(report: &Report, verdict: Verdict) -> Vec<String> {
    report.ids(verdict).into_iter().map(str::to_owned).collect()
}
