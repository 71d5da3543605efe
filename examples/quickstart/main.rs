//! A tour of organizations, projects, members and memories with both clients.
//!
//! ```sh
//! cargo run --example quickstart                      # on an offline platform, without an account
//! MEM0_API_KEY=m0-… cargo run --example quickstart    # on the hosted platform
//! ```
//!
//! On the hosted platform, the tour creates a project of its own and deletes it at the end; nothing else is changed. It
//! adds a member only if `MEM0_MEMBER_EMAIL` has an e-mail address.

mod asynchronous;
mod blocking;

use std::error::Error;

use mem0_local::{Clock, LocalPlatform};

/// Platform that the tour runs on.
struct Target {
    /// Base URL; `None` for the hosted platform.
    base_url: Option<String>,
    api_key: String,
    /// API key of a READER, on the offline platform.
    reader_key: Option<String>,
    /// E-mail address of a user to add as a member.
    email: Option<String>,
    /// Clock of the offline platform.
    clock: Option<Clock>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let (target, _platform) = match std::env::var("MEM0_API_KEY") {
        Ok(api_key) if !api_key.is_empty() => {
            println!("MEM0_API_KEY is set: using the hosted platform, in a new project.");
            let email = std::env::var("MEM0_MEMBER_EMAIL").ok();
            let base_url = std::env::var("MEM0_BASE_URL").ok().filter(|url| !url.is_empty());
            (Target { base_url, api_key, reader_key: None, email, clock: None }, None)
        }
        _ => {
            let platform = LocalPlatform::start()?;
            println!("Using an offline platform at {}: no account, no network.", platform.url());
            let target = Target {
                base_url: Some(platform.url().to_owned()),
                api_key: platform.api_key().to_owned(),
                reader_key: Some(platform.reader_key().to_owned()),
                email: Some("ann@example.com".to_owned()),
                clock: Some(platform.clock().clone()),
            };
            (target, Some(platform))
        }
    };

    println!("\n━━ blocking: mem0::MemoryClient, on ureq ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━");
    blocking::tour::run(&target)?;

    println!("\n━━ async: mem0::AsyncMemoryClient, on reqwest and tokio ━━━━━━━━━━━━━━━━");
    println!("\n  The same methods, with two differences: calls need `.await`, and lists such as");
    println!("  `get_all` are a `Stream` instead of an `Iterator`.");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(asynchronous::tour::run(&target))?;

    println!(
        "\nNext: examples/error_handling.rs, and the methods by task on the front page of `cargo doc --open`."
    );
    println!("\nTo use both clients, paste this line below [dependencies] in your Cargo.toml:\n");
    println!("mem0-sdk = {{ version = \"{}\", features = [\"async\"] }}", env!("CARGO_PKG_VERSION"));
    Ok(())
}
