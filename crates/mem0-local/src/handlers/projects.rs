//! Projects and their settings.

use http::StatusCode;
use rusqlite::Connection;
use serde_json::{Map, Value, json};

use crate::clock::format_timestamp;
use crate::handlers::{Call, organizations::member};
use crate::protocol::reply::{HandlerError, HandlerResult, HttpReply};
use crate::store::project_members;
use crate::store::projects::{self, NewProject, Project};
use crate::store::settings::{self, Change};
use mem0::Role;

pub(crate) fn list(call: &mut Call<'_>) -> HandlerResult {
    let mut visible = Vec::new();
    for project in projects::list(call.connection, call.org_id())? {
        let user_id = &call.caller.user_id;
        let role = project_members::effective_role(call.connection, call.org_id(), &project.id, user_id)?;
        if let Some(role) = role {
            visible.push(Value::Object(to_json(call.connection, project, &role)?));
        }
    }
    Ok(HttpReply::ok(&visible.into()))
}

pub(crate) fn create(call: &mut Call<'_>) -> HandlerResult {
    let mut body = call.read_body()?;
    let name = body.name();
    let mut settings = Map::new();
    if let Some(description) = body.take("description") {
        match settings::change("description", &description) {
            Ok(_) => {
                settings.insert("description".to_owned(), description);
            }
            Err(text) => body.add_error("description", &text),
        }
    }
    let (Some(name), false) = (name, body.has_errors()) else { return Err(body.error_reply().into()) };
    call.check_fields(&body)?;
    let (connection, org_id, user_id) = (call.connection, call.org_id(), &call.caller.user_id);
    let project = NewProject { org_id, project_id: None, name: &name, is_default: false, settings };
    let project_id = projects::create(connection, project, call.now)?;
    project_members::add(connection, org_id, &project_id, user_id, &Role::Owner, call.now)?;
    Ok(HttpReply::ok(&json!({ "message": "Project created successfully.", "project_id": project_id })))
}

pub(crate) fn get(call: &mut Call<'_>) -> HandlerResult {
    let project = find(call)?;
    let role = call.role.clone().unwrap_or(Role::Reader);
    let mut project = to_json(call.connection, project, &role)?;
    let fields: Vec<&str> = call.request.query_values("fields").filter(|name| !name.is_empty()).collect();
    if call.options.fields_filter && !fields.is_empty() {
        project.retain(|name, _| fields.contains(&name.as_str()));
    }
    Ok(HttpReply::ok(&project.into()))
}

pub(crate) fn update(call: &mut Call<'_>) -> HandlerResult {
    let mut body = call.read_body()?;
    let mut project = find(call)?;
    for (name, value) in body.take_all() {
        match settings::change(&name, &value) {
            Ok(Change::Name(name)) => project.name = name,
            Ok(Change::Setting(name, value)) => {
                project.settings.insert(name.to_owned(), value);
            }
            Ok(Change::Ignored) => {}
            Ok(Change::Unknown) => call.handle_unknown(&name)?,
            Err(text) => body.add_error(&name, &text),
        }
    }
    if body.has_errors() {
        return Err(body.error_reply().into());
    }
    projects::update(call.connection, project, call.now)?;
    Ok(HttpReply::message(StatusCode::OK, "Project updated successfully"))
}

pub(crate) fn delete(call: &mut Call<'_>) -> HandlerResult {
    projects::delete(call.connection, call.org_id(), call.project_id())?;
    Ok(HttpReply::message(StatusCode::OK, "Project and related data deleted successfully."))
}

/// Returns the project of the path.
fn find(call: &Call<'_>) -> Result<Project, HandlerError> {
    projects::get(call.connection, call.org_id(), call.project_id())?
        .ok_or_else(|| HttpReply::message(StatusCode::NOT_FOUND, "Organization or project not found").into())
}

/// Returns the JSON of a project for a caller with a role.
fn to_json(connection: &Connection, project: Project, role: &Role) -> rusqlite::Result<Map<String, Value>> {
    let members = project_members::list(connection, &project.org_id, &project.id)?;
    let mut fields = settings::defaults();
    fields.extend(project.settings);
    fields.extend([
        ("org_id".to_owned(), json!(project.org_id)),
        ("project_id".to_owned(), json!(project.id)),
        ("name".to_owned(), json!(project.name)),
        ("is_default".to_owned(), json!(project.is_default)),
        ("created_at".to_owned(), json!(format_timestamp(project.created_at))),
        ("updated_at".to_owned(), json!(format_timestamp(project.updated_at))),
        ("members".to_owned(), members.iter().map(member).collect()),
        ("user_role".to_owned(), json!(role)),
    ]);
    Ok(fields)
}
