//! Tool that stores a fact.

use mem0::AddMemories;
use mem0::client::PollPolicy;
use rig_agent::tool::{Tool, ToolContext};

use crate::memories::{Arguments, Memories, schema};

pub struct Remember(pub Memories);

impl Tool for Remember {
    const NAME: &'static str = "remember";
    type Args = Arguments;
    type Output = String;
    type Error = mem0::Error;

    fn description(&self) -> String {
        "Store a fact about the user for later conversations.".to_owned()
    }

    fn parameters(&self) -> serde_json::Value {
        schema("The fact, as one sentence")
    }

    async fn call(&self, _: &mut ToolContext, Arguments { text }: Arguments) -> mem0::Result<String> {
        let Memories { client, user_id } = &self.0;
        client.add_and_wait(AddMemories::new(text).user_id(user_id), PollPolicy::default()).await?;
        Ok("stored".to_owned())
    }
}
