//! The store as a party: one request from head to answer. Not here: recording and faults around it (`S3Mock::party`).

use http::header::DATE;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use shakedown_inject::StoreFaults;
use shakedown_wire::{Annotation, Annotations, Request, Response, S3Note};

use crate::auth::{self, Signed};
use crate::call::{Answer, Call};
use crate::error::{Code, RequestIds, S3Error};
use crate::faults::{Arrival, Orders};
use crate::journal;
use crate::ops::{self, Operation};
use crate::payload::Payload;
use crate::request::Target;
use crate::{S3Config, S3Mock};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-request-id");
const ID_2: HeaderName = HeaderName::from_static("x-amz-id-2");

/// Longest body of a request that should have none.
const STRAY_BODY: usize = 64 << 10;

/// What is known of a request before it is served.
pub(crate) type Known = (Result<Target, S3Error>, S3Note);

/// What a request addresses, and the journal's words for it.
pub(crate) fn known(config: &S3Config, request: &Request) -> Known {
    let target = Target::of(config, request.uri(), request.headers());
    let nothing = Target::default();
    let note = journal::note(request.method(), target.as_ref().unwrap_or(&nothing), request.headers());
    (target, note)
}

/// Answers one request. S3 has an answer to everything, so there is no error. What is `known` must be so of this very request.
pub(crate) async fn serve(mock: S3Mock, request: Request, (target, note): Known) -> Response {
    let ids = mock.inner.ids.request();
    let bodyless = request.method() == Method::HEAD;
    let annotations = request.extensions().get::<Annotations>().cloned();
    let (parts, body) = request.into_parts();
    let config = mock.config();
    let addressed = target.is_ok();
    let resource = target.as_ref().map_or_else(|_| parts.uri.path().to_owned(), Target::resource);
    let outcome = match target {
        Ok(target) => run(&mock, &config, parts, body, target).await,
        Err(error) => Err(error),
    };
    let (mut response, result) = match outcome {
        Ok(answer) => (answer.response, answer.result),
        Err(error) => {
            let result = error.code.name().to_owned();
            (error.into_response(&resource, &ids, bodyless), Some(result))
        }
    };
    // Of what addresses nothing there is nothing more to say.
    if let Some(annotations) = annotations.filter(|_| addressed) {
        annotations.add(Annotation::S3(S3Note { result, ..note }));
    }
    stamp(&mock, &config.server, response.headers_mut(), &ids);
    response
}

async fn run(
    mock: &S3Mock,
    config: &std::sync::Arc<S3Config>,
    parts: http::request::Parts,
    body: shakedown_wire::Body,
    target: Target,
) -> Result<Answer, S3Error> {
    let orders = orders(&parts.extensions);
    target.check(config)?;
    if orders.revoke_key {
        mock.revoke(auth::access_key(&parts.headers, &target.query));
    }
    let verified = auth::verify(&Signed {
        config,
        method: &parts.method,
        uri: &parts.uri,
        headers: &parts.headers,
        query: &target.query,
        now: mock.now(orders.clock_skew_ms),
        keys: &mock.inner.signing_keys,
        revoked: &|key| mock.is_revoked(key),
    })?;
    let operation = operation(&parts.method, &target, &parts.headers)?;
    let payload = Payload::new(body, &parts.headers, verified)?;
    let call = Call::new(mock.clone(), config.clone(), target, (parts.uri, parts.headers), payload, orders);
    dispatch(operation, call).await
}

fn operation(method: &Method, target: &Target, headers: &HeaderMap) -> Result<&'static Operation, S3Error> {
    ops::find(method, target, headers).ok_or_else(|| match *method {
        Method::GET | Method::HEAD | Method::PUT | Method::POST | Method::DELETE => Code::NotImplemented.into(),
        _ => S3Error::from(Code::MethodNotAllowed).with("Method", method),
    })
}

async fn dispatch(operation: &'static Operation, mut call: Call) -> Result<Answer, S3Error> {
    if !operation.reads_body {
        let payload = call.payload();
        if !payload.is_nothing() {
            Box::pin(payload.collect(STRAY_BODY)).await?;
        }
    }
    (operation.run)(call).await
}

/// What every answer has.
fn stamp(mock: &S3Mock, server: &str, headers: &mut HeaderMap, ids: &RequestIds) {
    let date = httpdate::fmt_http_date(mock.inner.clock.now());
    for (name, value) in [(REQUEST_ID, &ids.request), (ID_2, &ids.host), (DATE, &date)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    if let Ok(server) = HeaderValue::from_str(server) {
        headers.insert(http::header::SERVER, server);
    }
}

/// What the fault layer ordered for this request.
fn orders(extensions: &http::Extensions) -> Orders {
    let faults = extensions.get::<StoreFaults>().map_or(&[][..], |faults| &faults.0);
    Orders::new(faults, extensions.get::<Arrival>().copied())
}
