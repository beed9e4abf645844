//! What a registry can be that answers otherwise than the reference does: a layer around its party that rewrites requests and answers.
//! Not here: what is wrong (`defects`) or allowed (`allowed`) about it.

mod answer;
mod asked;
mod passing;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use shakedown_wire::{Party, Request, Response, WireError};

use crate::RegistryConfig;

pub(crate) use answer::Answer;
pub(crate) use asked::Asked;
pub(crate) use passing::{Memory, Passing};

/// Where a variant differs from the reference.
#[derive(Clone, Copy)]
pub(crate) enum How {
    /// In a hook where the reference does the right thing.
    Hook,
    /// In its configuration.
    Config(fn(&mut RegistryConfig)),
    /// In what it sees of a request, or in answering it at once.
    Request(fn(&mut Asked) -> Option<Answer>),
    /// In its answer.
    Answer(fn(&Asked, &mut Answer)),
    /// In more than one of these, with a memory from one request to the next.
    Around(fn(Passing) -> BoxFuture<'static, Result<Answer, WireError>>),
}

/// The party as this variant has it.
pub(crate) fn around(party: Party, how: How) -> Party {
    match how {
        How::Hook | How::Config(_) => party,
        How::Request(change) => layer(party, move |mut passing| async move {
            match change(&mut passing.asked) {
                Some(answer) => Ok(answer),
                None => passing.on().await,
            }
        }),
        How::Answer(change) => layer(party, move |passing| async move {
            let asked = passing.asked.clone();
            let mut answer = passing.on().await?;
            change(&asked, &mut answer);
            Ok(answer)
        }),
        How::Around(act) => layer(party, act),
    }
}

fn layer<F, Fut>(party: Party, act: F) -> Party
where
    F: Fn(Passing) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<Answer, WireError>> + Send + 'static,
{
    let memory = Arc::new(Memory::default());
    Party::from_fn(move |request: Request| {
        let (act, party, memory) = (act.clone(), party.clone(), memory.clone());
        async move {
            let passing = Passing::new(request, party, memory);
            let is_head = passing.asked.is_head();
            let answer = act(passing).await?;
            Ok::<Response, WireError>(answer.into_response(is_head))
        }
    })
}
