//! What can go wrong and how to tell: every kind of error, brought about on a local platform.
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

    // Refused before anything was sent: an update that would change nothing.
    report("an empty update", project.update(ProjectUpdate::new()));

    // Refused by the platform.
    report("no such project", client.project_in(platform.org_id(), "proj_gone").get());
    report("a role that is none", project.add_member("ann@example.com", Role::Other("MEMBER".into())));
    let reader = MemoryClient::builder().base_url(platform.url()).api_key(platform.reader_key()).build()?;
    report("a READER who writes", reader.project().update(ProjectUpdate::new().decay(true)));

    // A moment of bad luck is the client's own business: it tries again.
    platform.fail_next(Operation::GetProject, Fault::status(503).header("retry-after", "0.05"));
    report("a platform that restarts", project.get());

    // A write that may have been carried out is not repeated. The error says so; look before you try again.
    platform.fail_next(Operation::CreateProject, Fault::drop_after_handling());
    report("an answer that got lost", project.create("Support bot"));

    // Limits: of a call, and the one the server asks for.
    platform.fail_next(Operation::GetProject, Fault::delay(Duration::from_millis(500)));
    let hasty = RequestOptions::new().timeout(Duration::from_millis(50));
    report("a call in a hurry", project.with_options(hasty).get());
    platform.fail_next(Operation::GetProject, Fault::status(429).header("retry-after", "3600"));
    report("a rate limit", project.get());

    // An answer that is none, and nobody there.
    platform.fail_next(Operation::GetProject, Fault::status(200).body("<html>Welcome!</html>"));
    report("a page in place of an answer", project.get());
    let nobody = MemoryClient::builder().base_url("http://127.0.0.1:1").api_key("m0-key");
    let nobody = nobody.retry(RetryPolicy::none()).build()?;
    report("nobody there", nobody.ping());
    Ok(())
}

fn report<V>(what: &str, outcome: mem0::Result<V>) {
    println!("\n{what}");
    match outcome {
        Ok(_) => println!("  went well"),
        Err(error) => println!("  {error}\n  → {}", what_to_do(&error)),
    }
}

fn what_to_do(error: &Error) -> String {
    match error {
        Error::Config { field, .. } | Error::Invalid { field, .. } => format!("correct `{field}`"),
        Error::Api(api) => match (api.kind, api.retry_after) {
            (ApiErrorKind::NotFound, _) => "treat it as absent".to_owned(),
            (ApiErrorKind::PermissionDenied, _) => "ask an OWNER".to_owned(),
            (ApiErrorKind::RateLimited, Some(wait)) => format!("queue it for {} s", wait.as_secs()),
            _ => format!("show what was said: {}", api.message),
        },
        error if error.was_sent() && error.is_retryable() => "read first: it may have been done".to_owned(),
        error if error.is_retryable() => "try again later: nothing was sent".to_owned(),
        _ => "report it".to_owned(),
    }
}
