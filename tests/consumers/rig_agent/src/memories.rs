//! What both tools share.

use mem0::AsyncMemoryClient;
use serde::Deserialize;
use serde_json::{Value, json};

/// Memories of one user. The model cannot choose another.
#[derive(Clone)]
pub struct Memories {
    pub client: AsyncMemoryClient,
    pub user_id: String,
}

/// Arguments of a tool.
#[derive(Deserialize)]
pub struct Arguments {
    pub text: String,
}

/// JSON schema of the arguments.
pub fn schema(description: &str) -> Value {
    json!({
        "type": "object",
        "properties": { "text": { "type": "string", "description": description } },
        "required": ["text"],
    })
}
