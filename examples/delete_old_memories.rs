//! Deletes memories safely. A list that is read while its memories are deleted skips some of them, so this program reads
//! the ids first, then deletes.
//!
//! ```sh
//! cargo run --example delete_old_memories    # on an offline platform, without an account
//! ```

use mem0::client::PollPolicy;
use mem0::entities::EntityRef;
use mem0::memories::MemoryId;
use mem0::{AddMemories, Filter, MemoryClient};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let platform = mem0_local::LocalPlatform::start()?;
    let client = platform.client()?;
    for (text, created_at) in [("Lives in Lisbon", 1_577_836_800), ("Lives in Oslo", 1_767_225_600)] {
        let adding = AddMemories::new(text).user_id("alice").infer(false);
        client.add(adding.timestamp(created_at))?;
    }

    // Some memories: the ids first, then the deletions.
    let old = Filter::user("alice").and(Filter::created_at().lt("2025-01-01"));
    println!("{} old memories deleted", delete_matching(&client, old)?);
    for memory in client.get_all(Filter::user("alice"))? {
        println!("kept: {:?}", memory?.memory);
    }

    // All memories of a user: one call, without a list.
    let deletion = client.delete_all(EntityRef::user("alice"))?;
    client.events().wait(deletion.event_id()?, PollPolicy::default())?;
    println!("{} memories left", client.get_all(Filter::user("alice"))?.count());
    Ok(())
}

/// Deletes the memories that match a filter, and returns their number.
fn delete_matching(client: &MemoryClient, filter: Filter) -> mem0::Result<usize> {
    let memories = client.get_all(filter)?.page_size(200);
    let ids = memories.map(|memory| memory?.id().cloned()).collect::<mem0::Result<Vec<MemoryId>>>()?;
    let count = ids.len();
    if count > 0 {
        client.batch_delete(ids)?.into_result()?;
    }
    Ok(count)
}
