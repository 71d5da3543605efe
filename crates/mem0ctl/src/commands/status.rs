//! `mem0ctl status`: current user, project and latency.

use std::time::Instant;

use serde::Serialize;

use crate::config::origin::HOSTED;
use crate::failure::Outcome;
use crate::output::Column;
use crate::session::Session;

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  mem0ctl status
  mem0ctl status --profile staging --output json")]
pub(crate) struct Status {}

/// Caller, selected project and latency.
#[derive(Serialize)]
struct StatusView {
    profile: Option<String>,
    base_url: String,
    user_email: Option<String>,
    org_id: Option<String>,
    project_id: Option<String>,
    project: Option<String>,
    role: Option<String>,
    latency_ms: f64,
}

const FIELDS: &[Column] = &[
    ("Profile", "/profile"),
    ("Base URL", "/base_url"),
    ("User", "/user_email"),
    ("Organization ID", "/org_id"),
    ("Project ID", "/project_id"),
    ("Project", "/project"),
    ("Role", "/role"),
    ("Latency (ms)", "/latency_ms"),
];

pub(crate) fn run(_: &Status, session: &Session) -> Outcome {
    let started = Instant::now();
    let identity = session.client.ping()?;
    let latency = started.elapsed();
    let (selected_org, selected_project) =
        (session.context.org_id.clone(), session.context.project_id.clone());
    // The key's project belongs to the key's organization.
    let key_project = identity.project_id.map(|id| id.to_string()).filter(|_| selected_org.is_none());
    let org_id = selected_org.or_else(|| identity.org_id.map(|id| id.to_string()));
    let project_id = selected_project.or(key_project);
    let project = match (org_id.clone(), project_id.clone()) {
        (Some(org_id), Some(project_id)) => {
            let fields = mem0::ProjectFields::new().name().user_role();
            Some(session.client.project_in(org_id, project_id).get_fields(fields)?)
        }
        _ => None,
    };
    let view = StatusView {
        profile: session.context.profile.clone(),
        base_url: session.context.base_url().unwrap_or(HOSTED).to_owned(),
        user_email: identity.user_email,
        org_id,
        project_id,
        role: project.as_ref().and_then(|project| project.user_role.as_ref().map(ToString::to_string)),
        project: project.and_then(|project| project.name),
        latency_ms: (latency.as_secs_f64() * 1e5).round() / 100.0,
    };
    session.output.record(&view, FIELDS)
}
