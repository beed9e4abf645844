//! Several instances of a system on one storage, with requests handed out in turn, as a plain load balancer does it.
//! Not here: how an instance is started.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::LocalBoxFuture;
use http::uri::{Authority, Parts, Scheme};
use shakedown_scenario::RegistrySettings;
use shakedown_wire::{Annotation, Annotations, Party, Request, WireError};

use super::{Cleaned, Cleaning, Running, environment};
use crate::view::ViewError;

/// The instances; each is restarted at its own address, so the balancer need not know.
#[derive(Debug)]
pub(crate) struct Replicas(Vec<Box<dyn Running + Send>>);

impl Replicas {
    /// In the order of the balancer's turns.
    pub(crate) fn new(each: Vec<Box<dyn Running + Send>>) -> Self {
        Self(each)
    }
}

impl Running for Replicas {
    fn restart(&mut self, kill: bool) -> LocalBoxFuture<'_, Result<(), ViewError>> {
        Box::pin(async move {
            for replica in &mut self.0 {
                replica.restart(kill).await?;
            }
            Ok(())
        })
    }

    fn restart_replica(&mut self, replica: usize, kill: bool) -> LocalBoxFuture<'_, Result<(), ViewError>> {
        let count = self.0.len();
        Box::pin(async move {
            let missing = || environment(format!("replica {replica}"), format!("there are {count}"));
            self.0.get_mut(replica.wrapping_sub(1)).ok_or_else(missing)?.restart(kill).await
        })
    }

    fn configure(&mut self, settings: &RegistrySettings) -> Result<(), ViewError> {
        self.0.iter_mut().try_for_each(|replica| replica.configure(settings))
    }

    fn clean<'a>(&'a mut self, work: &'a Cleaning) -> LocalBoxFuture<'a, Result<Cleaned, ViewError>> {
        Box::pin(async move {
            let first = self.0.first_mut().ok_or_else(|| environment("the system", "there is no replica"))?;
            first.clean(work).await
        })
    }

    fn log(&self) -> Vec<(Option<u64>, String)> {
        let of = |(number, replica): (usize, &(dyn Running + Send))| {
            replica.log().into_iter().map(move |(at, line)| (at, format!("replica {}: {line}", number + 1)))
        };
        let mut lines: Vec<_> = self.0.iter().map(AsRef::as_ref).enumerate().flat_map(of).collect();
        lines.sort_by_key(|(at, _)| *at);
        lines
    }

    fn stop(&mut self) -> LocalBoxFuture<'_, ()> {
        Box::pin(async move {
            for replica in &mut self.0 {
                replica.stop().await;
            }
        })
    }
}

/// Passes each request on to the next of `authorities` over `network`. `Host` stays as the client sent it, so that locations lead back
/// here. No health checks and no second tries: what a client sees is what the replica did.
pub(crate) fn round_robin(authorities: Vec<Authority>, network: Party) -> Party {
    let (authorities, turn): (Arc<[Authority]>, _) = (authorities.into(), Arc::new(AtomicUsize::new(0)));
    Party::from_fn(move |mut request: Request| {
        let network = network.clone();
        let number = turn.fetch_add(1, Ordering::Relaxed) % authorities.len().max(1);
        let there = authorities.get(number).and_then(|authority| moved(&request, authority));
        async move {
            let Some(uri) = there else { return Err(WireError::Other("there is no replica".to_owned())) };
            Annotations::note(&request, Annotation::Note(format!("sent to replica {}", number + 1)));
            *request.uri_mut() = uri;
            network.send(request).await
        }
    })
}

fn moved(request: &Request, authority: &Authority) -> Option<http::Uri> {
    let mut parts = Parts::default();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(authority.clone());
    parts.path_and_query = request.uri().path_and_query().cloned().or_else(|| "/".parse().ok());
    http::Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use shakedown_wire::{Body, MemoryNet};

    #[tokio::test]
    async fn requests_go_to_the_replicas_in_turn() {
        let net = MemoryNet::new();
        for name in ["one.test", "two.test"] {
            let party = Party::from_fn(move |request: Request| async move {
                let host = request.headers().get("host").map(|host| host.to_str().unwrap().to_owned());
                Ok(http::Response::new(Body::full(format!("{name} {} {host:?}", request.uri()))))
            });
            net.listen(name, party);
        }
        let all = ["one.test", "two.test"].map(|name| name.parse().unwrap());
        let balancer = round_robin(all.to_vec(), net.party());
        let mut seen = Vec::new();
        for _ in 0..3 {
            let request = http::Request::get("http://registry.test/v2/?n=1").header("host", "registry.test");
            let answer = balancer.send(request.body(Body::empty()).unwrap()).await.unwrap();
            let body = answer.into_body().collect(200).await.unwrap();
            seen.push(String::from_utf8(body.to_vec()).unwrap());
        }
        let from = |name: &str| format!(r#"{name} http://{name}/v2/?n=1 Some("registry.test")"#);
        assert_eq!(seen, [from("one.test"), from("two.test"), from("one.test")]);
    }
}
