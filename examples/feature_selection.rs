//! What is in the crate you compiled: the features choose the flavour, and no name changes its meaning by them.
//!
//! ```sh
//! cargo run --example feature_selection                                            # blocking, rustls
//! cargo run --example feature_selection --no-default-features --features async,native-tls
//! cargo run --example feature_selection --no-default-features                      # the types alone
//! ```

/// What this application calls the client, whichever flavour it was compiled with. Choose in your own crate: a
/// library that does this for its users would take the choice away from them.
#[cfg(feature = "blocking")]
type Client = mem0::MemoryClient;
#[cfg(all(feature = "async", not(feature = "blocking")))]
type Client = mem0::AsyncMemoryClient;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for (feature, is_on, brings) in [
        ("blocking", cfg!(feature = "blocking"), "mem0::MemoryClient, on ureq"),
        ("async", cfg!(feature = "async"), "mem0::AsyncMemoryClient, on reqwest and tokio"),
        ("rustls", cfg!(feature = "rustls"), "https by rustls, with Mozilla's roots"),
        ("native-tls", cfg!(feature = "native-tls"), "https by the system's library, with its roots"),
        ("tracing", cfg!(feature = "tracing"), "a span a call, an event a retry"),
        ("local", cfg!(feature = "local"), "mem0::local::LocalPlatform"),
        ("cli", cfg!(feature = "cli"), "the command mem0ctl"),
    ] {
        println!("{} {feature:<11} {brings}", if is_on { "●" } else { "○" });
    }

    // The types are there without any feature: to read what another program saved, say.
    let project: mem0::Project = serde_json::from_str(r#"{"name": "Support bot", "decay": true}"#)?;
    println!("\n{project:?}");

    #[cfg(any(feature = "blocking", feature = "async"))]
    {
        let client = Client::builder().api_key("m0-key").base_url("http://127.0.0.1:8080").build()?;
        println!("{client:?}");
    }
    Ok(())
}
