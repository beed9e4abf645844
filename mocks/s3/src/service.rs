//! The store as a party: one request from head to answer. Not here: recording and faults around it (`S3Mock::party`).

use http::{HeaderMap, HeaderValue, Method};
use shakedown_inject::StoreFaults;
use shakedown_wire::{Annotation, Annotations, Request, Response, S3Note};

use crate::S3Mock;
use crate::auth::{self, Signed};
use crate::call::{Answer, Call};
use crate::error::{Code, RequestIds, S3Error};
use crate::faults::{Arrival, Orders};
use crate::journal;
use crate::ops::{self, Operation};
use crate::payload::Payload;
use crate::request::Target;

/// Longest body of a request that should have none.
const STRAY_BODY: usize = 64 << 10;

/// Answers one request. S3 has an answer to everything, so there is no error.
pub(crate) async fn serve(mock: S3Mock, request: Request) -> Response {
    let ids = mock.inner.ids.request();
    let bodyless = request.method() == Method::HEAD;
    let annotations = request.extensions().get::<Annotations>().cloned();
    let (parts, body) = request.into_parts();
    let config = mock.config();
    let target = Target::of(&config, &parts.uri, &parts.headers);
    let resource = target.as_ref().map_or_else(|_| parts.uri.path().to_owned(), Target::resource);
    let note = target.as_ref().ok().map(|target| journal::note(&parts.method, target, &parts.headers));
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
    if let (Some(annotations), Some(note)) = (annotations, note) {
        annotations.add(Annotation::S3(S3Note { result, ..note }));
    }
    stamp(&mock, &config.server, response.headers_mut(), &ids);
    response
}

async fn run(
    mock: &S3Mock,
    config: &std::sync::Arc<crate::S3Config>,
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
        call.payload().collect(STRAY_BODY).await?;
    }
    (operation.run)(call).await
}

/// What every answer has.
fn stamp(mock: &S3Mock, server: &str, headers: &mut HeaderMap, ids: &RequestIds) {
    let date = httpdate::fmt_http_date(mock.inner.clock.now());
    for (name, value) in [("x-amz-request-id", &ids.request), ("x-amz-id-2", &ids.host), ("date", &date)] {
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
