//! The defect `expired-token-ends-upload`.

use super::Defect;
use crate::api::{Ask, Route};
use crate::registry::App;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["F01"],
    ..Defect::new("expired-token-ends-upload", "A refused token throws away the upload that it was sent for.")
};

/// The upload that a refused request was for is given up.
pub(crate) async fn on_refusal(app: &App, ask: &Ask, route: &Route) {
    let Route::Upload(name, id) = route else { return };
    if !app.config.defects.has(&DEFECT) {
        return;
    }
    let keys = app.sessions.keys(name, id);
    if let Ok(Some(session)) = app.sessions.load(&ask.cx, &keys, None).await {
        let _ = app.sessions.discard(&ask.cx, &keys, &session, false).await;
    }
}
