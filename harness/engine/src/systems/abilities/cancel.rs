//! Uploads can be cancelled (CA1).

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use http::Method;
use shakedown_scenario::Need;

use super::{Found, Look, Probe};

pub(super) const PROBE: Probe = Probe { name: "cancel", needs: &[Need::Cancel], rules: &[], required: false, ask };

fn ask(look: &Look) -> LocalBoxFuture<'_, Result<Found, String>> {
    async move {
        let begun = look.ask(Method::POST, "blobs/uploads/", None).await?;
        let upload = begun.header("location").ok_or("no upload could be begun")?.to_owned();
        let answer = look.ask(Method::DELETE, &upload, None).await?;
        Ok(answer.found(&[204, 202, 200], "DELETE of an upload"))
    }
    .boxed_local()
}
