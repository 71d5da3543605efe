//! Script for an administrator: lists who has which role in the organization and in each of its projects.
//!
//! ```sh
//! cargo run --example members                      # on an offline platform, without an account
//! MEM0_API_KEY=m0-… cargo run --example members    # on the hosted platform; only reads
//! ```

use mem0::{MemoryClient, Role};
use mem0_local::LocalPlatform;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let platform = LocalPlatform::start()?;
    let client = match std::env::var_os("MEM0_API_KEY") {
        Some(_) => MemoryClient::from_env()?,
        None => with_members(platform.client()?)?,
    };
    let identity = client.ping()?;
    println!("{}", client.organization(identity.org_id()?).access()?);
    Ok(())
}

/// Fills the offline platform.
fn with_members(client: MemoryClient) -> mem0::Result<MemoryClient> {
    let support = client.project().create("Support bot")?.open(&client)?;
    support.ensure_member("ann@example.com", Role::Owner)?;
    support.ensure_member("bob@example.com", Role::Reader)?;
    client.project().ensure_member("ann@example.com", Role::Reader)?;
    Ok(client)
}
