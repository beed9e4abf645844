//! The list of all probes, in the order in which they are asked. One more probe is an entry in one of these files, or a file and a
//! line here.

use crate::probe::Probe;

mod addressing;
mod auth;
mod concurrency;
mod conditions;
mod consistency;
mod copy;
mod delete;
mod errors;
mod http;
mod limits;
mod listed;
mod listing;
mod names;
mod objects;
mod pages;
mod part_rules;
mod parts;
mod perf;
mod presign;
mod ranges;
mod redirects;
mod restart;
mod sums;
mod unreadable;
mod uploads;
mod written;

/// The files, in order.
const FAMILIES: &[&[Probe]] = &[
    addressing::PROBES,
    auth::PROBES,
    objects::PROBES,
    ranges::PROBES,
    names::PROBES,
    errors::PROBES,
    unreadable::PROBES,
    listing::PROBES,
    listed::PROBES,
    pages::PROBES,
    uploads::PROBES,
    parts::PROBES,
    part_rules::PROBES,
    written::PROBES,
    restart::PROBES,
    copy::PROBES,
    delete::PROBES,
    presign::PROBES,
    redirects::PROBES,
    consistency::PROBES,
    concurrency::PROBES,
    sums::PROBES,
    conditions::PROBES,
    http::PROBES,
    perf::PROBES,
    limits::PROBES,
];

pub(crate) use addressing::HOST_PORT;

/// Every probe.
pub fn all() -> impl Iterator<Item = &'static Probe> {
    FAMILIES.iter().flat_map(|family| family.iter())
}
