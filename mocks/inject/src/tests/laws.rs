//! Laws of the edits that change bytes, for any body in any frames.

use proptest::prelude::*;
use shakedown_faults::{BodyEdit, End};

use super::*;
use crate::body;

/// Runs one edit in virtual time and returns what was seen.
fn apply(bytes: &[u8], frame: usize, sized: bool, edit: &BodyEdit) -> Seen {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let length = sized.then_some(bytes.len() as u64);
        let body = Body::stream(frames(bytes, frame)).with_length(length);
        let since = tokio::time::Instant::now();
        see(body::edit(Response::new(body), edit, false, &Annotations::default()), since).await
    })
}

proptest! {
    #[test]
    fn a_truncated_body_is_a_prefix(
        bytes in proptest::collection::vec(any::<u8>(), 0..300), frame in 1usize..50, at in 0u64..400, rst in any::<bool>(), sized in any::<bool>(),
    ) {
        let end = if rst { End::Rst } else { End::Fin };
        let seen = apply(&bytes, frame, sized, &BodyEdit::Truncate { at, end });
        let kept = bytes.len().min(at as usize);
        prop_assert_eq!(&seen.bytes, &bytes[..kept]);
        // Whether a body of unknown length that ends just there was cut is for its missing last chunk to say.
        let cut = if sized { at < bytes.len() as u64 } else { at <= bytes.len() as u64 };
        prop_assert_eq!(seen.error.is_some(), cut);
        if sized && cut {
            let announced = format!("content-length: {}", bytes.len());
            prop_assert!(seen.headers.contains(&announced));
        }
    }

    #[test]
    fn a_corrupt_body_differs_in_one_byte(
        bytes in proptest::collection::vec(any::<u8>(), 1..300), frame in 1usize..50, at in 0usize..400,
    ) {
        let seen = apply(&bytes, frame, true, &BodyEdit::Corrupt { at: at as u64 });
        let different: Vec<_> = (0..bytes.len()).filter(|&n| bytes[n] != seen.bytes[n]).collect();
        prop_assert_eq!(seen.bytes.len(), bytes.len());
        prop_assert_eq!(different, if at < bytes.len() { vec![at] } else { vec![] });
    }

    #[test]
    fn a_trickling_body_is_the_same_and_on_time(
        bytes in proptest::collection::vec(any::<u8>(), 0..300), frame in 1usize..50, rate in 1u64..2000,
    ) {
        let seen = apply(&bytes, frame, true, &BodyEdit::Trickle { bytes_per_second: rate });
        prop_assert_eq!(&seen.bytes, &bytes);
        let due = Duration::from_secs_f64(bytes.len() as f64 / rate as f64);
        // tokio's timer counts in milliseconds and rounds up; there are as many waits as slices.
        let slack = Duration::from_millis(1 + bytes.len() as u64);
        prop_assert!(seen.took + Duration::from_micros(1) >= due && seen.took <= due + slack, "{:?} for {due:?}", seen.took);
    }

    #[test]
    fn a_stalled_body_is_the_same_but_late(
        bytes in proptest::collection::vec(any::<u8>(), 0..300), frame in 1usize..50, at in 0u64..400,
    ) {
        let pause = Duration::from_secs(5);
        let seen = apply(&bytes, frame, true, &BodyEdit::Stall { at, pause: Some(pause) });
        prop_assert_eq!(&seen.bytes, &bytes);
        prop_assert_eq!(seen.took, if at <= bytes.len() as u64 { pause } else { Duration::ZERO });
    }

    #[test]
    fn a_wrong_length_is_wrong_by_that_much(
        bytes in proptest::collection::vec(any::<u8>(), 0..300), frame in 1usize..50, by in -400i64..400,
    ) {
        let seen = apply(&bytes, frame, true, &BodyEdit::LengthOff { by });
        let wrong = (bytes.len() as i64 + by).max(0);
        let announced = format!("content-length: {wrong}");
        prop_assert!(seen.headers.contains(&announced));
        prop_assert_eq!(&seen.bytes, &bytes[..bytes.len().min(wrong as usize)]);
        prop_assert_eq!(seen.error.is_some(), by > 0);
    }
}
