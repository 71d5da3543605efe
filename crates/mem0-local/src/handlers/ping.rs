//! Whose key is it?

use serde_json::json;

use crate::http::reply::Reply;
use crate::store::keys::Caller;

pub(crate) fn ping(caller: &Caller) -> Reply {
    Reply::ok(&json!({
        "status": "ok",
        "org_id": caller.org_id,
        "project_id": caller.project_id,
        "user_email": caller.email,
    }))
}
