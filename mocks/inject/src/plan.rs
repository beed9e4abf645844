//! The actions of a firing, sorted by when they take place.

use std::time::Duration;

use bytes::Bytes;
use shakedown_faults::{Action, Answer, BodyEdit, End, HeadEdit, Moment, StoreFault, XmlEdit};
use shakedown_wire::{ConnectionEnd, WireError};

/// What the store shall do with this request; in the request's extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreFaults(pub Vec<StoreFault>);

/// What comes instead of the party's answer.
#[derive(Debug, Clone)]
pub(crate) enum Instead<'a> {
    Answer(&'a Answer),
    Break(End),
    Raw(&'a Bytes, End),
}

/// One change of an answer.
#[derive(Debug, Clone)]
pub(crate) enum Edit<'a> {
    Head(&'a HeadEdit),
    Body(&'a BodyEdit),
}

/// The actions by their time.
#[derive(Debug, Default)]
pub(crate) struct Plan<'a> {
    pub(crate) delay: Duration,
    pub(crate) request: Vec<&'a HeadEdit>,
    pub(crate) store: Vec<StoreFault>,
    pub(crate) before: Option<Instead<'a>>,
    pub(crate) twice: bool,
    pub(crate) applied: Option<Instead<'a>>,
    pub(crate) delay_reply: Duration,
    /// A document is edited before its bytes are.
    pub(crate) xml: Vec<&'a XmlEdit>,
    pub(crate) edits: Vec<Edit<'a>>,
}

impl<'a> Plan<'a> {
    /// Sorts. Where several things would replace the answer, the first wins.
    pub(crate) fn of(actions: &'a [Action]) -> Self {
        let mut plan = Self::default();
        for action in actions {
            match action {
                Action::Delay(time) => plan.delay += *time,
                Action::DelayReply(time) => plan.delay_reply += *time,
                Action::Answer(moment, answer) => plan.instead(*moment, Instead::Answer(answer)),
                Action::Break(moment, end) => plan.instead(*moment, Instead::Break(*end)),
                Action::Raw(moment, bytes, end) => plan.instead(*moment, Instead::Raw(bytes, *end)),
                Action::RequestHead(edit) => plan.request.push(edit),
                Action::Head(edit) => plan.edits.push(Edit::Head(edit)),
                Action::Body(edit) => plan.edits.push(Edit::Body(edit)),
                Action::Xml(edit) => plan.xml.push(edit),
                Action::Twice => plan.twice = true,
                Action::Store(fault) => plan.store.push(fault.clone()),
            }
        }
        plan
    }

    fn instead(&mut self, moment: Moment, instead: Instead<'a>) {
        let place = match moment {
            Moment::Before => &mut self.before,
            Moment::Applied => &mut self.applied,
        };
        place.get_or_insert(instead);
    }
}

/// The end of a connection in the words of the wire.
pub(crate) fn connection_end(end: End) -> ConnectionEnd {
    match end {
        End::Fin => ConnectionEnd::Fin,
        End::Rst => ConnectionEnd::Rst,
    }
}

/// The end of a connection before a head.
pub(crate) fn ended(end: End) -> WireError {
    WireError::ended(connection_end(end))
}
