//! One name for the client, for an application that is compiled with either flavour.
//!
//! No feature of the SDK changes the meaning of a name. Define the alias in your application; a library should leave
//! the choice to its users.
//!
//! ```sh
//! cargo run --example feature_selection
//! ```

/// Client of this application.
#[cfg(feature = "blocking")]
type Client = mem0::MemoryClient;
#[cfg(all(feature = "async", not(feature = "blocking")))]
type Client = mem0::AsyncMemoryClient;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for (feature, is_on, provides) in [
        ("blocking", cfg!(feature = "blocking"), "mem0::MemoryClient, on ureq"),
        ("async", cfg!(feature = "async"), "mem0::AsyncMemoryClient, on reqwest and tokio"),
        ("rustls", cfg!(feature = "rustls"), "TLS by rustls"),
        ("native-tls", cfg!(feature = "native-tls"), "TLS by the library of the operating system"),
        ("tracing", cfg!(feature = "tracing"), "one span per call, one event per retry"),
    ] {
        println!("{} {feature:<11} {provides}", if is_on { "●" } else { "○" });
    }

    // The types need no feature, for example to read data that another program saved.
    let project: mem0::projects::Project = serde_json::from_str(r#"{"name": "Support bot", "decay": true}"#)?;
    println!("\n{project:?}");

    #[cfg(any(feature = "blocking", feature = "async"))]
    {
        let client = Client::builder().api_key("m0-key").base_url("http://127.0.0.1:8080").build()?;
        println!("{client:?}");
    }
    Ok(())
}
