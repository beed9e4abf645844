//! Blobs on their way from the upstream: one transfer for all who wait for the same bytes (incident H07). Each replica has its own; two
//! replicas may fetch one blob twice, and store the same bytes. Not here: the transfer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use shakedown_oci::{Digest, RepositoryName};
use tokio::sync::watch;

use super::Trouble;

type End = Option<Result<(), Trouble>>;
type Table = Arc<Mutex<BTreeMap<Digest, Flight>>>;

/// All flights of one registry.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flights(Table);

/// A flight that somebody else leads.
#[derive(Debug, Clone)]
pub(crate) struct Flight {
    /// The repository for which the upstream was asked.
    pub(crate) name: RepositoryName,
    end: watch::Receiver<End>,
}

/// The duty to fetch a blob. Dropped before it has landed, it sends those who wait to look for themselves.
#[derive(Debug)]
pub(crate) struct Lead {
    table: Option<Table>,
    digest: Digest,
    end: watch::Sender<End>,
}

/// What there is to do for somebody who wants a blob.
pub(crate) enum Join {
    /// Fetch it.
    Lead(Lead),
    /// Wait for it.
    Wait(Flight),
}

impl Flights {
    /// Joins the flight of this blob, or leads a new one.
    pub(crate) fn join(&self, name: &RepositoryName, digest: &Digest) -> Join {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = table.get(digest) {
            return Join::Wait(flight.clone());
        }
        let (end, receiver) = watch::channel(None);
        table.insert(digest.clone(), Flight { name: name.clone(), end: receiver });
        Join::Lead(Lead { table: Some(self.0.clone()), digest: digest.clone(), end })
    }

    /// A flight of one's own, whoever else is under way.
    pub(crate) fn alone(digest: &Digest) -> Join {
        Join::Lead(Lead { table: None, digest: digest.clone(), end: watch::Sender::new(None) })
    }
}

impl Flight {
    /// Waits for its end; `None` if its leader was lost.
    pub(crate) async fn landed(mut self) -> Option<Result<(), Trouble>> {
        self.end.wait_for(Option::is_some).await.ok().and_then(|end| end.clone())
    }
}

impl Lead {
    /// Tells those who wait how it ended.
    pub(crate) fn land(self, result: Result<(), Trouble>) {
        self.end.send_replace(Some(result));
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        if let Some(table) = &self.table {
            table.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.digest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_leads_the_others_learn_how_it_ended() {
        let (flights, digest) = (Flights::default(), Digest::of(b"x"));
        let name: RepositoryName = "lab/app".parse().unwrap();
        let Join::Lead(lead) = flights.join(&name, &digest) else { panic!("nobody leads") };
        let Join::Wait(one) = flights.join(&name, &digest) else { panic!("two lead") };
        let Join::Wait(other) = flights.join(&name, &digest) else { panic!("two lead") };
        lead.land(Err(Trouble::Silent));
        assert_eq!(one.landed().await, Some(Err(Trouble::Silent)));
        assert_eq!(other.landed().await, Some(Err(Trouble::Silent)), "its end is known after it is gone");
        let Join::Lead(lost) = flights.join(&name, &digest) else { panic!("a flight that has landed is over") };
        let Join::Wait(waits) = flights.join(&name, &digest) else { panic!("two lead") };
        drop(lost);
        assert_eq!(waits.landed().await, None);
    }
}
