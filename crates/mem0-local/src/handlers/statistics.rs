//! How much there is, and a summary of it.

use serde_json::{Value, json};

use crate::filter::Filter;
use crate::handlers::Call;
use crate::protocol::reply::{Answer, HttpReply};
use crate::store::settings;
use crate::store::{matching, projects, statistics};

/// What the hosted platform's plans limit and this platform does not.
const RETRIEVALS: i64 = 1_000_000;

pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let (connection, scope) = (call.connection, call.caller.project_scope());
    let retrievals = statistics::events(connection, scope, r#"["SEARCH", "GET_ALL", "GET"]"#)?;
    let adds = statistics::events(connection, scope, r#"["ADD"]"#)?;
    let per = |(entities, memories): (i64, i64)| if entities == 0 { 0 } else { memories / entities };
    let users = statistics::with_memories(connection, scope, "user_id")?;
    let agents = statistics::with_memories(connection, scope, "agent_id")?;
    let runs = statistics::with_memories(connection, scope, "run_id")?;
    Ok(HttpReply::ok(&json!({
        "total_memories": statistics::memories(connection, scope)?,
        "total_retrieval_events": retrievals,
        "total_api_retrieval_events": retrievals,
        "total_retrieval_events_limit": RETRIEVALS,
        "total_add_events": adds,
        "total_users_with_memories": users.0,
        "total_agents_with_memories": agents.0,
        "total_runs_with_memories": runs.0,
        "memories_per_user": per(users),
        "memories_per_agent": per(agents),
        "memories_per_run": per(runs),
    })))
}

/// Without a model: the texts themselves, newest first, so many to an item as the project's `summary_batch_size`
/// says.
pub(crate) fn summarize(call: &mut Call<'_>) -> Answer {
    let mut body = call.body()?;
    let filter = Filter::parse_scoped(body.take("filters").as_ref())?;
    call.rest(&body)?;
    let (connection, scope) = (call.connection, call.caller.project_scope());
    let project = projects::get(connection, scope.org_id, scope.project_id)?;
    let size = project.and_then(|project| project.settings.get("summary_batch_size").and_then(Value::as_u64));
    let size = size.or_else(|| settings::defaults()["summary_batch_size"].as_u64());
    let size = size.and_then(|size| usize::try_from(size).ok()).unwrap_or_default().max(1);
    let memories = matching::newest(connection, scope, filter.condition(), call.now)?;
    let summaries: Value = memories
        .chunks(size)
        .map(|batch| {
            let texts: Vec<&str> = batch.iter().map(|memory| memory.memory.as_str()).collect();
            let ids: Vec<&str> = batch.iter().map(|memory| memory.memory_id.as_str()).collect();
            json!({ "summary": texts.join("\n"), "memory_ids": ids })
        })
        .collect();
    Ok(HttpReply::ok(&summaries))
}
