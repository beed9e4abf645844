//! Allowed: `ten-percent-slower`. A seeded loss of speed, for the comparison of measurements to find.

use std::time::Duration;

use shakedown_wire::WireError;
use tokio::time::{Instant, sleep};

use super::{Allowed, How};
use crate::variant::{Answer, Passing};

/// See its `about`.
pub(crate) const ALLOWED: Allowed = Allowed {
    id: "ten-percent-slower",
    about: "Answers take ten percent longer, in the mean of some requests.",
    rules: &["AP1"],
    lacks: &[],
    how: How::Around(|passing| Box::pin(act(passing))),
};

/// Timers are a millisecond late at most: what is owed is paid in pieces in which that is little.
const PIECE_US: u64 = 10_000;

async fn act(passing: Passing) -> Result<Answer, WireError> {
    let (began, memory) = (Instant::now(), passing.memory.clone());
    let answer = passing.on().await?;
    let tenth = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX) / 10;
    let due = memory.owe(tenth, PIECE_US);
    if due > 0 {
        sleep(Duration::from_micros(due)).await;
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use shakedown_wire::{Body, Party, Request, Response};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_hundred_answers_take_ten_percent_longer() {
        let reference = Party::from_fn(|_: Request| async {
            sleep(Duration::from_millis(7)).await;
            Ok(Response::new(Body::empty()))
        });
        let slower = crate::variant::around(reference, ALLOWED.how);
        let began = Instant::now();
        for _ in 0..100 {
            slower.send(Request::new(Body::empty())).await.unwrap();
        }
        assert_eq!(began.elapsed(), Duration::from_millis(770));
    }
}
