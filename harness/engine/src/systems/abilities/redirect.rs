//! Blob reads are redirected, usually to the storage.

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use http::Method;
use shakedown_scenario::Need;

use super::{Found, Look, Probe};

pub(super) const PROBE: Probe = Probe { name: "redirect", needs: &[Need::Redirect], rules: &[], required: false, ask };

fn ask(look: &Look) -> LocalBoxFuture<'_, Result<Found, String>> {
    async move {
        let pushed = look.push().await?;
        let answer = look.ask(Method::GET, &format!("blobs/{}", pushed.layer), None).await?;
        Ok(answer.found(&[301, 302, 303, 307, 308], "GET /v2/<name>/blobs/<digest>"))
    }
    .boxed_local()
}
