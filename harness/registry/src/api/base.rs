//! `/v2/` and `/health`. Neither touches the storage: a registry that is up says so whatever its storage does (incident B12).

use http::{StatusCode, header};
use shakedown_oci::{ErrorBody, ErrorCode};
use shakedown_wire::{Body, Response};

use super::ask::{answer, finish, json};
use crate::registry::App;

/// `GET /v2/`: this is a registry.
pub(crate) fn version() -> Response {
    json(answer(StatusCode::OK), "application/json", &serde_json::json!({}))
}

/// `GET /health`: what the last storage calls came to; 503 once several failed in a row. For operators, not for clients.
pub(crate) fn health(app: &App) -> Response {
    let counts = app.storage.counts();
    let (status, word) = if counts.failures_in_a_row < 3 {
        (StatusCode::OK, "ok")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "storage calls fail; see the log")
    };
    let body = serde_json::json!({
        "status": word,
        "storage": {
            "requests": counts.requests,
            "retries": counts.retries,
            "failures": counts.failures,
            "failures_in_a_row": counts.failures_in_a_row,
            "foreign_answers": counts.foreign_answers,
        }
    });
    json(answer(status).header(header::CACHE_CONTROL, "no-store"), "application/json", &body)
}

/// What a registry answers that has turned itself off (a seeded defect).
pub(crate) fn unhealthy() -> Response {
    let detail = serde_json::Value::from("health check failed: please see /debug/health");
    let bytes = ErrorBody::one(ErrorCode::Unavailable, "service unavailable").detail(detail).render();
    let builder = answer(StatusCode::SERVICE_UNAVAILABLE).header(header::CONTENT_TYPE, "application/json");
    finish(builder.header(header::CONTENT_LENGTH, bytes.len()), Body::full(bytes))
}
