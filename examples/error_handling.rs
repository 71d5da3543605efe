//! Every kind of error, caused on an offline platform, and how to handle it.
//!
//! ```sh
//! cargo run --example error_handling
//! ```

use std::time::Duration;

use mem0::client::RequestOptions;
use mem0::error::ApiErrorKind;
use mem0::{Error, MemoryClient, ProjectUpdate};
use mem0_local::Operation::{CreateProject, GetProject};
use mem0_local::{Fault, LocalPlatform};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let platform = LocalPlatform::start()?;
    let client = platform.client()?;
    let project = client.project();
    report("an empty update, which is not sent", project.update(ProjectUpdate::new()));
    report("a project that does not exist", client.project_in(platform.org_id(), "proj_gone").get());
    let reader = client.with_api_key(platform.reader_key())?;
    report("a write with the API key of a READER", reader.project().update(ProjectUpdate::new().decay(true)));

    platform.fail_next(GetProject, Fault::status(503).header("retry-after", "0.05"));
    report("a platform that is restarting", project.get());
    platform.fail_next(CreateProject, Fault::drop_after_handling());
    report("a write whose response is lost", project.create("Support bot"));
    platform.fail_next(GetProject, Fault::delay(Duration::from_millis(500)));
    let options = RequestOptions::new().timeout(Duration::from_millis(50));
    report("a timeout", project.with_options(options).get());
    platform.fail_next(GetProject, Fault::status(429).header("retry-after", "3600"));
    report("a rate limit", project.get());
    platform.fail_next(GetProject, Fault::status(200).body("<html>Welcome!</html>"));
    report("an HTML page instead of JSON", project.get());
    let offline = MemoryClient::builder().base_url("http://127.0.0.1:1").api_key("m0-key").build()?;
    report("a server that is down", offline.ping());
    Ok(())
}

fn report<V>(title: &str, result: mem0::Result<V>) {
    match result {
        Ok(_) => println!("{title}\n  ok, after a retry\n"),
        Err(error) => println!("{title}\n  {error}\n  → {}\n", action(&error)),
    }
}

fn action(error: &Error) -> String {
    match error {
        Error::Config { field, .. } | Error::Invalid { field, .. } => format!("fix `{field}`"),
        Error::Api(api) if api.is_self_hosted_server() => "fix the base URL".to_owned(),
        Error::Api(api) if api.kind == ApiErrorKind::NotFound => "treat it as missing".to_owned(),
        Error::Api(api) if api.kind == ApiErrorKind::PermissionDenied => "ask an OWNER".to_owned(),
        Error::Api(api) if api.kind == ApiErrorKind::RateLimited => format!("retry in {:?}", api.retry_after),
        Error::Api(api) => format!("show the message: {}", api.message),
        error if !error.is_retryable() => "report it".to_owned(),
        error if error.was_sent() => "read first: it may have been carried out".to_owned(),
        _ => "try again later: nothing was sent".to_owned(),
    }
}
