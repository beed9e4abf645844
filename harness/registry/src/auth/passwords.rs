//! Checking passwords: bcrypt is slow on purpose, so it runs beside the async threads, a few at a time, and what was right is
//! remembered for a while, as a keyed hash of it. Not here: the file (`htpasswd`).

use std::collections::VecDeque;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use tokio::sync::Semaphore;

use super::Htpasswd;

/// Checks at the same time.
const WORKERS: usize = 2;
/// Requests that may wait for one; more are told to come again.
const WAITING: usize = 64;
/// Right passwords that are remembered.
const KNOWN: usize = 256;
/// What an unknown user's password is compared with, so that the time of the answer does not tell who exists.
const NOBODY: &str = "$2y$05$AAAAAAAAAAAAAAAAAAAAAO0UcjnJtuIlwgwWbCDfe7W6vbHMmWbKS";

/// What a check comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Checked {
    /// User and password belong together.
    Right,
    /// They do not.
    Wrong,
    /// Too many checks wait already.
    Busy,
}

/// The users, and what is remembered of them.
pub(crate) struct Passwords {
    users: Htpasswd,
    /// Made by this process for itself; nothing that is remembered can be tried out elsewhere.
    key: [u8; 32],
    known: Mutex<VecDeque<[u8; 32]>>,
    workers: Arc<Semaphore>,
    waiting: AtomicUsize,
}

impl Passwords {
    pub(super) fn new(users: Htpasswd) -> Self {
        let mut key = [0; 32];
        for part in key.chunks_mut(8) {
            // The one source of real randomness that std has; it decides nothing that anybody can see.
            part.copy_from_slice(&RandomState::new().hash_one(0).to_be_bytes());
        }
        let workers = Arc::new(Semaphore::new(WORKERS));
        Self { users, key, known: Mutex::default(), workers, waiting: AtomicUsize::new(0) }
    }

    /// Whether the password is the user's.
    pub(super) async fn check(&self, user: &str, password: &str) -> Checked {
        let hash = self.users.hash(user);
        let mark = self.mark(user, password, hash.unwrap_or(NOBODY));
        if self.known().contains(&mark) {
            return Checked::Right;
        }
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= WAITING {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return Checked::Busy;
        }
        let _waiting = Waiting(&self.waiting);
        let Ok(permit) = self.workers.clone().acquire_owned().await else { return Checked::Busy };
        let (password, against) = (password.to_owned(), hash.unwrap_or(NOBODY).to_owned());
        let work = tokio::task::spawn_blocking(move || {
            // Kept until the work is done, also if nobody waits for it any more.
            let _permit = permit;
            bcrypt::verify(password, &against).unwrap_or(false)
        });
        if !work.await.unwrap_or(false) || hash.is_none() {
            return Checked::Wrong;
        }
        let mut known = self.known();
        known.push_back(mark);
        if known.len() > KNOWN {
            known.pop_front();
        }
        Checked::Right
    }

    fn mark(&self, user: &str, password: &str, hash: &str) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes keys of any length");
        for part in [user, password, hash] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }

    fn known(&self) -> std::sync::MutexGuard<'_, VecDeque<[u8; 32]>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One request that waits; it may also leave.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passwords() -> Passwords {
        let hash = |password: &str| bcrypt::hash(password, 4).unwrap();
        let text = format!("ann:{}\nbob:{}\n", hash("secret of ann"), hash("secret of bob"));
        Passwords::new(text.parse().unwrap())
    }

    #[tokio::test]
    async fn right_and_wrong_and_unknown() {
        let passwords = passwords();
        assert_eq!(passwords.check("ann", "secret of ann").await, Checked::Right);
        assert_eq!(passwords.check("ann", "secret of bob").await, Checked::Wrong);
        assert_eq!(passwords.check("eve", "secret of ann").await, Checked::Wrong);
        assert_eq!(passwords.check("", "").await, Checked::Wrong);
    }

    #[tokio::test]
    async fn what_was_right_is_known_and_what_was_wrong_is_not() {
        let passwords = passwords();
        for _ in 0..3 {
            passwords.check("ann", "secret of ann").await;
            passwords.check("ann", "wrong").await;
        }
        let known: Vec<_> = passwords.known().iter().copied().collect();
        assert_eq!(known.len(), 1);
        // Without a free worker only the memory can answer.
        let _all = passwords.workers.acquire_many(WORKERS as u32).await.unwrap();
        assert_eq!(passwords.check("ann", "secret of ann").await, Checked::Right);
        let other = passwords.check("bob", "secret of bob");
        assert!(tokio::time::timeout(std::time::Duration::from_millis(20), other).await.is_err());
        assert_eq!(passwords.waiting.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn no_more_wait_than_may() {
        let passwords = passwords();
        let _all = passwords.workers.acquire_many(WORKERS as u32).await.unwrap();
        let checks: Vec<_> = (0..=WAITING).map(|_| passwords.check("eve", "x")).collect();
        let waiting = futures_util::future::select_all(checks.into_iter().map(Box::pin));
        let (first, ..) = waiting.await;
        assert_eq!(first, Checked::Busy);
    }

    #[test]
    fn the_memory_holds_no_password() {
        let passwords = passwords();
        let mark = passwords.mark("ann", "secret of ann", "hash");
        assert_ne!(mark, passwords.mark("annsecret of ", "ann", "hash"));
        assert_ne!(mark, self::passwords().mark("ann", "secret of ann", "hash"), "another process, another key");
        assert!(bcrypt::verify("x", NOBODY).is_ok());
    }
}
