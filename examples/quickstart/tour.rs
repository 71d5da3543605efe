//! The tour itself: one text, compiled for both flavours.

use std::error::Error;
use std::time::Duration;

use mem0::client::PollPolicy;
use mem0::memories::{DeleteMemories, SearchResults};
use mem0::projects::NewProject;
use mem0::{AddMemories, CustomCategory, Filter, ProjectFields, ProjectUpdate, Role, SearchMemories};

use super::super::Place;
use super::{MemoryClient, ProjectApi, maybe_async};

fn step(title: &str, call: &str) {
    println!("\n  {title}");
    println!("  › {call}");
}

fn say(text: impl std::fmt::Display) {
    println!("    {text}");
}

fn client(place: &Place, api_key: &str) -> mem0::Result<MemoryClient> {
    let builder = MemoryClient::builder().api_key(api_key);
    match &place.base_url {
        Some(url) => builder.base_url(url).build(),
        None => builder.build(),
    }
}

#[maybe_async]
pub(crate) async fn run(place: &Place) -> Result<(), Box<dyn Error>> {
    step("1. A client. Building it sends nothing.", "MemoryClient::builder().api_key(key).build()");
    let client = client(place, &place.api_key)?;
    say("ready; no format shows the key");

    step("2. The key's own project", "client.project().get()");
    let project = client.project().get().await?;
    say(format_args!("{}, you are its {}", text(project.name.as_deref()), role(project.user_role.as_ref())));

    step("3. Chosen fields of it", "client.project().get_fields(ProjectFields::new().name().decay())");
    let fields = ProjectFields::new().name().decay();
    let some = client.project().get_fields(fields).await?;
    say(format_args!("name = {}, decay = {}", text(some.name.as_deref()), on(some.decay)));

    step(
        "4. A project of our own",
        "client.project().create(NewProject::new(\"Quickstart\").description(…))",
    );
    let new = NewProject::new("Quickstart").description("Made by the quickstart; may be deleted");
    let made = client.project().create(new).await?;
    let identity = client.ping().await?;
    let org_id = identity.org_id.ok_or("the platform named no organization")?;
    let ours = client.project_in(org_id, made.id()?);
    say(format_args!("{} It is {}", text(made.message.as_deref()), made.id()?));

    // Whatever happens on the way, the project is deleted again.
    let tour = visit(place, made.id()?.as_str(), &ours).await;
    let memories = remember(place, &client).await;

    step("9. And it is gone again", "client.project_in(org_id, project_id).delete()");
    let deleted = ours.delete().await?;
    say(text(deleted.message.as_deref()));
    let error = ours.get().await.err().ok_or("the project is still there")?;
    say(format_args!("read it now: {}", refusal(&error)));
    tour.and(memories)
}

#[maybe_async]
async fn visit(place: &Place, project_id: &str, ours: &ProjectApi) -> Result<(), Box<dyn Error>> {
    step("5. Its settings", "project.update(ProjectUpdate::new().custom_categories(…).decay(true)…)");
    let update = ProjectUpdate::new()
        .custom_categories([
            CustomCategory::new("preferences", "What a customer likes and dislikes"),
            CustomCategory::new("orders", "What was bought, when, and what became of it"),
        ])
        .custom_instructions("Keep what helps to answer the next question. Leave out card numbers.")
        .multilingual(true)
        .decay(true);
    ours.update(update).await?;
    let read = ours.get().await?;
    for category in read.custom_categories.as_deref().unwrap_or_default() {
        say(format_args!("category      {}: {}", category.name(), category.description().unwrap_or("–")));
    }
    say(format_args!("instructions  {}", read.custom_instructions.as_deref().unwrap_or("–")));
    say(format_args!("multilingual  {}", on(read.multilingual)));
    say(format_args!("decay         {}", on(read.decay)));

    step("6. A member comes, rises and goes", "project.add_member(email, Role::Reader)");
    match &place.email {
        Some(email) => {
            ours.add_member(email, Role::Reader).await?;
            let members = ours.get_members().await?;
            say(format_args!("added as READER, {} members", members.len()));
            ours.update_member(email, Role::Owner).await?;
            let members = ours.get_members().await?;
            let owners = members.iter().filter(|member| member.role == Some(Role::Owner)).count();
            say(format_args!("promoted, {owners} OWNERs"));
            ours.remove_member(email).await?;
            let members = ours.get_members().await?;
            say(format_args!("removed, {} member", members.len()));
        }
        None => say("skipped: set MEM0_MEMBER_EMAIL to somebody who may be invited"),
    }

    step("7. What a READER is refused", "reader.project().update(ProjectUpdate::new().decay(true))");
    match &place.reader_key {
        Some(key) => {
            let reader = client(place, key)?;
            let project = reader.project().get().await?;
            say(format_args!("reads {}: allowed", text(project.name.as_deref())));
            let refused = reader.project().update(ProjectUpdate::new().decay(true)).await;
            let error = refused.err().ok_or("a READER was not refused")?;
            say(format_args!("changes it: {}", refusal(&error)));
            let org_id = reader.ping().await?.org_id.ok_or("the platform named no organization")?;
            let hidden = reader.project_in(org_id, project_id).get().await;
            let error = hidden.err().ok_or("a stranger was let in")?;
            say(format_args!("looks into our project: {}", refusal(&error)));
        }
        None => say("skipped: the hosted platform gives keys in its dashboard only"),
    }
    Ok(())
}

#[maybe_async]
async fn remember(place: &Place, client: &MemoryClient) -> Result<(), Box<dyn Error>> {
    step(
        "8. Memories, and how they fade",
        "client.search(SearchMemories::new(question, Filter::user(\"ann\")))",
    );
    let Some(clock) = &place.clock else {
        say("skipped: memories would go into the key's own project, and its clock can't be moved");
        return Ok(());
    };
    let question = "What does Ann drink?";
    let search = || SearchMemories::new(question, Filter::user("ann")).top_k(2);
    for text in ["Ann likes to drink green tea", "Ann likes to drink black tea"] {
        let added = client.add(AddMemories::new(text).user_id("ann")).await?;
        if let Some(event_id) = added.event_id() {
            client.events().wait(event_id, PollPolicy::default()).await?;
        }
    }
    let found = client.search(search()).await?;
    show("without decay, the later one comes first among equals:", &found);

    client.project().update(ProjectUpdate::new().decay(true)).await?;
    for _ in 0..3 {
        client.search(SearchMemories::new("green tea", Filter::user("ann")).top_k(1)).await?;
    }
    clock.advance(Duration::from_secs(30 * 24 * 60 * 60));
    let found = client.search(search()).await?;
    show("with decay, 30 days later, what was asked for three times meanwhile does:", &found);

    client.project().update(ProjectUpdate::new().decay(false)).await?;
    client.delete_all(DeleteMemories::of_user("ann")).await?;
    Ok(())
}

fn show(what: &str, found: &SearchResults) {
    say(what);
    for memory in found {
        let score = memory.score.unwrap_or_default();
        say(format_args!("  {score:.2}  {}", text(memory.memory.as_deref())));
    }
}

/// An error in short; `Display` tells it whole.
fn refusal(error: &mem0::Error) -> String {
    match error {
        mem0::Error::Api(api) => format!("{} {:?}, \"{}\"", api.status.as_u16(), api.kind, api.message),
        other => other.to_string(),
    }
}

fn text(text: Option<&str>) -> &str {
    text.unwrap_or("–")
}

fn role(role: Option<&Role>) -> &str {
    role.map_or("member", Role::as_str)
}

fn on(setting: Option<bool>) -> &'static str {
    match setting {
        Some(true) => "on",
        Some(false) => "off",
        None => "not told",
    }
}
