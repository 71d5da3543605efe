//! Lists that change while they are read.

use super::*;
use mem0::memories::{ListMemories, MemoryId};
use mem0::{AddMemories, Filter};

/// How many memories there are.
const MEMORIES: usize = 10;

/// A platform on which alice has memories.
#[maybe_async]
async fn remembering() -> (LocalPlatform, MemoryClient) {
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

/// The identifiers of all memories.
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
    let (_platform, client) = remembering().await;
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
    // Page 1, then what was page 3, then what was page 5; after that there is no such page any more.
    let left = ids(&client).await;
    assert_eq!((deleted, left.len()), (6, 4));
    assert!(end.is_none_or(|error| error.is_not_found()));
}

#[maybe_async]
#[flavour_test]
async fn collecting_identifiers_first_deletes_everything() {
    let (_platform, client) = remembering().await;
    let all = ids(&client).await;
    assert_eq!(all.len(), MEMORIES);
    for id in all {
        client.delete(id).await.unwrap();
    }
    let left = ids(&client).await;
    assert!(left.is_empty(), "{left:?}");
}
