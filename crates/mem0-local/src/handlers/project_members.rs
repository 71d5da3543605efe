//! Members of projects.

use http::StatusCode;
use serde_json::{Value, json};

use crate::check;
use crate::handlers::{Call, LAST_OWNER, member_not_found};
use crate::protocol::reply::{HandlerError, HandlerResult, HttpReply};
use crate::store::{organization_members, organizations, project_members, projects, users};
use mem0::Role;

pub(crate) fn list(call: &mut Call<'_>) -> HandlerResult {
    let members: Vec<Value> = project_members::list(call.connection, call.org_id(), call.project_id())?
        .into_iter()
        .map(|member| json!({ "username": member.username, "role": member.role }))
        .collect();
    Ok(HttpReply::ok(&json!({ "members": members })))
}

/// Adds a user to a project, and to its organization as READER if they are not a member yet.
pub(crate) fn add(call: &mut Call<'_>) -> HandlerResult {
    let mut body = call.read_body()?;
    let (email, role) = body.member()?;
    call.check_fields(&body)?;
    let (connection, org_id, project_id, now) = (call.connection, call.org_id(), call.project_id(), call.now);
    let (user_id, invited) = users::ensure(connection, &email, now)?;
    if project_members::role(connection, org_id, project_id, &user_id)?.is_some() {
        return Err(invalid_field(call, "email", "This user is a member of the project already."));
    }
    if organization_members::role(connection, org_id, &user_id)?.is_none() {
        organization_members::add(connection, org_id, &user_id, &Role::Reader, invited, now)?;
        organizations::mark_updated(connection, org_id, now)?;
    }
    project_members::add(connection, org_id, project_id, &user_id, &role, now)?;
    projects::mark_updated(connection, org_id, project_id, now)?;
    Ok(HttpReply::message(StatusCode::OK, "User added to the project successfully."))
}

pub(crate) fn update(call: &mut Call<'_>) -> HandlerResult {
    let mut body = call.read_body()?;
    let (email, role) = body.member()?;
    call.check_fields(&body)?;
    let (connection, org_id, project_id) = (call.connection, call.org_id(), call.project_id());
    let user_id = member(call, &email)?;
    if role != Role::Owner && project_members::is_last_owner(connection, org_id, project_id, &user_id)? {
        return Err(invalid_field(call, "role", LAST_OWNER));
    }
    project_members::set_role(connection, org_id, project_id, &user_id, &role)?;
    projects::mark_updated(connection, org_id, project_id, call.now)?;
    Ok(HttpReply::message(StatusCode::OK, "User role updated successfully."))
}

pub(crate) fn remove(call: &mut Call<'_>) -> HandlerResult {
    let (connection, org_id, project_id) = (call.connection, call.org_id(), call.project_id());
    let Some(email) = call.request.query_values("email").next() else {
        return Err(invalid_field(call, "email", check::REQUIRED));
    };
    check::email(&email.into()).map_err(|text| invalid_field(call, "email", text))?;
    let user_id = member(call, email)?;
    if project_members::is_last_owner(connection, org_id, project_id, &user_id)? {
        return Err(invalid_field(call, "email", LAST_OWNER));
    }
    project_members::remove(connection, org_id, project_id, &user_id)?;
    projects::mark_updated(connection, org_id, project_id, call.now)?;
    Ok(HttpReply::message(StatusCode::OK, "Member removed from the project"))
}

/// Returns the ID of the member with an e-mail address, or a 404.
fn member(call: &Call<'_>, email: &str) -> Result<String, HandlerError> {
    let Some(user_id) = users::find(call.connection, email)? else { return Err(member_not_found().into()) };
    match project_members::role(call.connection, call.org_id(), call.project_id(), &user_id)? {
        Some(_) => Ok(user_id),
        None => Err(member_not_found().into()),
    }
}

fn invalid_field(call: &Call<'_>, field: &str, text: &str) -> HandlerError {
    call.errors.invalid(field, text).into()
}
