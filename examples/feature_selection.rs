//! One name for the client, whichever flavour an application is compiled with.
//!
//! The features choose the flavour, and no name changes its meaning by them. Choose in your own crate, by a feature of
//! its own; a library that did this for its users would take the choice away from them.
//!
//! ```sh
//! cargo run --example feature_selection
//! ```

/// The client of this application.
#[cfg(feature = "blocking")]
type Client = mem0::MemoryClient;
#[cfg(all(feature = "async", not(feature = "blocking")))]
type Client = mem0::AsyncMemoryClient;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for (feature, is_on, brings) in [
        ("blocking", cfg!(feature = "blocking"), "mem0::MemoryClient, on ureq"),
        ("async", cfg!(feature = "async"), "mem0::AsyncMemoryClient, on reqwest and tokio"),
        ("rustls", cfg!(feature = "rustls"), "https by rustls"),
        ("native-tls", cfg!(feature = "native-tls"), "https by the operating system's library"),
        ("tracing", cfg!(feature = "tracing"), "a span a call, an event a retry"),
    ] {
        println!("{} {feature:<11} {brings}", if is_on { "●" } else { "○" });
    }

    // The types are there without any feature: to read what another program saved, for example.
    let project: mem0::projects::Project = serde_json::from_str(r#"{"name": "Support bot", "decay": true}"#)?;
    println!("\n{project:?}");

    #[cfg(any(feature = "blocking", feature = "async"))]
    {
        let client = Client::builder().api_key("m0-key").base_url("http://127.0.0.1:8080").build()?;
        println!("{client:?}");
    }
    Ok(())
}
