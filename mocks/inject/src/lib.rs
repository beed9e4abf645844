//! Carries out the verdicts of the fault layer (`shakedown-faults`) on any party.
//!
//! - [`Injector`]: the faults of one party, asked once per request, and what carries a [`Firing`](shakedown_faults::Firing) out;
//!   [`Injector::layer`] does both for a party that speaks plain HTTP.
//! - [`StoreFaults`]: orders that only a store can obey, found in the extensions of its requests.
//!
//! Not here: which fault strikes (`shakedown-faults`), how bytes reach a socket (`shakedown-wire`), what a store makes of its
//! orders (`shakedown-s3`).

mod answer;
mod body;
mod carry;
mod head;
mod injector;
mod plan;
mod replay;
#[cfg(test)]
mod tests;
mod xml;

pub use injector::Injector;
pub use plan::StoreFaults;
