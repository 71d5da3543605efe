//! Chat loop that searches the memories of the user before each answer, and adds the conversation after it.
//!
//! ```sh
//! cargo run --example chat_memory    # on an offline platform, with a scripted user and model
//! MEM0_API_KEY=m0-… OPENAI_BASE_URL=https://api.openai.com/v1 OPENAI_API_KEY=… OPENAI_MODEL=… \
//!     cargo run --example chat_memory    # on the hosted platform, with any OpenAI-compatible model
//! ```

use std::env;
use std::error::Error;
use std::io::stdin;

use mem0::client::PollPolicy;
use mem0::{AddMemories, ChatMessage, Filter, MemoryClient};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    if env::var_os("OPENAI_BASE_URL").is_some() {
        let client = MemoryClient::from_env()?;
        for text in stdin().lines() {
            println!("{}", answer(&client, &text?, ask_model)?);
        }
        return Ok(());
    }
    let platform = mem0_local::LocalPlatform::start()?;
    let client = platform.client()?;
    let repeat = |facts: &str, _: &str| Ok(format!("I know: {facts}"));
    assert_eq!(answer(&client, "I am allergic to nuts.", repeat)?, "I know: ");
    let second = answer(&client, "Is this cake safe? I am allergic.", repeat)?;
    println!("{second}");
    assert!(second.contains("allergic to nuts"), "the memory was not used");
    Ok(())
}

type Reply = Result<String, Box<dyn Error>>;

fn answer(client: &MemoryClient, text: &str, model: impl Fn(&str, &str) -> Reply) -> Reply {
    let known = client.search((text, Filter::user("alice")))?;
    let facts: Vec<_> = known.iter().filter_map(|memory| memory.memory.as_deref()).collect();
    let reply = model(&facts.join("\n"), text)?;
    let conversation = [ChatMessage::user(text), ChatMessage::assistant(&*reply)];
    client.add_and_wait(AddMemories::new(conversation).user_id("alice"), PollPolicy::default())?;
    Ok(reply)
}

fn ask_model(facts: &str, text: &str) -> Reply {
    let system = format!("Known facts about the user:\n{facts}");
    let messages = json!([{ "role": "system", "content": system }, { "role": "user", "content": text }]);
    let response = ureq::post(format!("{}/chat/completions", env::var("OPENAI_BASE_URL")?))
        .header("authorization", format!("Bearer {}", env::var("OPENAI_API_KEY")?))
        .content_type("application/json")
        .send(json!({ "model": env::var("OPENAI_MODEL")?, "messages": messages }).to_string())?;
    let response: Value = serde_json::from_reader(response.into_body().into_reader())?;
    Ok(response["choices"][0]["message"]["content"].as_str().ok_or("no text in the response")?.to_owned())
}
