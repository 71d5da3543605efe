//! Identity behind an API key.

use serde_json::json;

use crate::handlers::Call;
use crate::protocol::reply::{Answer, HttpReply};

// The signature of a handler.
#[allow(clippy::unnecessary_wraps)]
pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let caller = call.caller;
    Ok(HttpReply::ok(&json!({
        "status": "ok",
        "org_id": caller.org_id,
        "project_id": caller.project_id,
        "user_email": caller.email,
    })))
}
