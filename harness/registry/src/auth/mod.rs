//! Who may do what: nobody asked, passwords (Basic), or tokens of a token server (Bearer, F01-F06). Not here: how tokens are issued.
//!
//! Code map: [`AuthConfig`] is what a registry is told; `rules` says which right each route needs; `gate` answers a request with a
//! [`Grant`] or with a challenge; `htpasswd` and `passwords` are Basic, `keys` and `token` are Bearer.

mod config;
mod gate;
mod grant;
mod htpasswd;
mod keys;
mod passwords;
pub(crate) mod rules;
mod token;

pub use config::{AuthConfig, BasicConfig, BearerConfig};
pub(crate) use gate::Gate;
pub(crate) use grant::Grant;
pub use htpasswd::{Htpasswd, HtpasswdError};
pub use keys::{KeySet, KeySetError};
