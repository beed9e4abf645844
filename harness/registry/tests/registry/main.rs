//! The reference registry on the S3 mock, in memory and in virtual time.

mod auth;
mod auth_rights;
mod budgets;
mod crash;
mod defect_worlds;
mod defects;
mod life;
mod life_laws;
mod manifests;
mod notify;
mod parts;
mod pull;
mod pull_through;
mod push;
mod support;
mod trouble;
