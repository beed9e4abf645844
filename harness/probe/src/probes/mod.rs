//! The list of all probes, in the order in which they are asked. One more probe is an entry in one of these files, or a file and a
//! line here.

use crate::probe::Probe;

mod addressing;
mod auth;
mod consistency;
mod copy;
mod delete;
mod errors;
mod http;
mod listing;
mod objects;
mod pages;
mod parts;
mod perf;
mod presign;
mod ranges;
mod restart;
mod sums;
mod uploads;
mod written;

/// The files, in order.
const FAMILIES: &[&[Probe]] = &[
    addressing::PROBES,
    auth::PROBES,
    objects::PROBES,
    ranges::PROBES,
    errors::PROBES,
    listing::PROBES,
    pages::PROBES,
    uploads::PROBES,
    parts::PROBES,
    written::PROBES,
    restart::PROBES,
    copy::PROBES,
    delete::PROBES,
    presign::PROBES,
    consistency::PROBES,
    sums::PROBES,
    http::PROBES,
    perf::PROBES,
];

pub(crate) use addressing::HOST_PORT;

/// Every probe.
pub fn all() -> impl Iterator<Item = &'static Probe> {
    FAMILIES.iter().flat_map(|family| family.iter())
}
