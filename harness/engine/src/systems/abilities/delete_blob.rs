//! Blobs can be deleted (DB1).

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use http::Method;
use shakedown_scenario::Need;

use super::{Found, Look, Probe};

pub(super) const PROBE: Probe =
    Probe { name: "delete-blob", needs: &[Need::DeleteBlob, Need::Delete], rules: &[], required: false, ask };

fn ask(look: &Look) -> LocalBoxFuture<'_, Result<Found, String>> {
    async move {
        let pushed = look.push().await?;
        let answer = look.ask(Method::DELETE, &format!("blobs/{}", pushed.layer), None).await?;
        Ok(answer.found(&[202], "DELETE /v2/<name>/blobs/<digest>"))
    }
    .boxed_local()
}
