//! Tool that searches the stored facts.

use mem0::Filter;
use rig_agent::tool::{Tool, ToolContext};

use crate::memories::{Arguments, Memories, schema};

pub struct Recall(pub Memories);

impl Tool for Recall {
    const NAME: &'static str = "recall";
    type Args = Arguments;
    type Output = Vec<String>;
    type Error = mem0::Error;

    fn description(&self) -> String {
        "Search the stored facts about the user.".to_owned()
    }

    fn parameters(&self) -> serde_json::Value {
        schema("The question")
    }

    async fn call(&self, _: &mut ToolContext, Arguments { text }: Arguments) -> mem0::Result<Vec<String>> {
        let Memories { client, user_id } = &self.0;
        let found = client.search((text, Filter::user(user_id))).await?;
        Ok(found.iter().filter_map(|memory| memory.memory.clone()).collect())
    }
}
