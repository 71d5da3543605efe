//! Organizations.

use http::StatusCode;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::clock::format_timestamp;
use crate::handlers::Call;
use crate::protocol::reply::{Answer, HttpReply};
use crate::store::organization_members::{self, Member};
use crate::store::organizations::{self, Organization};
use mem0::Role;

pub(crate) fn list(call: &mut Call<'_>) -> Answer {
    let found = organizations::of_user(call.connection, &call.caller.user_id)?;
    let shown = found
        .iter()
        .map(|organization| shown(call.connection, organization, &call.caller.user_id))
        .collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(HttpReply::ok(&shown.into()))
}

pub(crate) fn create(call: &mut Call<'_>) -> Answer {
    let mut body = call.body()?;
    let Some(name) = body.name() else { return Err(body.refusal().into()) };
    call.rest(&body)?;
    let org_id = organizations::create(call.connection, None, &name, false, call.now)?;
    organization_members::add(call.connection, &org_id, &call.caller.user_id, &Role::Owner, false, call.now)?;
    Ok(HttpReply::json(
        StatusCode::CREATED,
        &json!({ "message": "Organization created successfully.", "org_id": org_id }),
    ))
}

pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    match organizations::get(call.connection, call.org_id())? {
        Some(organization) => {
            Ok(HttpReply::ok(&shown(call.connection, &organization, &call.caller.user_id)?))
        }
        None => Err(HttpReply::message(StatusCode::NOT_FOUND, "Organization not found").into()),
    }
}

pub(crate) fn delete(call: &mut Call<'_>) -> Answer {
    organizations::delete(call.connection, call.org_id())?;
    Ok(HttpReply::message(StatusCode::OK, "Organization deleted successfully!"))
}

/// An organization as one of its members sees it.
fn shown(connection: &Connection, organization: &Organization, user_id: &str) -> rusqlite::Result<Value> {
    let members = organization_members::list(connection, &organization.org_id)?;
    let role = members.iter().find(|member| member.user_id == user_id).map(|member| &member.role);
    let invitations: Vec<Value> = organization_members::invited(connection, &organization.org_id)?
        .into_iter()
        .map(|(email, role, at)| json!({ "email": email, "role": role, "created_at": format_timestamp(at) }))
        .collect();
    Ok(json!({
        "org_id": organization.org_id,
        "name": organization.name,
        "created_at": format_timestamp(organization.created_at),
        "updated_at": format_timestamp(organization.updated_at),
        "members": members.iter().map(member).collect::<Vec<_>>(),
        "is_default": organization.is_default,
        "byok_enabled": false,
        "invitations": invitations,
        "owner_pricing_plan": "FREE",
        "is_owner": role == Some(&Role::Owner),
        "user_role": role,
    }))
}

/// A member as the object of an organization or a project lists them.
pub(crate) fn member(member: &Member) -> Value {
    json!({ "username": member.username, "role": member.role, "email": member.email })
}
