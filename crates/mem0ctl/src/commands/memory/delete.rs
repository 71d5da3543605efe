//! `mem0ctl memory delete`.

use clap::Args;
use mem0::entities::EntityKind;
use mem0::memories::{DeleteMemories, DeletionStarted, MemoryId};
use serde_json::json;

use crate::commands::deletion::confirm_everything;
use crate::commands::event;
use crate::commands::memory::batches::{self, NOT_SENT, failed_ids, memories};
use crate::commands::memory::scope::{EntityArgs, EntityScope};
use crate::failure::{Exit, Failure, Outcome};
use crate::input;
use crate::output::prompt::confirm;
use crate::output::spinner::OptionalWaitArgs;
use crate::session::Session;

/// Arguments of `memory delete`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  mem0ctl memory delete 2f6c1a52-0d0e-4d0a-9a53-6a4c0f3f6f11
  mem0ctl memory delete --from ids.txt --yes
  mem0ctl memory delete --all --user-id alice --wait
  mem0ctl memory delete --all --user-id alice --dry-run
  mem0ctl memory delete --everything")]
pub(crate) struct Delete {
    /// Memory IDs
    #[arg(
        value_name = "ID",
        required_unless_present_any = ["from", "all", "everything"],
        conflicts_with_all = ["from", "all", "everything"]
    )]
    ids: Vec<String>,
    /// File with one memory ID per line; - for stdin
    #[arg(long, value_name = "FILE", conflicts_with_all = ["all", "everything"])]
    from: Option<String>,
    /// Also delete the older memories that these replaced
    #[arg(long, conflicts_with_all = ["all", "everything"])]
    linked: bool,
    /// Delete all memories of the named user, agent, app or run
    #[arg(long, conflicts_with = "everything")]
    all: bool,
    /// Delete all memories of the project
    #[arg(long, conflicts_with_all = ["EntityArgs", "metadata"])]
    everything: bool,
    /// With --all, only memories with this metadata; the value is JSON or a string
    #[arg(long, short, value_name = "KEY=VALUE", requires = "all")]
    metadata: Vec<String>,
    #[command(flatten)]
    waiting: OptionalWaitArgs,
    #[command(flatten)]
    scope: EntityArgs,
}

pub(crate) fn run(delete: &Delete, session: &Session) -> Outcome {
    if delete.everything {
        let project = confirm_everything(session, "all memories")?;
        let what = format!("all memories of project {project}");
        return delete_all(delete, session, DeleteMemories::everything(), &what);
    }
    if delete.all {
        let scope = delete.scope.required()?;
        let metadata = input::object("--metadata", &delete.metadata)?;
        let condition = if metadata.is_empty() { "" } else { " with that metadata" };
        if scope.parts().any(|(_, id)| id == "*") {
            confirm_everything(session, &format!("all memories{condition} of {scope}"))?;
        } else {
            confirm(session, &format!("Delete all memories{condition} of {scope}?"))?;
        }
        let what = format!("all memories{condition} of {scope}");
        let mut memories = for_scope(&scope);
        if !metadata.is_empty() {
            memories = memories.metadata(metadata);
        }
        return delete_all(delete, session, memories, &what);
    }
    if delete.waiting.wait {
        return Err(Failure::usage("--wait needs --all or --everything; deletions by ID are immediate"));
    }
    if delete.scope.named().is_some() {
        return Err(Failure::usage(
            "memory IDs cannot be combined with an owner; pass --all to delete the memories of the owner",
        ));
    }
    delete_by_id(delete, session)
}

fn delete_by_id(delete: &Delete, session: &Session) -> Outcome {
    let ids: Vec<MemoryId> = match &delete.from {
        None => delete.ids.iter().map(|id| id.as_str().into()).collect(),
        Some(file) => input::lines(file)?.iter().map(|(_, line)| line.trim().into()).collect(),
    };
    let what = match ids.as_slice() {
        [] => {
            let file = delete.from.as_deref().unwrap_or_default();
            return Err(Failure::file(format!("{file} is empty; expected one memory ID per line")));
        }
        [id] => format!("memory {id}"),
        ids => memories(ids.len() as u64),
    };
    let linked = if delete.linked { " and the older memories that it replaced" } else { "" };
    let linked =
        if ids.len() > 1 { linked.replace("it replaced", "they replaced") } else { linked.to_owned() };
    confirm(session, &format!("Delete {what}{linked}?"))?;
    let client = session.project_client()?;
    match ids.as_slice() {
        ids if delete.linked => delete_linked(session, ids),
        [id] => session.output.success(&client.delete(id.clone())?, &format!("Deleted memory {id}.")),
        ids => {
            let response = session.response(client.batch_delete(ids))?;
            response.map_or(Ok(()), |batches| batches::report(session, batches, "deleted"))
        }
    }
}

/// Deletes memories one by one, as the platform has no batch request for linked deletions.
fn delete_linked(session: &Session, ids: &[MemoryId]) -> Outcome {
    let client = session.project_client()?;
    let (mut deleted, mut older) = (0, 0);
    for (index, id) in ids.iter().enumerate() {
        match client.delete_linked(id.clone()) {
            Ok(response) => {
                deleted += 1;
                older += response.cascade_count.unwrap_or_default();
            }
            Err(error) if deleted == 0 => return Err(error.into()),
            Err(error) => {
                let mut failed = vec![failed_ids(&ids[index..=index], error.to_string())];
                if index + 1 < ids.len() {
                    failed.push(failed_ids(&ids[index + 1..], NOT_SENT.to_owned()));
                }
                let response = json!({ "deleted": deleted, "cascade_count": older, "failed": failed });
                session.output.partial_result(&response)?;
                let message = format!("{deleted} of {} deleted: {error}", memories(ids.len() as u64));
                return Err(Failure::new(Exit::PartlyDone, message));
            }
        }
    }
    let message = format!("Deleted {} and {} that were replaced.", memories(deleted), memories(older));
    session.output.success(&json!({ "deleted": deleted, "cascade_count": older }), &message)
}

fn for_scope(scope: &EntityScope) -> DeleteMemories {
    scope.parts().fold(DeleteMemories::new(), |memories, (kind, id)| match kind {
        EntityKind::Agent => memories.agent_id(id),
        EntityKind::App => memories.app_id(id),
        EntityKind::Run => memories.run_id(id),
        _ => memories.user_id(id),
    })
}

fn delete_all(delete: &Delete, session: &Session, memories: DeleteMemories, what: &str) -> Outcome {
    let Some(started) = session.response(session.project_client()?.delete_all(memories))? else {
        return Ok(());
    };
    follow(session, &started, &delete.waiting, what)
}

/// Reports a background deletion, or waits for it.
pub(crate) fn follow(
    session: &Session,
    started: &DeletionStarted,
    waiting: &OptionalWaitArgs,
    what: &str,
) -> Outcome {
    match &started.event_id {
        Some(event_id) if waiting.wait => {
            let event = event::wait(session, event_id, waiting.policy())?;
            session.output.success(&event, &format!("Deleted {what}."))
        }
        Some(event_id) => session.output.success(
            started,
            &format!("Deleting {what}. Run `mem0ctl event wait {event_id}` to wait for it."),
        ),
        None => session.output.success(&json!(started), &format!("Deleted {what}.")),
    }
}
