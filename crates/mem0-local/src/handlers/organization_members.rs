//! Members of organizations.

use http::StatusCode;
use serde_json::{Value, json};

use crate::handlers::{Call, LAST_OWNER, member_not_found};
use crate::protocol::reply::{HandlerError, HandlerResult, HttpReply};
use crate::store::{organization_members, organizations, project_members, users};
use mem0::Role;

pub(crate) fn list(call: &mut Call<'_>) -> HandlerResult {
    let members: Vec<Value> = organization_members::list(call.connection, call.org_id())?
        .into_iter()
        .map(|member| json!({ "user_id": member.user_id, "role": member.role }))
        .collect();
    Ok(HttpReply::ok(&json!({ "members": members })))
}

pub(crate) fn add(call: &mut Call<'_>) -> HandlerResult {
    let mut body = call.read_body()?;
    let (email, role) = body.member()?;
    call.check_fields(&body)?;
    let (connection, org_id, now) = (call.connection, call.org_id(), call.now);
    let (user_id, invited) = users::ensure(connection, &email, now)?;
    if organization_members::role(connection, org_id, &user_id)?.is_some() {
        return Err(invalid_field(call, "email", "This user is a member of the organization already."));
    }
    organization_members::add(connection, org_id, &user_id, &role, invited, now)?;
    organizations::mark_updated(connection, org_id, now)?;
    Ok(HttpReply::message(StatusCode::CREATED, "User added to the organization."))
}

pub(crate) fn update(call: &mut Call<'_>) -> HandlerResult {
    let mut body = call.read_body()?;
    let (email, role) = body.member()?;
    call.check_fields(&body)?;
    let (connection, org_id) = (call.connection, call.org_id());
    let user_id = member(call, &email)?;
    if role != Role::Owner && organization_members::is_last_owner(connection, org_id, &user_id)? {
        return Err(invalid_field(call, "role", LAST_OWNER));
    }
    organization_members::set_role(connection, org_id, &user_id, &role)?;
    organizations::mark_updated(connection, org_id, call.now)?;
    Ok(HttpReply::message(StatusCode::OK, "User role updated successfully"))
}

pub(crate) fn remove(call: &mut Call<'_>) -> HandlerResult {
    let mut body = call.read_body()?;
    let Some(email) = body.email() else { return Err(body.error_reply().into()) };
    call.check_fields(&body)?;
    let (connection, org_id) = (call.connection, call.org_id());
    let user_id = member(call, &email)?;
    if organization_members::is_last_owner(connection, org_id, &user_id)? {
        return Err(invalid_field(call, "email", LAST_OWNER));
    }
    if project_members::is_last_owner_of_any(connection, org_id, &user_id)? {
        return Err(invalid_field(call, "email", "The last OWNER of a project can't be removed."));
    }
    organization_members::remove(connection, org_id, &user_id)?;
    organizations::mark_updated(connection, org_id, call.now)?;
    Ok(HttpReply::message(StatusCode::OK, "User removed from organization."))
}

/// Returns the ID of the member with an e-mail address, or a 404.
fn member(call: &Call<'_>, email: &str) -> Result<String, HandlerError> {
    let Some(user_id) = users::find(call.connection, email)? else { return Err(member_not_found().into()) };
    match organization_members::role(call.connection, call.org_id(), &user_id)? {
        Some(_) => Ok(user_id),
        None => Err(member_not_found().into()),
    }
}

fn invalid_field(call: &Call<'_>, field: &str, text: &str) -> HandlerError {
    call.errors.invalid(field, text).into()
}
