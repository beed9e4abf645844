//! Manifests can be deleted by digest (DM1).

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use http::Method;
use shakedown_scenario::Need;

use super::{Found, Look, Probe};

pub(super) const PROBE: Probe =
    Probe { name: "delete-manifest", needs: &[Need::DeleteManifest, Need::Delete], rules: &[], required: false, ask };

fn ask(look: &Look) -> LocalBoxFuture<'_, Result<Found, String>> {
    async move {
        let pushed = look.push().await?;
        let answer = look.ask(Method::DELETE, &format!("manifests/{}", pushed.digest), None).await?;
        Ok(answer.found(&[202], "DELETE /v2/<name>/manifests/<digest>"))
    }
    .boxed_local()
}
