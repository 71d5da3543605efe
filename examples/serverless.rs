//! Serverless function in the manner of AWS Lambda: the client is built once, and the process is frozen between
//! invocations.
//!
//! ```sh
//! cargo run --example serverless    # on an offline platform, without an account
//! ```

use std::time::Duration;

use mem0::{AddMemories, AsyncMemoryClient, Filter};
use mem0_local::{LocalPlatform, Operation};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // This platform closes idle connections while the function is frozen.
    let platform = LocalPlatform::builder().connection_timeout(Duration::from_millis(100)).start()?;

    // Once per process. Nothing is sent, so a cold start stays fast.
    let client = AsyncMemoryClient::builder()
        .base_url(platform.url())
        .api_key(platform.api_key())
        .timeout(Duration::from_secs(10)) // less than the time limit of the function
        .build()?;

    // With the crate `lambda_runtime`: `run(service_fn(|event| handler(&client, event))).await`.
    for text in ["I like tea.", "I like green tea best.", "I never drink coffee."] {
        handler(&client, "alice", text).await?;
        // Frozen: the runtime is not polled. The next call replaces the connection that the server has closed.
        std::thread::sleep(Duration::from_millis(300));
    }

    let requests = platform.request_log();
    let adds = requests.iter().filter(|request| request.operation == Some(Operation::AddMemories));
    assert_eq!(adds.count(), 3, "no add is lost or repeated");
    Ok(())
}

/// Stores a text, and prints the memories that are related to it.
async fn handler(client: &AsyncMemoryClient, user: &str, text: &str) -> mem0::Result<()> {
    client.add(AddMemories::new(text).user_id(user).infer(false)).await?;
    let related = client.search((text, Filter::user(user))).await?;
    let related: Vec<_> = related.iter().filter_map(|memory| memory.memory.as_deref()).collect();
    println!("{related:?}");
    Ok(())
}
