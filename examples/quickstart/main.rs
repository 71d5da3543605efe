//! A tour through organizations, projects and members, in both flavours.
//!
//! ```sh
//! cargo run --example quickstart
//! ```
//!
//! Needs no account: it starts a local platform. Where `MEM0_API_KEY` is set it works on the hosted platform instead,
//! in a project of its own, which it deletes at the end; nothing else there is changed. A member is added there only
//! if `MEM0_MEMBER_EMAIL` names one.

mod asynchronous;
mod blocking;

use std::error::Error;

use mem0_local::{Clock, LocalPlatform};

/// Where the tour goes.
struct Place {
    base_url: Option<String>,
    api_key: String,
    /// A key that may read and not write, where there is one to be had.
    reader_key: Option<String>,
    /// Who may be made a member.
    email: Option<String>,
    /// The clock the platform lives by, where it may be moved.
    clock: Option<Clock>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let (place, _platform) = match std::env::var("MEM0_API_KEY") {
        Ok(api_key) if !api_key.is_empty() => {
            println!(
                "MEM0_API_KEY is set: this tour goes to the hosted platform, into a project of its own."
            );
            let email = std::env::var("MEM0_MEMBER_EMAIL").ok();
            let base_url = std::env::var("MEM0_BASE_URL").ok().filter(|url| !url.is_empty());
            (Place { base_url, api_key, reader_key: None, email, clock: None }, None)
        }
        _ => {
            let platform = LocalPlatform::start()?;
            println!("A local platform listens on {}: no account, no network.", platform.url());
            let place = Place {
                base_url: Some(platform.url().to_owned()),
                api_key: platform.api_key().to_owned(),
                reader_key: Some(platform.reader_key().to_owned()),
                email: Some("ann@example.com".to_owned()),
                clock: Some(platform.clock().clone()),
            };
            (place, Some(platform))
        }
    };

    println!("\n━━ blocking: mem0::MemoryClient on ureq ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━");
    blocking::tour::run(&place)?;

    println!("\n━━ async: mem0::AsyncMemoryClient on reqwest ━━━━━━━━━━━━━━━━━━━━━━━━━━━");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(asynchronous::tour::run(&place))?;

    println!(
        "\nBoth flavours, one API. Next: examples/error_handling.rs, and the README's table of methods."
    );
    Ok(())
}
