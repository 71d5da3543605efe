//! Script for an administrator: lists the people of all projects of the organization, each with their roles.
//!
//! ```sh
//! cargo run --example members                      # on an offline platform, without an account
//! MEM0_API_KEY=m0-… cargo run --example members    # on the hosted platform; only reads
//! ```

use std::collections::BTreeMap;

use mem0::{MemoryClient, Role};
use mem0_local::LocalPlatform;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let platform = LocalPlatform::start()?;
    let client = match std::env::var_os("MEM0_API_KEY") {
        Some(_) => MemoryClient::from_env()?,
        None => with_members(platform.client()?)?,
    };

    let org_id = client.ping()?.org_id.ok_or("the API key has no organization")?;
    let mut people = BTreeMap::<_, Vec<_>>::new();
    for project in client.organization(org_id).projects()? {
        for member in project.members.into_iter().flatten() {
            let role = member.role.map_or_else(|| "?".to_owned(), |role| role.to_string());
            let project = project.name.as_deref().unwrap_or("(no name)");
            people.entry(member.email.or(member.username)).or_default().push(format!("{role} of {project}"));
        }
    }
    for (person, roles) in people {
        println!("{:<24} {}", person.as_deref().unwrap_or("(unknown)"), roles.join(", "));
    }
    Ok(())
}

/// Fills the offline platform.
fn with_members(client: MemoryClient) -> Result<MemoryClient, Box<dyn std::error::Error>> {
    let org_id = client.ping()?.org_id.ok_or("the API key has no organization")?;
    let support = client.project_in(org_id, client.project().create("Support bot")?.id()?);
    support.add_member("ann@example.com", Role::Owner)?;
    support.add_member("bob@example.com", Role::Reader)?;
    client.project().add_member("ann@example.com", Role::Reader)?;
    Ok(client)
}
