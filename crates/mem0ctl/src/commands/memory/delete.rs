//! `mem0ctl memory delete`.

use clap::Args;
use mem0::entities::EntityKind;
use mem0::memories::{DeleteMemories, DeletionStarted, MemoryId};
use serde_json::json;

use crate::commands::deletion::confirm_everything;
use crate::commands::event;
use crate::commands::memory::batches::{self, NOT_SENT, memories, not_done};
use crate::commands::memory::scope::{Scope, Whose};
use crate::failure::{Exit, Failure, Outcome};
use crate::input::argument;
use crate::output::prompt::confirm;
use crate::output::waiting::Waiting;
use crate::session::Session;

/// Which memories.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  mem0ctl memory delete 2f6c1a52-0d0e-4d0a-9a53-6a4c0f3f6f11
  mem0ctl memory delete --from identifiers.txt --yes
  mem0ctl memory delete --all --user-id alice --wait
  mem0ctl memory delete --all --user-id alice --dry-run
  mem0ctl memory delete --everything")]
pub(crate) struct Delete {
    /// Their identifiers; several are deleted a thousand at once
    #[arg(
        value_name = "ID",
        required_unless_present_any = ["from", "all", "everything"],
        conflicts_with_all = ["from", "all", "everything"]
    )]
    ids: Vec<String>,
    /// Identifiers, one a line; - for stdin
    #[arg(long, value_name = "FILE", conflicts_with_all = ["all", "everything"])]
    from: Option<String>,
    /// Together with the older memories that these had taken the place of
    #[arg(long, conflicts_with_all = ["all", "everything"])]
    linked: bool,
    /// All memories of whom the options name
    #[arg(long, conflicts_with = "everything")]
    all: bool,
    /// All memories of the project
    #[arg(long, conflicts_with_all = ["Scope", "metadata"])]
    everything: bool,
    /// With --all: only those with this in their metadata; a value is JSON, or else a text
    #[arg(long, short, value_name = "KEY=VALUE", requires = "all")]
    metadata: Vec<String>,
    #[command(flatten)]
    waiting: Waiting,
    #[command(flatten)]
    scope: Scope,
}

pub(crate) fn run(delete: &Delete, session: &Session) -> Outcome {
    if delete.everything {
        let project = confirm_everything(session, "all memories")?;
        let what = format!("All memories of the project {project}");
        return delete_all(delete, session, DeleteMemories::everything(), &what);
    }
    if delete.all {
        let whose = delete.scope.required()?;
        let metadata = argument::object("--metadata", &delete.metadata)?;
        let which = if metadata.is_empty() { "" } else { " with that metadata" };
        if whose.parts().any(|(_, id)| id == "*") {
            confirm_everything(session, &format!("all memories{which} of {whose}"))?;
        } else {
            confirm(session, &format!("Delete all memories{which} of {whose}?"))?;
        }
        let sentence = format!("The memories{which} of {whose}");
        let mut memories = of(&whose);
        if !metadata.is_empty() {
            memories = memories.metadata(metadata);
        }
        return delete_all(delete, session, memories, &sentence);
    }
    if delete.waiting.wait {
        return Err(Failure::usage("--wait is for --all and --everything: what is named is gone at once."));
    }
    if delete.scope.named().is_some() {
        return Err(Failure::usage(
            "Give either identifiers, or --all and whose memories are meant: not both.",
        ));
    }
    delete_these(delete, session)
}

fn delete_these(delete: &Delete, session: &Session) -> Outcome {
    let ids: Vec<MemoryId> = match &delete.from {
        None => delete.ids.iter().map(|id| id.as_str().into()).collect(),
        Some(file) => argument::lines(file)?.iter().map(|(_, line)| line.trim().into()).collect(),
    };
    let what = match ids.as_slice() {
        [] => {
            let file = delete.from.as_deref().unwrap_or_default();
            return Err(Failure::file(format!("{file} has no lines: give an identifier a line.")));
        }
        [id] => format!("the memory {id}"),
        ids => memories(ids.len() as u64),
    };
    let older = if delete.linked { ", and the older ones behind," } else { "" };
    confirm(session, &format!("Delete {what}{older} for good?"))?;
    let client = session.own()?;
    match ids.as_slice() {
        ids if delete.linked => delete_linked(session, ids),
        [id] => session.output.done(&client.delete(id.clone())?, &format!("Deleted the memory {id}.")),
        ids => {
            let answer = session.answer(client.batch_delete(ids))?;
            answer.map_or(Ok(()), |batches| batches::tell(session, batches, "deleted"))
        }
    }
}

/// One after the other: the platform has no way to do it at once.
fn delete_linked(session: &Session, ids: &[MemoryId]) -> Outcome {
    let client = session.own()?;
    let (mut deleted, mut older) = (0, 0);
    for (index, id) in ids.iter().enumerate() {
        match client.delete_linked(id.clone()) {
            Ok(answer) => {
                deleted += 1;
                older += answer.cascade_count.unwrap_or_default();
            }
            Err(error) if deleted == 0 => return Err(error.into()),
            Err(error) => {
                let mut failed = vec![not_done(&ids[index..=index], error.to_string())];
                if index + 1 < ids.len() {
                    failed.push(not_done(&ids[index + 1..], NOT_SENT.to_owned()));
                }
                let answer = json!({ "deleted": deleted, "cascade_count": older, "failed": failed });
                session.output.for_programs(&answer)?;
                let sentence = format!("Of {}, {deleted} deleted: {error}", memories(ids.len() as u64));
                return Err(Failure::new(Exit::PartlyDone, sentence));
            }
        }
    }
    let sentence = format!("{} deleted, and {older} older.", memories(deleted));
    session.output.done(&json!({ "deleted": deleted, "cascade_count": older }), &sentence)
}

fn of(whose: &Whose) -> DeleteMemories {
    whose.parts().fold(DeleteMemories::new(), |memories, (kind, id)| match kind {
        EntityKind::Agent => memories.agent_id(id),
        EntityKind::App => memories.app_id(id),
        EntityKind::Run => memories.run_id(id),
        _ => memories.user_id(id),
    })
}

fn delete_all(delete: &Delete, session: &Session, memories: DeleteMemories, what: &str) -> Outcome {
    let Some(started) = session.answer(session.own()?.delete_all(memories))? else { return Ok(()) };
    follow(session, &started, &delete.waiting, what)
}

/// Tells of a deletion that goes on after its answer, or waits for it.
pub(crate) fn follow(session: &Session, started: &DeletionStarted, waiting: &Waiting, what: &str) -> Outcome {
    match &started.event_id {
        Some(event_id) if waiting.wait => {
            let event = event::wait(session, event_id, waiting.policy())?;
            session.output.done(&event, &format!("{what} are deleted."))
        }
        Some(event_id) => session.output.done(
            started,
            &format!("{what} are being deleted: `mem0ctl event wait {event_id}` waits for it."),
        ),
        None => session.output.done(&json!(started), &format!("{what} are deleted.")),
    }
}
