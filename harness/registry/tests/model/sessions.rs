//! Several requests to one upload session at the same time, at two replicas: of the chunks for one place exactly one is taken and the others
//! are told so (incident D11); what was cancelled stays cancelled; a blob that is finished twice is there once, whole.

use futures_util::future::join_all;
use http::Method;
use proptest::prelude::*;
use shakedown_oci::Digest;
use shakedown_registry::Registry;
use shakedown_wire::Body;

use crate::concurrent::slow;
use crate::search::{in_virtual_time, search};
use crate::support::{Lab, Reply, call};

/// One request of a round; all of a round go out at the same time with the newest Location.
#[derive(Debug, Clone, Copy)]
enum Act {
    Patch { size: usize, with_range: bool },
    Cancel,
    Status,
}

fn rounds() -> impl Strategy<Value = Vec<Vec<Act>>> {
    // Up to three parts of 1 KiB.
    let patch = (1_usize..2600, any::<bool>()).prop_map(|(size, with_range)| Act::Patch { size, with_range });
    let act = prop_oneof![12 => patch, 1 => Just(Act::Cancel), 2 => Just(Act::Status)];
    proptest::collection::vec(proptest::collection::vec(act, 1..4), 1..5)
}

/// An upload and what was acknowledged of it.
struct Upload {
    location: String,
    content: Vec<u8>,
    cancelled: bool,
}

impl Upload {
    /// Sends one round; each chunk has a letter of its own.
    async fn round(&mut self, replicas: &[Registry], round: &[Act]) -> Result<(), String> {
        let from = self.content.len();
        let chunk = |at: usize, size: usize| vec![b'a' + u8::try_from(at).unwrap_or(0); size];
        let send = async |at: usize, act: &Act| {
            let party = replicas[at % replicas.len()].party();
            let answer = match act {
                Act::Patch { size, with_range } => {
                    let range = format!("{from}-{}", from + size - 1);
                    let headers = [("content-range", range.as_str())];
                    let headers = if *with_range { &headers[..] } else { &[] };
                    call(&party, Method::PATCH, &self.location, headers, chunk(at, *size)).await
                }
                Act::Cancel => call(&party, Method::DELETE, &self.location, &[], Body::empty()).await,
                Act::Status => call(&party, Method::GET, &self.location, &[], Body::empty()).await,
            };
            answer.map_err(|error| format!("{act:?}: {error}"))
        };
        let answers = join_all(round.iter().enumerate().map(|(at, act)| send(at, act))).await;
        let answers = answers.into_iter().collect::<Result<Vec<Reply>, _>>()?;
        let mut taken = Vec::new();
        for (at, (act, reply)) in round.iter().zip(&answers).enumerate() {
            match (act, reply.status.as_u16()) {
                (Act::Patch { size, .. }, 202) => taken.push((chunk(at, *size), reply.header("location").to_owned())),
                (Act::Cancel, 204) => self.cancelled = true,
                (Act::Status, 204) => {}
                (Act::Patch { .. }, 409 | 416) => {}
                (_, 404) if round.iter().any(|act| matches!(act, Act::Cancel)) => {}
                _ => return Err(format!("{act:?}: {} {}", reply.status, String::from_utf8_lossy(&reply.body))),
            }
        }
        let patches = round.iter().filter(|act| matches!(act, Act::Patch { .. })).count();
        if taken.len() > 1 || (taken.is_empty() && patches > 0 && !self.cancelled) {
            let statuses: Vec<_> =
                round.iter().zip(&answers).map(|(act, reply)| (act, reply.status.as_u16())).collect();
            return Err(format!("{} chunks were taken at {from}: {statuses:?}", taken.len()));
        }
        if let Some((bytes, location)) = taken.pop() {
            self.content.extend(bytes);
            self.location = location;
        }
        Ok(())
    }

    /// A fresh replica knows exactly what was acknowledged.
    async fn check(&self, replica: &Registry) -> Result<(), String> {
        let reply = call(&replica.party(), Method::GET, &self.location, &[], Body::empty()).await.unwrap();
        let range = format!("0-{}", self.content.len().saturating_sub(1));
        match (reply.status.as_u16(), self.cancelled) {
            (404, true) => Ok(()),
            (204, false) if reply.header("range") == range => Ok(()),
            _ => Err(format!(
                "cancelled: {}, expected {range}, was {} {}",
                self.cancelled,
                reply.status,
                reply.header("range")
            )),
        }
    }

    /// Two PUTs with the digest at the same time: the blob is there, and at least one was told so.
    async fn finish(&self, lab: &Lab, replicas: &[Registry]) -> Result<(), String> {
        let digest = Digest::of(&self.content);
        let path = format!("{}&digest={digest}", self.location);
        let parties: Vec<_> = replicas.iter().map(Registry::party).collect();
        let puts = join_all(parties.iter().map(|party| call(party, Method::PUT, &path, &[], Body::empty()))).await;
        let statuses: Vec<u16> = puts.into_iter().map(|reply| reply.unwrap().status.as_u16()).collect();
        if !statuses.contains(&201) || statuses.iter().any(|status| !matches!(status, 201 | 404 | 409 | 416)) {
            return Err(format!("two finishing PUTs were answered {statuses:?}\n{}", lab.story()));
        }
        let blob =
            call(&lab.replica().party(), Method::GET, &format!("/v2/lab/blobs/{digest}"), &[], Body::empty()).await;
        if blob.unwrap().body != self.content {
            return Err("the blob is not what was acknowledged".to_owned());
        }
        if !lab.s3.admin().uploads(crate::support::BUCKET).is_empty() {
            return Err(format!("a multipart upload is left open:\n{}", lab.story()));
        }
        Ok(())
    }
}

#[test]
fn of_several_requests_one_wins() {
    search("of_several_requests_one_wins", &rounds(), |rounds, seed| {
        in_virtual_time(async {
            let lab = Lab::small_parts();
            let storage = slow(lab.s3.party(), seed, false);
            let replicas: Vec<_> = (0..2).map(|_| lab.replica_through(storage.clone())).collect();
            let mut upload = Upload { location: lab.start("lab").await, content: Vec::new(), cancelled: false };
            for round in rounds {
                upload.round(&replicas, round).await?;
                upload.check(&lab.replica()).await?;
                if upload.cancelled {
                    return Ok(());
                }
            }
            upload.finish(&lab, &replicas).await
        })
    });
}
