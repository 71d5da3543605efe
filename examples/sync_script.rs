//! Script for an administrator: lists all projects with their settings, and counts those without an OWNER.
//!
//! ```sh
//! cargo run --example sync_script                      # on an offline platform, without an account
//! MEM0_API_KEY=m0-… cargo run --example sync_script    # on the hosted platform; only reads
//! ```

use mem0::projects::Project;
use mem0::{MemoryClient, Role};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let platform = mem0_local::LocalPlatform::start()?;
    let client = match std::env::var_os("MEM0_API_KEY") {
        Some(_) => MemoryClient::from_env()?,
        None => platform.client()?,
    };

    let mut without_owner = 0;
    for organization in client.organizations().list()? {
        println!("{}", organization.name_or_id());
        for project in client.organization(organization.id()?).projects()? {
            println!("  {}", summary(&project));
            if owners(&project) == 0 {
                without_owner += 1;
            }
        }
    }
    if without_owner > 0 {
        println!("Projects without an OWNER: {without_owner}");
    }
    Ok(())
}

fn summary(project: &Project) -> String {
    let on = |setting: Option<bool>| if setting == Some(true) { "on" } else { "off" };
    format!(
        "{:<24} decay {:<3}  multilingual {:<3}  {} categories  {} members",
        project.name_or_id(),
        on(project.decay),
        on(project.multilingual),
        project.custom_categories.as_ref().map_or(0, Vec::len),
        project.members.as_ref().map_or(0, Vec::len),
    )
}

fn owners(project: &Project) -> usize {
    let members = project.members.iter().flatten();
    members.filter(|member| member.role == Some(Role::Owner)).count()
}
