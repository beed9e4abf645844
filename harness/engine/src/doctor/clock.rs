//! Is the date right, and does it pass as time does? Signatures of S3 and certificates are refused where it is not.

use std::time::{Duration, SystemTime};

use shakedown_wire::Clock;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{ANSWER_WITHIN, Facts, Finding};

/// For how long the two clocks are watched beside each other.
const WATCHED: Duration = Duration::from_millis(50);
/// How far they may part in that time: a date that is being set jumps, one that is being corrected creeps.
const APART: Duration = Duration::from_millis(20);
/// How far the date may lie before the day on which this program was written to disk (time zones of archives).
const BEFORE: Duration = Duration::from_secs(2 * 86_400);
/// How far it may lie after it: certificates of the web last a year or two, and nobody runs a program this old.
const AFTER: Duration = Duration::from_secs(30 * 365 * 86_400);
/// S3 refuses a signature that is further from its own clock (RequestTimeTooSkewed).
const SIGNATURE: Duration = Duration::from_secs(15 * 60);

/// What was seen of the clock.
#[derive(Debug, Clone)]
pub struct ClockFacts {
    /// The date now.
    pub now: SystemTime,
    /// When this program was written to disk.
    pub program: Option<SystemTime>,
    /// How far the date and the time that passed came apart in a moment.
    pub apart: Duration,
    /// The date of the container engine, looked at just after `now`.
    pub engine: Option<SystemTime>,
}

pub(super) async fn look() -> ClockFacts {
    let begin = Clock::real_time();
    tokio::time::sleep(WATCHED).await;
    let (by_span, by_date) = (begin.now(), Clock::real_time().now());
    let own = std::env::current_exe().and_then(|path| path.metadata()).and_then(|meta| meta.modified());
    let engine = tokio::time::timeout(ANSWER_WITHIN, shakedown_containers::engine::about()).await;
    let date = engine.ok().and_then(Result::ok).and_then(|about| about.date);
    let date = date.and_then(|date| OffsetDateTime::parse(date.as_str(), &Rfc3339).ok());
    ClockFacts {
        now: Clock::real_time().now(),
        program: own.ok(),
        apart: distance(by_span, by_date),
        engine: date.map(SystemTime::from),
    }
}

fn distance(one: SystemTime, other: SystemTime) -> Duration {
    one.duration_since(other).unwrap_or_else(|error| error.duration())
}

impl Facts for ClockFacts {
    fn findings(&self) -> Vec<Finding> {
        const WHAT: &str = "clock";
        let date = OffsetDateTime::from(self.now).replace_nanosecond(0).ok();
        let date = date.and_then(|date| date.format(&Rfc3339).ok()).unwrap_or_else(|| "no date at all".to_owned());
        let set = "set the date: timedatectl set-ntp true";
        let tls = ["certificates (TLS)", "signatures (S3 refuses what is 15 minutes off)", "tokens"];
        let too_early = self.program.is_some_and(|program| self.now + BEFORE < program);
        let too_late = self.program.is_some_and(|program| program + AFTER < self.now);
        if too_early || too_late {
            let how = if too_early { "before this program was made" } else { "30 years after this program was made" };
            return vec![Finding::missing(WHAT, format!("{date}: {how}")).needed_for(tls).fix(set)];
        }
        if self.apart > APART {
            let seen = format!("{date}: the date jumped by {:?} while {WATCHED:?} passed", self.apart);
            return vec![Finding::optional(WHAT, seen).needed_for(tls).fix(set)];
        }
        match self.engine.map(|engine| distance(engine, self.now)) {
            Some(off) if off > SIGNATURE => {
                let seen = format!("{date}: the container engine's is {} minutes off", off.as_secs() / 60);
                let fix = "restart the container engine's machine, and let it take the date from the network";
                vec![
                    Finding::optional(WHAT, seen)
                        .needed_for(["systems in containers: the store refuses them"])
                        .fix(fix),
                ]
            }
            Some(_) => vec![Finding::ok(WHAT, format!("{date}, the container engine agrees"))],
            None => vec![Finding::ok(WHAT, date)],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Standing;

    const DAY: Duration = Duration::from_secs(86_400);

    fn at(now: SystemTime) -> ClockFacts {
        ClockFacts { now, program: Some(Clock::virtual_epoch()), apart: Duration::ZERO, engine: None }
    }

    fn standing(facts: &ClockFacts) -> Standing {
        facts.findings()[0].standing
    }

    #[test]
    fn a_date_before_the_program_or_long_after_it_is_wrong() {
        let made = Clock::virtual_epoch();
        assert_eq!(standing(&at(made + 300 * DAY)), Standing::Ok);
        assert_eq!(standing(&at(made - DAY)), Standing::Ok, "time zones");
        assert_eq!(standing(&at(SystemTime::UNIX_EPOCH)), Standing::Missing);
        assert_eq!(standing(&at(made + 31 * 365 * DAY)), Standing::Missing);
    }

    #[test]
    fn a_date_that_jumps_and_an_engine_of_another_time_are_told() {
        let now = Clock::virtual_epoch();
        let jumps = ClockFacts { apart: Duration::from_secs(3), ..at(now) };
        assert_eq!(standing(&jumps), Standing::Optional);
        for (off, expected) in [(60, Standing::Ok), (16 * 60, Standing::Optional)] {
            let off = Duration::from_secs(off);
            for engine in [now + off, now - off] {
                assert_eq!(standing(&ClockFacts { engine: Some(engine), ..at(now) }), expected, "{off:?}");
            }
        }
    }
}
