//! What everything that passes requests on has in common: notes on the exchange, a limit of bodies, and reading what is refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::StreamExt;
use shakedown_wire::{Annotation, Annotations, Body, Request, WireError};

/// What is said of the exchange to whoever records it.
pub(crate) struct Notes(Annotations);

impl Notes {
    /// Those of this request; who does not record it loses them.
    pub(crate) fn of(request: &Request) -> Self {
        Self(request.extensions().get::<Annotations>().cloned().unwrap_or_default())
    }

    pub(crate) fn add(&self, text: &str) {
        self.0.add(Annotation::Note(text.to_owned()));
    }
}

/// Reads what is left of a refused request, so that its sender sees the answer: nginx's lingering close. Bounded as there.
pub(crate) async fn drain(request: Request) -> Result<(), WireError> {
    /// Bytes that are still read.
    const LINGER: u64 = 64 << 20;
    let mut body = request.into_body();
    let mut seen = 0;
    while let Some(frame) = body.next().await.transpose()? {
        seen += frame.len() as u64;
        if seen > LINGER {
            break;
        }
    }
    Ok(())
}

/// A fact that becomes known while a body is read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flag(Arc<AtomicBool>);

impl Flag {
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A body that fails, and says so, as soon as it is longer than `limit`.
pub(crate) fn limited(body: Body, limit: u64, over: Flag) -> Body {
    let length = body.length();
    let mut seen = 0;
    let counted = body.into_stream().map(move |frame| {
        seen += frame.as_ref().map_or(0, |frame| frame.len() as u64);
        if seen > limit {
            over.set();
            return Err(WireError::TooLarge { limit });
        }
        frame
    });
    Body::stream(counted).with_length(length)
}
