//! Repositories can be listed; not a part of the OCI specification.

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use http::Method;
use shakedown_scenario::Need;

use super::{Found, Look, Probe};

pub(super) const PROBE: Probe = Probe { name: "catalog", needs: &[Need::Catalog], rules: &[], required: false, ask };

fn ask(look: &Look) -> LocalBoxFuture<'_, Result<Found, String>> {
    async move {
        let answer = look.ask(Method::GET, "/v2/_catalog?n=1", None).await?;
        Ok(answer.found(&[200], "GET /v2/_catalog"))
    }
    .boxed_local()
}
