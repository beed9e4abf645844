//! A webhook sink: takes the events that a registry posts, or does what endpoints do when they are ill (incident J05): errors, silence,
//! redirects, a portal's page under 200. Not here: what a registry must do then.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{Method, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shakedown_wire::{Body, Party, Request, Response, WireError};

/// Largest envelope that is read, in bytes.
const MOST: usize = 1 << 20;
/// Events that are remembered; the oldest is forgotten first.
const KEPT: usize = 10_000;

/// What a sink does with what is posted to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answers {
    /// Takes it: 200.
    #[default]
    Ok,
    /// 500.
    Fails,
    /// Nothing, for ever.
    Hangs,
    /// 307 to another path, where it is taken.
    Redirects,
    /// 200 with a page: something before it answered, and it never heard of it.
    Html,
}

/// One event that was taken.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Received {
    /// `push`, `pull`, `mount`, `delete`.
    pub action: String,
    /// The repository.
    pub repository: String,
    /// The tag, if it was by tag.
    pub tag: Option<String>,
    /// The digest, if it was told.
    pub digest: Option<String>,
    /// The media type, if it was told.
    pub media_type: Option<String>,
}

impl fmt::Display for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.action, self.repository)?;
        match (&self.tag, &self.digest) {
            (Some(tag), _) => write!(f, ":{tag}"),
            (None, Some(digest)) => write!(f, "@{digest}"),
            (None, None) => Ok(()),
        }
    }
}

/// The sink. Clones share everything.
#[derive(Debug, Clone, Default)]
pub struct Webhook(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    answers: Answers,
    asked: u64,
    received: VecDeque<Received>,
}

impl Webhook {
    /// A sink that answers so.
    pub fn new(answers: Answers) -> Self {
        let sink = Self::default();
        sink.answer(answers);
        sink
    }

    /// From now on it answers so.
    pub fn answer(&self, answers: Answers) {
        self.state().answers = answers;
    }

    /// How often something was posted, taken or not.
    pub fn asked(&self) -> u64 {
        self.state().asked
    }

    /// What was taken, oldest first.
    pub fn received(&self) -> Vec<Received> {
        self.state().received.iter().cloned().collect()
    }

    /// Its HTTP side: POST anywhere; `GET /events` shows what was taken.
    pub fn party(&self) -> Party {
        let sink = self.clone();
        Party::from_fn(move |request| {
            let sink = sink.clone();
            async move { sink.handle(request).await }
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn handle(&self, request: Request) -> Result<Response, WireError> {
        let moved = request.uri().path().ends_with("/moved");
        match (request.method(), request.uri().path()) {
            (&Method::POST, _) => {}
            (&Method::GET, "/events") => {
                let shown = serde_json::to_vec(&self.received()).unwrap_or_default();
                return Ok(answer(StatusCode::OK, "application/json", Body::full(shown)));
            }
            _ => return Ok(answer(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "POST, or GET /events\n".into())),
        }
        let answers = {
            let mut state = self.state();
            state.asked += 1;
            state.answers
        };
        let path = request.uri().path().trim_end_matches('/').to_owned();
        let Ok(bytes) = request.into_body().collect(MOST).await else {
            return Ok(answer(
                StatusCode::BAD_REQUEST,
                "text/plain",
                "the envelope is too large, or broke off\n".into(),
            ));
        };
        match answers {
            Answers::Fails => Ok(answer(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", "out of order\n".into())),
            Answers::Hangs => std::future::pending().await,
            Answers::Html => Ok(answer(StatusCode::OK, "text/html", "<html><title>Sign in</title></html>".into())),
            Answers::Redirects if !moved => {
                let mut answer = answer(StatusCode::TEMPORARY_REDIRECT, "text/plain", Body::empty());
                let location = header::HeaderValue::from_str(&format!("{path}/moved"));
                answer.headers_mut().extend(location.ok().map(|value| (header::LOCATION, value)));
                Ok(answer)
            }
            Answers::Ok | Answers::Redirects => Ok(self.take(&bytes)),
        }
    }

    fn take(&self, bytes: &[u8]) -> Response {
        let envelope: Value = serde_json::from_slice(bytes).unwrap_or_default();
        let Some(events) = envelope.get("events").and_then(Value::as_array) else {
            return answer(StatusCode::BAD_REQUEST, "text/plain", "that is no envelope of events\n".into());
        };
        let mut state = self.state();
        for event in events {
            let text = |way: &str| event.pointer(way).and_then(Value::as_str).map(str::to_owned);
            state.received.push_back(Received {
                action: text("/action").unwrap_or_default(),
                repository: text("/target/repository").unwrap_or_default(),
                tag: text("/target/tag"),
                digest: text("/target/digest"),
                media_type: text("/target/mediaType"),
            });
            if state.received.len() > KEPT {
                state.received.pop_front();
            }
        }
        answer(StatusCode::OK, "text/plain", Body::empty())
    }
}

fn answer(status: StatusCode, kind: &'static str, body: Body) -> Response {
    let mut answer = http::Response::new(body);
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENVELOPE: &str =
        r#"{"events":[{"action":"push","target":{"repository":"lab/app","tag":"1","digest":"sha256:ab"}}]}"#;

    async fn post(sink: &Webhook, path: &str, body: &'static str) -> u16 {
        let request = http::Request::post(format!("http://sink.test{path}")).body(Body::from(body)).unwrap();
        let limit = std::time::Duration::from_secs(60);
        match tokio::time::timeout(limit, sink.party().send(request)).await {
            Ok(answer) => answer.unwrap().status().as_u16(),
            Err(_) => 0,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_takes_what_it_says_it_takes() {
        for (answers, status, taken) in [
            (Answers::Ok, 200, 1),
            (Answers::Fails, 500, 0),
            (Answers::Hangs, 0, 0),
            (Answers::Redirects, 307, 0),
            (Answers::Html, 200, 0),
        ] {
            let sink = Webhook::new(answers);
            assert_eq!(post(&sink, "/hook", ENVELOPE).await, status, "{answers:?}");
            assert_eq!((sink.received().len(), sink.asked()), (taken, 1), "{answers:?}");
        }
        let sink = Webhook::new(Answers::Redirects);
        assert_eq!(post(&sink, "/hook/moved", ENVELOPE).await, 200);
        assert_eq!(sink.received()[0].to_string(), "push lab/app:1");
        assert_eq!(post(&Webhook::default(), "/", "{}").await, 400);
    }
}
