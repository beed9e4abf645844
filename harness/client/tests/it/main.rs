//! The client against a small registry in memory that can be told to misbehave, and against scripted peers over TCP.

mod auth;
mod calls;
mod fake;
mod findings;
mod laws;
mod layouts;
mod lists;
mod pull;
mod push;
mod rewind;
mod scripted;
