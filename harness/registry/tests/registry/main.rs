//! The reference registry on the S3 mock, in memory and in virtual time.

mod budgets;
mod crash;
mod defects;
mod manifests;
mod pull;
mod push;
mod support;
mod trouble;
