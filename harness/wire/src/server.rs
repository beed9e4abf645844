//! The TCP server side: serves a [`Party`](crate::Party) on a socket, with real wire effects.
