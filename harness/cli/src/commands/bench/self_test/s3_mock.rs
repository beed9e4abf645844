//! The S3 mock as loads have it under them: signatures verified, a hundred fault rules that are never met. What it is asked here is signed
//! once and sent again and again, so that the asking costs next to nothing.

use std::net::SocketAddr;

use http::{HeaderMap, Method, Uri};
use shakedown_faults::Fault;
use shakedown_load::{Asked, Service, Unit};
use shakedown_s3::{Credential, EtagMode, S3Config, S3Mock};
use shakedown_s3call::{Credentials, Signer};
use shakedown_wire::Clock;
use shakedown_wire::server::{self, Server, ServerOptions};

use crate::output::Failure;

const BUCKET: &str = "lab";
const KEYS: (&str, &str) = ("AKIASELFTEST", "self-test");
const REGION: &str = "us-east-1";
/// What has no hash in its signature.
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";
const LARGE: u64 = 32 << 20;
const SMALL: u64 = 1 << 10;
/// Rules that every request is held against.
const RULES: usize = 100;

/// The mock on a port of loopback.
pub(super) struct Mock {
    server: Server,
    clock: Clock,
}

/// A kind of load on the mock, and what it must reach on two cores.
pub(super) struct Kind {
    name: &'static str,
    pub(super) unit: Unit,
    /// In the unit of its rates.
    pub(super) goal: f64,
    method: Method,
    key: &'static str,
    sends: u64,
    answers: u64,
    workers: u32,
}

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "large GET",
        unit: Unit::Bytes,
        goal: 4e9,
        method: Method::GET,
        key: "large",
        sends: 0,
        answers: LARGE,
        workers: 2,
    },
    Kind {
        name: "large PUT",
        unit: Unit::Bytes,
        goal: 3e9,
        method: Method::PUT,
        key: "new",
        sends: LARGE,
        answers: 0,
        workers: 2,
    },
    Kind {
        name: "small GET",
        unit: Unit::Operations,
        goal: 70_000.0,
        method: Method::GET,
        key: "small",
        sends: 0,
        answers: SMALL,
        workers: 16,
    },
];

impl Mock {
    /// Starts it, with an object of each size and all rules.
    pub(super) async fn start(clock: &Clock, seed: u64) -> Result<Self, Failure> {
        let failed = |what: String| Failure::environment(format!("the S3 mock: {what}"));
        let config = S3Config {
            etag: EtagMode::Fast,
            journal: 0,
            ..S3Config::with_bucket(BUCKET, Credential::new(KEYS.0, KEYS.1))
        };
        let mock = S3Mock::new(config, clock.clone(), seed);
        for (key, size) in [("large", LARGE), ("small", SMALL)] {
            let content = vec![7_u8; size as usize];
            mock.admin().put(BUCKET, key, content).await.map_err(|error| failed(error.to_string()))?;
        }
        mock.injector().replace(rules(), seed);
        let listener =
            server::bind(SocketAddr::from(([127, 0, 0, 1], 0))).map_err(|error| failed(error.to_string()))?;
        let server = server::serve(listener, mock.party(), ServerOptions::default());
        Ok(Self { server, clock: clock.clone() })
    }

    /// What the bare loop asks of it, signed now.
    pub(super) fn service(&self, kind: &Kind) -> Result<Service, Failure> {
        let target = format!("/{BUCKET}/{}", kind.key);
        let failed = |what: String| Failure::environment(format!("cannot sign a request for the S3 mock: {what}"));
        let uri: Uri = format!("{}{target}", self.server.base_uri())
            .parse()
            .map_err(|error: http::uri::InvalidUri| failed(error.to_string()))?;
        let credentials =
            Credentials { access_key: KEYS.0.to_owned(), secret_key: KEYS.1.to_owned(), session_token: None };
        let signer = Signer { credentials: &credentials, region: REGION, now: self.clock.now() };
        let mut headers = HeaderMap::new();
        signer.headers(kind.method.as_str(), &uri, &mut headers, UNSIGNED).map_err(failed)?;
        let asked = Asked { headers, size: kind.sends, ..Asked::new(kind.method.clone(), target) };
        let (address, answers) = (self.server.address(), kind.answers);
        Ok(Service { kind: kind.name, unit: kind.unit, workers: kind.workers, address, asked, answers })
    }
}

/// As scenarios write them: an operation, a pattern of keys.
fn rules() -> Vec<Fault> {
    let rule = |number: usize| {
        let text = format!(
            r#"{{ "on": "s3", "when": {{ "operation": "GetObject", "key": "**/_uploads/{number}/**" }}, "effect": "reset" }}"#
        );
        serde_json::from_str(&text).expect("a fault rule")
    };
    (0..RULES).map(rule).collect()
}
