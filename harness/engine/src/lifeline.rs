//! Layers around parties that let a run end what does not end by itself: a registry that is killed in the middle of a call, and
//! a loop that never stops calling.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use shakedown_wire::{Body, Party, Response, WireError};
use tokio::sync::watch;

/// The life of one instance of a party. When it is killed, calls in progress are dropped where they stand (nothing of them goes
/// on) and their callers see a reset, as with SIGKILL.
#[derive(Debug)]
pub(crate) struct Lifeline(watch::Sender<bool>);

impl Lifeline {
    /// A living instance.
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Ends the instance now.
    pub(crate) fn kill(&self) {
        self.0.send_replace(true);
    }

    /// `party`, as long as this instance lives.
    pub(crate) fn party(&self, party: Party) -> Party {
        let life = self.0.subscribe();
        Party::from_fn(move |request| {
            let (party, mut life) = (party.clone(), life.clone());
            async move {
                let rest = life.clone();
                tokio::select! {
                    biased;
                    () = killed(&mut life) => Err(WireError::Reset),
                    answer = party.send(request) => answer.map(|response| mortal(response, rest)),
                }
            }
        })
    }
}

/// Returns when the instance was killed; never if it ends in peace.
async fn killed(life: &mut watch::Receiver<bool>) {
    if life.wait_for(|killed| *killed).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// An answer whose body ends with its party.
fn mortal(response: Response, life: watch::Receiver<bool>) -> Response {
    response.map(|body| {
        if body.length() == Some(0) {
            return body;
        }
        let length = body.length();
        let frames = futures_util::stream::unfold(Some((body, life)), |state| async move {
            let (mut body, mut life) = state?;
            tokio::select! {
                biased;
                () = killed(&mut life) => Some((Err(WireError::Reset), None)),
                frame = body.next() => Some((frame?, Some((body, life)))),
            }
        });
        Body::stream(frames).with_length(length)
    })
}

/// How many calls a scenario may cause before it counts as endless. When it is used up, or the run's watchdog has lost its
/// patience, calls are answered no more, and the scenario's deadline ends it.
#[derive(Debug, Clone)]
pub(crate) struct CallBudget(Arc<AtomicU64>);

impl CallBudget {
    /// So many calls.
    pub(crate) fn new(calls: u64) -> Self {
        Self(Arc::new(AtomicU64::new(calls)))
    }

    /// Uses up what is left.
    pub(crate) fn exhaust(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// True if nothing is left.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }

    /// `party`, as long as the budget lasts.
    pub(crate) fn party(&self, party: Party) -> Party {
        let left = self.0.clone();
        Party::from_fn(move |request| {
            let (party, left) = (party.clone(), left.clone());
            async move {
                let one_less = |left: u64| left.checked_sub(1);
                if left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_err() {
                    std::future::pending::<()>().await;
                }
                party.send(request).await
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn get() -> shakedown_wire::Request {
        http::Request::get("http://a.test/").body(Body::empty()).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_killed_party_ends_calls_and_bodies_where_they_stand() {
        let life = Lifeline::new();
        let slow = life.party(Party::from_fn(async |_| {
            tokio::time::sleep(Duration::from_secs(5)).await;
            Ok(http::Response::new(Body::empty()))
        }));
        let streaming = life.party(Party::from_fn(async |_| {
            let frames = futures_util::stream::unfold(0, |n| async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                Some((Ok(bytes::Bytes::from_static(b"x")), n + 1))
            });
            Ok(http::Response::new(Body::sized(100, frames)))
        }));
        let mut body = streaming.send(get()).await.unwrap().into_body();
        assert_eq!(body.length(), Some(100));
        assert!(body.next().await.unwrap().is_ok());
        let call = tokio::spawn(async move { slow.send(get()).await });
        tokio::time::sleep(Duration::from_millis(10)).await;
        life.kill();
        assert_eq!(call.await.unwrap().unwrap_err(), WireError::Reset);
        assert_eq!(body.next().await.unwrap().unwrap_err(), WireError::Reset);
        assert!(body.next().await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_answered_beyond_the_budget() {
        let budget = CallBudget::new(2);
        let party = budget.party(Party::from_fn(async |_| Ok(http::Response::new(Body::empty()))));
        assert!(party.send(get()).await.is_ok());
        assert!(!budget.is_exhausted());
        assert!(party.send(get()).await.is_ok());
        assert!(budget.is_exhausted());
        assert!(tokio::time::timeout(Duration::from_secs(600), party.send(get())).await.is_err());
    }
}
