//! Every kind of error, caused on an offline platform, and how to handle it.
//!
//! ```sh
//! cargo run --example error_handling
//! ```

use std::time::Duration;

use mem0::client::{RequestOptions, RetryPolicy};
use mem0::error::ApiErrorKind;
use mem0::{Error, MemoryClient, ProjectUpdate, Role};
use mem0_local::{Fault, LocalPlatform, Operation};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let platform = LocalPlatform::start()?;
    let client = platform.client()?;
    let project = client.project();

    // Refused before anything is sent.
    report("an empty update", project.update(ProjectUpdate::new()));

    // Error responses of the platform.
    report("a project that does not exist", client.project_in(platform.org_id(), "proj_gone").get());
    report("an unknown role", project.add_member("ann@example.com", Role::Other("MEMBER".into())));
    let reader = MemoryClient::builder().base_url(platform.url()).api_key(platform.reader_key()).build()?;
    report("a write with the API key of a READER", reader.project().update(ProjectUpdate::new().decay(true)));

    // The client retries temporary failures of calls that can be repeated.
    platform.fail_next(Operation::GetProject, Fault::status(503).header("retry-after", "0.05"));
    report("a platform that is restarting", project.get());

    // It does not retry a write that may have been carried out. Read before you try again.
    platform.fail_next(Operation::CreateProject, Fault::drop_after_handling());
    report("a lost response", project.create("Support bot"));

    // Timeouts and rate limits.
    platform.fail_next(Operation::GetProject, Fault::delay(Duration::from_millis(500)));
    let options = RequestOptions::new().timeout(Duration::from_millis(50));
    report("a timeout", project.with_options(options).get());
    platform.fail_next(Operation::GetProject, Fault::status(429).header("retry-after", "3600"));
    report("a rate limit", project.get());

    // A response that is not JSON, and a server that is down.
    platform.fail_next(Operation::GetProject, Fault::status(200).body("<html>Welcome!</html>"));
    report("an HTML page instead of JSON", project.get());
    let offline = MemoryClient::builder().base_url("http://127.0.0.1:1").api_key("m0-key");
    let offline = offline.retry(RetryPolicy::none()).build()?;
    report("a server that is down", offline.ping());
    Ok(())
}

fn report<V>(title: &str, result: mem0::Result<V>) {
    println!("\n{title}");
    match result {
        Ok(_) => println!("  ok"),
        Err(error) => println!("  {error}\n  → {}", action(&error)),
    }
}

fn action(error: &Error) -> String {
    match error {
        Error::Config { field, .. } | Error::Invalid { field, .. } => format!("fix `{field}`"),
        Error::Api(api) => match (api.kind, api.retry_after) {
            (ApiErrorKind::NotFound, _) => "treat it as missing".to_owned(),
            (ApiErrorKind::PermissionDenied, _) => "ask an OWNER".to_owned(),
            (ApiErrorKind::RateLimited, Some(wait)) => format!("retry in {} s", wait.as_secs()),
            _ => format!("show the message: {}", api.message),
        },
        error if error.was_sent() && error.is_retryable() => {
            "read first: it may have been carried out".to_owned()
        }
        error if error.is_retryable() => "try again later: nothing was sent".to_owned(),
        _ => "report it".to_owned(),
    }
}
