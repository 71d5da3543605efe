//! A rig agent that remembers facts in one conversation and recalls them in the next.

use rig_agent::AgentBuilder;
use rig_core::test_utils::{MockCompletionModel, MockTurn};
use serde_json::json;

mod memories;
mod recall;
mod remember;

use memories::Memories;
use recall::Recall;
use remember::Remember;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let platform = mem0_local::LocalPlatform::start().unwrap();
    let memories = Memories { client: platform.async_client().unwrap(), user_id: "alice".to_owned() };

    // In place of a model such as `OpenAI::from_env()?.completion(model)`.
    let model = MockCompletionModel::from_turns([
        MockTurn::tool_call("call-1", "remember", json!({ "text": "Alice is allergic to nuts." })),
        MockTurn::text("I will remember that."),
        MockTurn::tool_call("call-2", "recall", json!({ "text": "What is Alice allergic to?" })),
        MockTurn::text("Not with nuts."),
    ]);
    let agent = AgentBuilder::new(model.clone())
        .preamble("Use your tools to remember facts about the user, and to recall them.")
        .tool(Remember(memories.clone()))
        .tool(Recall(memories))
        .default_max_turns(4)
        .build();

    agent.prompt("I am allergic to nuts.").await.unwrap();
    agent.prompt("Which cake may I eat?").await.unwrap();

    // The second conversation starts empty: what the model knows of the nuts comes from the tool.
    let requests = model.requests();
    let [_, stored, asked, recalled] = &requests[..] else { panic!("{} requests", requests.len()) };
    let history = |request: &rig_core::completion::CompletionRequest| format!("{:?}", request.chat_history);
    assert!(history(stored).contains("stored"), "{stored:?}");
    assert!(!history(asked).contains("nuts"), "{asked:?}");
    assert!(history(recalled).contains("allergic to nuts."), "{recalled:?}");
}
