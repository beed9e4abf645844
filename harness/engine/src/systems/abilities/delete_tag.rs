//! Tags can be deleted (DT1).

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use http::Method;
use shakedown_scenario::Need;

use super::{Found, Look, Probe};

pub(super) const PROBE: Probe =
    Probe { name: "delete-tag", needs: &[Need::DeleteTag, Need::Delete], rules: &[], required: false, ask };

fn ask(look: &Look) -> LocalBoxFuture<'_, Result<Found, String>> {
    async move {
        look.push().await?;
        let answer = look.ask(Method::DELETE, "manifests/probe", None).await?;
        Ok(answer.found(&[202], "DELETE /v2/<name>/manifests/<tag>"))
    }
    .boxed_local()
}
