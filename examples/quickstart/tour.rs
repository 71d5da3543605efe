//! Steps of the tour: one source, compiled for both clients.

use std::error::Error;
use std::time::Duration;

use mem0::client::PollPolicy;
use mem0::memories::{DeleteMemories, SearchResults};
use mem0::projects::NewProject;
use mem0::{AddMemories, CustomCategory, Filter, ProjectFields, ProjectUpdate, Role, SearchMemories};

use super::super::Target;
use super::{AWAIT, MemoryClient, ProjectApi, maybe_async};

/// Prints the title of a step and its call.
fn step(title: &str, call: &str) {
    println!("\n  {title}\n  › {call}{AWAIT}");
}

/// Prints a line of output.
fn show(text: impl std::fmt::Display) {
    println!("    {text}");
}

fn client(target: &Target, api_key: &str) -> mem0::Result<MemoryClient> {
    let builder = MemoryClient::builder().api_key(api_key);
    match &target.base_url {
        Some(url) => builder.base_url(url).build(),
        None => builder.build(),
    }
}

#[maybe_async]
pub(crate) async fn run(target: &Target) -> Result<(), Box<dyn Error>> {
    println!("\n  1. Create a client; this sends nothing\n  › MemoryClient::builder().api_key(key).build()?");
    let client = client(target, &target.api_key)?;
    show("ready");

    step("2. Read the project of the API key", "client.project().get()");
    let project = client.project().get().await?;
    show(format_args!("{}, your role is {}", project.name()?, role(project.user_role.as_ref())));

    step("3. Read selected fields", "client.project().get_fields(ProjectFields::new().name().decay())");
    let fields = ProjectFields::new().name().decay();
    let selected = client.project().get_fields(fields).await?;
    show(format_args!("name = {}, decay = {}", selected.name()?, on(selected.decay)));

    step("4. Create a project", "client.project().create(NewProject::new(\"Quickstart\").description(…))");
    let new = NewProject::new("Quickstart").description("Created by the quickstart; can be deleted");
    let created = client.project().create(new).await?;
    let project = created.open(&client)?;
    show(format_args!("{} Its id is {}", created.message.as_deref().unwrap_or("–"), created.id()?));

    // The project is deleted even if a step fails.
    let steps = settings_and_members(target, created.id()?.as_str(), &project).await;
    let memories = memories(target, &client).await;

    step("9. Delete the project", "created.open(&client)?.delete()");
    let deleted = project.delete().await?;
    show(deleted);
    let error = project.get().await.err().ok_or("the project still exists")?;
    show(format_args!("reading it now fails: {}", short(&error)));
    steps.and(memories)
}

#[maybe_async]
async fn settings_and_members(
    target: &Target,
    project_id: &str,
    project: &ProjectApi,
) -> Result<(), Box<dyn Error>> {
    step("5. Change its settings", "project.update(ProjectUpdate::new().custom_categories(…).decay(true)…)");
    let update = ProjectUpdate::new()
        .custom_categories([
            CustomCategory::new("preferences", "What a customer likes and dislikes"),
            CustomCategory::new("orders", "What was ordered, when, and the status"),
        ])
        .custom_instructions("Keep what helps to answer the next question. Leave out card numbers.")
        .multilingual(true)
        .decay(true);
    project.update(update).await?;
    let read = project.get().await?;
    for category in read.custom_categories.as_deref().unwrap_or_default() {
        show(format_args!("category      {}: {}", category.name(), category.description().unwrap_or("–")));
    }
    show(format_args!("instructions  {}", read.custom_instructions.as_deref().unwrap_or("–")));
    show(format_args!("multilingual  {}", on(read.multilingual)));
    show(format_args!("decay         {}", on(read.decay)));

    step("6. Add, promote and remove a member", "project.add_member(email, Role::Reader)");
    match &target.email {
        Some(email) => {
            project.add_member(email, Role::Reader).await?;
            let members = project.get_members().await?;
            show(format_args!("added as READER, {} members", members.len()));
            project.update_member(email, Role::Owner).await?;
            let members = project.get_members().await?;
            let owners = members.iter().filter(|member| member.role == Some(Role::Owner)).count();
            show(format_args!("promoted, {owners} OWNERs"));
            project.remove_member(email).await?;
            let members = project.get_members().await?;
            show(format_args!("removed, {} member", members.len()));
        }
        None => show("skipped: set MEM0_MEMBER_EMAIL to the e-mail address of a user to add"),
    }

    step(
        "7. Write with the API key of a READER",
        "reader.project().update(ProjectUpdate::new().decay(true))",
    );
    match &target.reader_key {
        Some(key) => {
            let reader = client(target, key)?;
            let project = reader.project().get().await?;
            show(format_args!("reading {} is allowed", project.name()?));
            let refused = reader.project().update(ProjectUpdate::new().decay(true)).await;
            let error = refused.err().ok_or("a READER was not refused")?;
            show(format_args!("changing it is refused: {}", short(&error)));
            let hidden = reader.project().sibling(project_id).get().await;
            let error = hidden.err().ok_or("another user's project was readable")?;
            show(format_args!("reading the new project is refused: {}", short(&error)));
        }
        None => show("skipped: the hosted platform creates API keys in its dashboard only"),
    }
    Ok(())
}

#[maybe_async]
async fn memories(target: &Target, client: &MemoryClient) -> Result<(), Box<dyn Error>> {
    step(
        "8. Add and search memories; decay ranks recently accessed ones higher",
        "client.search(SearchMemories::new(query, Filter::user(\"ann\")))",
    );
    let Some(clock) = &target.clock else {
        show("skipped: the memories would be added to the project of the API key");
        return Ok(());
    };
    let query = "What does Ann drink?";
    let search = || SearchMemories::new(query, Filter::user("ann")).top_k(2);
    for text in ["Ann likes to drink green tea", "Ann likes to drink black tea"] {
        client.add_and_wait(AddMemories::new(text).user_id("ann"), PollPolicy::default()).await?;
    }
    let found = client.search(search()).await?;
    show_results("without decay, the newer one of two equal matches is first:", &found);

    client.project().update(ProjectUpdate::new().decay(true)).await?;
    for _ in 0..3 {
        client.search(SearchMemories::new("green tea", Filter::user("ann")).top_k(1)).await?;
    }
    clock.advance(Duration::from_secs(30 * 24 * 60 * 60));
    let found = client.search(search()).await?;
    show_results("with decay, 30 days later, the one that was found three times is first:", &found);

    client.project().update(ProjectUpdate::new().decay(false)).await?;
    client.delete_all(DeleteMemories::of_user("ann")).await?;
    Ok(())
}

fn show_results(title: &str, found: &SearchResults) {
    show(title);
    for memory in found {
        let score = memory.score.unwrap_or_default();
        show(format_args!("  {score:.2}  {}", memory.text().unwrap_or("–")));
    }
}

/// Short form of an error; `Display` shows all of it.
fn short(error: &mem0::Error) -> String {
    match error {
        mem0::Error::Api(api) => format!("{} {:?}, \"{}\"", api.status.as_u16(), api.kind, api.message),
        other => other.to_string(),
    }
}

fn role(role: Option<&Role>) -> &str {
    role.map_or("member", Role::as_str)
}

fn on(setting: Option<bool>) -> &'static str {
    match setting {
        Some(true) => "on",
        Some(false) => "off",
        None => "not sent",
    }
}
