//! The defect `purge-by-start`.

use std::time::Duration;

use shakedown_wire::Clock;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Defect;
use crate::uploads::Session;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["D18"],
    ..Defect::new("purge-by-start", "The purge of uploads goes by when an upload began, and ends a long one that is still being written.")
};

/// The age that counts for the wrong registry.
pub(crate) fn age(clock: &Clock, session: &Session) -> Duration {
    let began = OffsetDateTime::parse(&session.started_at, &Rfc3339).ok();
    began.and_then(|began| clock.now().duration_since(began.into()).ok()).unwrap_or_default()
}
