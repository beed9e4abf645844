//! Sending: one exchange, then the challenge, then redirects, then retries, each around the one before.

use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, HeaderValue, USER_AGENT, WARNING};
use http::{HeaderMap, Method};
use shakedown_wire::{Request, TRACE_HEADER, TraceId, WireError};

use super::auth::Access;
use super::hop::{Answer, Hop, Payload};
use super::redirect;
use super::retry::{Patience, retry_after};
use crate::check;
use crate::client::Client;
use crate::findings::Ledger;
use crate::location::same_origin;
use crate::{At, CallPolicy, ClientError};

impl Client {
    /// Sends a request as `policy` says; any status is an answer.
    pub(crate) async fn send(&self, hop: Hop, policy: &CallPolicy, ledger: &Ledger) -> Result<Answer, ClientError> {
        let mut patience = Patience::new(&policy.retry);
        let mut waits = policy.waits;
        loop {
            let result = self.follow(hop.clone(), policy, ledger).await;
            if let (Some(left), Some(pause)) = (waits.checked_sub(1), self.throttled(&hop, &result, policy)) {
                waits = left;
                tokio::time::sleep(pause).await;
                continue;
            }
            let Some(asked) = self.again(&hop, &result) else { return result };
            let Some(pause) = patience.pause(asked) else { return result };
            tracing::debug!(method = %hop.method, path = hop.uri.path(), pause_ms = pause.as_millis(), "trying again");
            if let Ok(answer) = result {
                answer.discard().await;
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// How long a 429 asks to wait, if it says so and the same can be sent again.
    fn throttled(
        &self,
        hop: &Hop,
        result: &Result<Answer, ClientError>,
        policy: &CallPolicy,
    ) -> Option<std::time::Duration> {
        let answer = result.as_ref().ok().filter(|answer| answer.status() == http::StatusCode::TOO_MANY_REQUESTS)?;
        let asked = retry_after(answer.headers(), self.options().clock.now())?;
        hop.payload.is_there().then(|| asked.min(policy.retry.cap))
    }

    /// Whether trying the same again makes sense, and what `Retry-After` says. Content is never sent again blindly: how much of it
    /// arrived is for GET of the upload to tell (CH16, D04).
    fn again(&self, hop: &Hop, result: &Result<Answer, ClientError>) -> Option<Option<std::time::Duration>> {
        let content = hop.method == Method::PATCH || matches!(hop.payload, Payload::Source { .. });
        if content || !hop.payload.is_there() {
            return None;
        }
        match result {
            Ok(answer) => {
                let wanted = match answer.status().as_u16() {
                    429 | 503 => true,
                    408 | 500 | 502 | 504 => hop.idempotent,
                    _ => false,
                };
                wanted.then(|| retry_after(answer.headers(), self.options().clock.now()))
            }
            Err(error @ ClientError::Wire { .. }) => (hop.idempotent && error.is_passing()).then_some(None),
            Err(_) => None,
        }
    }

    async fn follow(&self, mut hop: Hop, policy: &CallPolicy, ledger: &Ledger) -> Result<Answer, ClientError> {
        let mut followed = 0;
        loop {
            let answer = self.authorised(&hop, policy, ledger).await?;
            if policy.redirects == 0 {
                return Ok(answer);
            }
            let Some(next) = redirect::next(&hop, answer.status(), answer.headers()) else { return Ok(answer) };
            let next = next.map_err(|error| ClientError::Location { at: answer.at(), error })?;
            if followed == policy.redirects {
                return Err(ClientError::Redirect { at: answer.at(), followed });
            }
            if !next.payload.is_there() {
                return Ok(answer);
            }
            answer.discard().await;
            followed += 1;
            hop = next;
        }
    }

    /// One exchange, and a second one if it was challenged and we have something to answer.
    async fn authorised(&self, hop: &Hop, policy: &CallPolicy, ledger: &Ledger) -> Result<Answer, ClientError> {
        let ours = policy.authenticate
            && same_origin(&hop.uri, &self.options().base)
            && !hop.headers.contains_key(AUTHORIZATION);
        if !ours {
            return self.exchange(hop, None, ledger).await;
        }
        let access = || Access::of(&hop.method, &hop.uri);
        let known = self.known_authorization(access);
        let answer = self.exchange(hop, known.clone(), ledger).await?;
        if answer.status() != http::StatusCode::UNAUTHORIZED || !hop.payload.is_there() {
            return Ok(answer);
        }
        match self.answer_challenge(&answer, &access(), known.as_ref(), ledger).await? {
            None => Ok(answer),
            Some(authorization) => {
                answer.discard().await;
                self.exchange(hop, Some(authorization), ledger).await
            }
        }
    }

    async fn exchange(
        &self,
        hop: &Hop,
        authorization: Option<HeaderValue>,
        ledger: &Ledger,
    ) -> Result<Answer, ClientError> {
        let given = hop.headers.contains_key(TRACE_HEADER).then(|| TraceId::from_headers(&hop.headers)).flatten();
        let trace = given.unwrap_or_else(|| self.options().traces.next());
        let lost = |error| ClientError::Wire { at: At::new(&hop.method, &hop.uri, Some(trace)), error };
        let body = hop.payload.open().await?;
        let body = body.ok_or_else(|| {
            lost(WireError::Other("the request's body was already sent and cannot be sent again".into()))
        })?;
        let mut request = Request::new(body);
        *request.method_mut() = hop.method.clone();
        *request.uri_mut() = hop.uri.clone();
        *request.headers_mut() = self.headers(hop, &request, trace, authorization);
        ledger.sent(trace);
        let limit = self.options().answer_timeout;
        let sent = tokio::time::timeout(limit, self.party().send(request)).await;
        let mut response = sent.unwrap_or(Err(WireError::Timeout { after: limit })).map_err(lost)?;
        response.extensions_mut().insert(trace);
        if self.is_own(&hop.uri) {
            ledger.add(check::warnings(response.headers(), Some(trace)));
        }
        note_warnings(response.headers(), ledger);
        Ok(Answer::new(response, hop, Some(trace), self.options().idle_timeout))
    }

    /// What the caller set stays as it is; the rest is added.
    fn headers(&self, hop: &Hop, request: &Request, trace: TraceId, authorization: Option<HeaderValue>) -> HeaderMap {
        let mut headers = hop.headers.clone();
        headers.reserve(6);
        let mut add = |name: http::HeaderName, value: HeaderValue| {
            headers.entry(name).or_insert(value);
        };
        add(http::HeaderName::from_static(TRACE_HEADER), trace.to_header());
        // The digest is of the bytes as they are; a gateway that compresses changes them (E07).
        add(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if let Ok(agent) = HeaderValue::from_str(&self.options().user_agent) {
            add(USER_AGENT, agent);
        }
        let sends =
            matches!(hop.method, Method::POST | Method::PUT | Method::PATCH) || !matches!(hop.payload, Payload::Empty);
        if let (true, Some(length)) = (sends, request.body().length()) {
            add(CONTENT_LENGTH, HeaderValue::from(length));
        }
        headers.extend(authorization.map(|value| (AUTHORIZATION, value)));
        headers
    }
}

/// `Warning: 299 - "text"` is for the user (WN3); other warnings are a cache's business.
fn note_warnings(headers: &HeaderMap, ledger: &Ledger) {
    for value in headers.get_all(WARNING) {
        let value = String::from_utf8_lossy(value.as_bytes());
        if let Some(text) = value.strip_prefix("299 - ") {
            ledger.warn(text.trim_matches('"').chars().take(4096).collect());
        }
    }
}
