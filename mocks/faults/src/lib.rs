//! Faults: *when* + *effect*. A pure, seeded, bounded decision: no IO, no clock, nothing of ours underneath.
//!
//! - [`Fault`], [`When`], [`Effect`]: what a scenario file says;
//! - [`Call`]: what is asked about; [`FaultSet::decide`] answers with a [`Firing`];
//! - [`Action`]: the closed set of things an interpreter (`shakedown-inject`, the S3 mock) must be able to do. A new effect is a
//!   new file in `effects/` that produces actions, and one line in its list; the interpreters do not change;
//! - [`gateway`]: what a gateway does to everything that passes, as files write it;
//! - [`forward`]: what a forward proxy does to everything that passes;
//! - [`pages`]: whole answers of gateways, byte for byte.
//!
//! Not here: how an action is carried out on a socket or a store.

mod action;
mod call;
pub mod effects;
pub mod forms;
pub mod forward;
pub mod gateway;
pub mod glob;
mod names;
pub mod pages;
mod s3_error;
mod set;
mod status;
pub mod units;
pub mod when;

pub use action::{Action, Answer, BodyEdit, End, HeadEdit, Moment, PageFault, StoreFault, Until, View, XmlEdit};
pub use call::{Call, KeyClass};
pub use effects::Effect;
pub use forward::ForwardProxySettings;
pub use gateway::GatewaySettings;
pub use set::{Fault, FaultSet, Firing, On};
pub use status::Status;
pub use units::{Size, Span};
pub use when::{METHODS, OPERATIONS, When};
