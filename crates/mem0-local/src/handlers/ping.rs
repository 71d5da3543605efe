//! Identity behind an API key.

use serde_json::json;

use crate::handlers::Call;
use crate::protocol::reply::{HandlerResult, HttpReply};

// All handlers have this signature.
#[allow(clippy::unnecessary_wraps)]
pub(crate) fn get(call: &mut Call<'_>) -> HandlerResult {
    let caller = call.caller;
    Ok(HttpReply::ok(&json!({
        "status": "ok",
        "org_id": caller.org_id,
        "project_id": caller.project_id,
        "user_email": caller.email,
    })))
}
