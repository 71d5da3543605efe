//! Service for a hundred customers, each with an API key of its own, on one pool of connections.
//!
//! ```sh
//! cargo run --example multi_tenant    # on an offline platform, without an account
//! ```

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use lru::LruCache;
use mem0::client::RetryBudget;
use mem0::{AddMemories, Filter, MemoryClient};
use mem0_local::LocalPlatform;

/// Clients of the most recent customers. Each keeps its retry budget and the project of its key.
struct Tenants {
    first: MemoryClient,
    clients: Mutex<LruCache<String, MemoryClient>>,
}

impl Tenants {
    fn client(&self, api_key: &str) -> mem0::Result<MemoryClient> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let create = || Ok(self.first.with_api_key(api_key)?.with_retry_budget(RetryBudget::new(10)));
        clients.try_get_or_insert_ref(api_key, create).cloned()
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let platform = LocalPlatform::start()?;
    let api_keys = (0..100).map(|number| new_customer(&platform, number)).collect::<Result<Vec<_>, _>>()?;

    let capacity = NonZeroUsize::new(64).ok_or("the capacity is zero")?;
    let tenants = Tenants { first: platform.client()?, clients: Mutex::new(LruCache::new(capacity)) };
    for api_key in &api_keys {
        let client = tenants.client(api_key)?;
        client.add(AddMemories::new("Likes tea").user_id("alice").infer(false))?;
    }

    // The user "alice" of one customer is not the "alice" of another.
    for api_key in &api_keys {
        let memories =
            tenants.client(api_key)?.get_all(Filter::user("alice"))?.collect::<mem0::Result<Vec<_>>>()?;
        assert_eq!(memories.len(), 1);
    }
    let cached = tenants.clients.lock().unwrap_or_else(PoisonError::into_inner).len();
    println!("{} customers were served, and {cached} clients are kept.", api_keys.len());
    Ok(())
}

/// Creates a project, and the API key of its owner.
fn new_customer(platform: &LocalPlatform, number: u32) -> Result<String, Box<dyn std::error::Error>> {
    let client = platform.client()?;
    let created = client.project().create(format!("Customer {number}"))?;
    let email = format!("customer-{number}@example.com");
    client.project_in(platform.org_id(), created.id()?).add_member(&email, "OWNER")?;
    Ok(platform.create_key(&email, platform.org_id(), created.id()?.as_str())?)
}
