//! Lists that change while they are read.

use super::*;
use mem0::memories::{ListMemories, MemoryId};
use mem0::{AddMemories, Filter};

/// Number of memories.
const MEMORIES: usize = 10;

/// Returns a platform with memories of alice.
#[maybe_async]
async fn with_memories() -> (LocalPlatform, MemoryClient) {
    let platform = LocalPlatform::start().unwrap();
    let client = owner(&platform);
    for number in 0..MEMORIES {
        let text = format!("Fact number {number}");
        let added = client.add(AddMemories::new(text).user_id("alice").infer(false)).await.unwrap();
        assert!(added.memories().is_some_and(|memories| memories.len() == 1), "{added:?}");
    }
    (platform, client)
}

fn list() -> ListMemories {
    ListMemories::new(Filter::user("alice")).page_size(2)
}

/// Returns the IDs of all memories.
#[maybe_async]
async fn ids(client: &MemoryClient) -> Vec<MemoryId> {
    let mut memories = client.get_all(list()).unwrap();
    let mut ids = Vec::new();
    while let Some(memory) = memories.next_item().await {
        ids.extend(memory.unwrap().id);
    }
    ids
}

#[maybe_async]
#[flavour_test]
async fn deleting_while_iterating_skips_items() {
    let (_platform, client) = with_memories().await;
    let mut memories = client.get_all(list()).unwrap();
    let mut deleted = 0;
    let mut end = None;
    while let Some(memory) = memories.next_item().await {
        match memory {
            Ok(memory) => {
                client.delete(memory.id.unwrap()).await.unwrap();
                deleted += 1;
            }
            Err(error) => end = Some(error),
        }
    }
    // Page 1, then the former page 3, then the former page 5; after that the page does not exist.
    let remaining = ids(&client).await;
    assert_eq!((deleted, remaining.len()), (6, 4));
    assert!(end.is_none_or(|error| error.is_not_found()));
}

#[maybe_async]
#[flavour_test]
async fn collecting_identifiers_first_deletes_everything() {
    let (_platform, client) = with_memories().await;
    let all = ids(&client).await;
    assert_eq!(all.len(), MEMORIES);
    for id in all {
        client.delete(id).await.unwrap();
    }
    let remaining = ids(&client).await;
    assert!(remaining.is_empty(), "{remaining:?}");
}
