//! Examples of the documentation, written once for both flavours. Each flavour's `flavour!` selects its text.

/// Example in a `main` function of the flavour. It runs against an offline platform.
///
/// The parts are shown text, `await`, and names of hidden lines that run before the example: `example!(memory "…")` has
/// a `memory_id`. `["…", "…"]` is text of the blocking and of the async flavour.
macro_rules! example {
    ($($part:tt)*) => {
        concat!(
            "```\n",
            flavour!("", "# #[tokio::main(flavor = \"current_thread\")]\n"),
            flavour!("# fn main()", "# async fn main()"),
            " -> Result<(), Box<dyn std::error::Error>> {\n\
             # let platform = mem0_local::LocalPlatform::start()?;\n\
             # let client = platform.",
            flavour!("client", "async_client"),
            "()?;\n",
            $(part!($part),)*
            "\n# Ok(())\n# }\n```"
        )
    };
}

macro_rules! part {
    (await) => {
        flavour!("", ".await")
    };
    ($text:literal) => {
        $text
    };
    ([$blocking:literal, $asynchronous:literal]) => {
        flavour!($blocking, $asynchronous)
    };
    ($beforehand:ident) => {
        prepared!($beforehand)
    };
}

/// Hidden lines that run before an example.
macro_rules! prepared {
    (memory) => {
        concat!(
            "# let adding = mem0::AddMemories::new(\"Likes tea\").user_id(\"alice\").infer(false);\n\
             # let added = client.add(adding)",
            part!(await),
            "?;\n\
             # let added = added.memories().and_then(<[_]>::first).ok_or(\"no memory\")?;\n\
             # let memory_id = added.id.clone().ok_or(\"no id\")?;\n"
        )
    };
    (event) => {
        concat!(
            "# let added = client.add(mem0::AddMemories::new(\"I like tea\").user_id(\"alice\"))",
            part!(await),
            "?;\n# let event_id = added.event_id().ok_or(\"no event\")?;\n"
        )
    };
    (export) => {
        concat!(
            "# let schema = serde_json::json!({\"properties\": {\"full_name\": {\"type\": \"string\"}}});\n\
             # let export = mem0::exports::NewExport::new(schema, mem0::Filter::user(\"alice\"));\n\
             # let created = client.exports().create(export)",
            part!(await),
            "?;\n# let export_id = created.id()?;\n\
             # client.exports().wait(export_id, mem0::client::PollPolicy::default())",
            part!(await),
            "?;\n"
        )
    };
    (profiles) => {
        concat!(
            part!(memory),
            "# let diet = serde_json::json!({\"type\": \"string\", \"description\": \"What they eat\"});\n\
             # let schema = serde_json::json!({\"properties\": {\"diet\": diet}});\n\
             # let making = mem0::profiles::ProfileSettingsUpdate::new().enabled(true).schema(schema);\n\
             # client.profiles().update_settings(making)",
            part!(await),
            "?;\n"
        )
    };
    (other) => {
        concat!(
            "# let other = mem0::",
            flavour!("blocking", "asynchronous"),
            "::MemoryClient::builder().base_url(platform.url()).api_key(platform.other_key()).build()?;\n"
        )
    };
    (webhook) => {
        concat!(
            "# let hook = mem0::webhooks::NewWebhook::new(\"new\", \"https://example.com/hooks/7f3a\", [\"memory_add\"]);\n\
             # let created = client.project().webhooks().create(hook)",
            part!(await),
            "?;\n# let webhook_id = created.id()?;\n"
        )
    };
}
