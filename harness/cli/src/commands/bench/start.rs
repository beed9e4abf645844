//! `--start-at`: the time at which all parts of a load begin.

use std::time::{Duration, SystemTime};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::output::Failure;

/// Longest wait: who waits longer has mistaken a day or a time zone.
const LONGEST: Duration = Duration::from_secs(3600);

/// A time with its zone.
pub(super) fn parse(text: &str) -> Result<SystemTime, String> {
    let time = OffsetDateTime::parse(text, &Rfc3339);
    time.map(SystemTime::from).map_err(|error| {
        format!(
            "write a time with its zone, e.g. 2026-11-21T20:15:00Z (date -u -d +60sec +%Y-%m-%dT%H:%M:%SZ): {error}"
        )
    })
}

/// How far it is ahead.
pub(super) fn ahead(start: SystemTime, now: SystemTime) -> Result<Duration, Failure> {
    let ahead = start.duration_since(now).map_err(|error| {
        let by = error.duration().as_secs_f64().ceil();
        Failure::usage(format!("the time to start was {by} s ago: give a later one, the same to all parts"))
    })?;
    if ahead > LONGEST {
        let minutes = ahead.as_secs() / 60;
        return Err(Failure::usage(format!(
            "the time to start is {minutes} minutes ahead, and an hour is the most: is its zone right?"
        )));
    }
    Ok(ahead)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_zone_and_is_at_most_an_hour_ahead() {
        let noon = parse("2026-11-21T12:00:00Z").unwrap();
        assert_eq!(parse("2026-11-21T13:00:00+01:00"), Ok(noon));
        for bad in ["2026-11-21T12:00:00", "12:00", "", "now"] {
            assert!(parse(bad).unwrap_err().contains("with its zone"), "{bad}");
        }
        let before = |seconds| noon - Duration::from_secs(seconds);
        assert_eq!(ahead(noon, before(90)).ok(), Some(Duration::from_secs(90)));
        let told = |now| ahead(noon, now).unwrap_err().message;
        assert!(told(noon + Duration::from_millis(2500)).contains("3 s ago"));
        assert!(told(before(3 * 3600)).contains("180 minutes ahead"));
    }
}
