//! Calls through whatever lies between here and the platform of `MEM0_BASE_URL`, with the key of `MEM0_API_KEY`.
//!
//! `proxied FLAVOUR BACKEND [CA]`: a ping, an add and a list, by `blocking` or `async`, with `rustls` or `native-tls`, a
//! CA of that PEM file trusted too. Prints `done`, or one line on the error, with exit code 1.

use std::process::ExitCode;

use futures_util::TryStreamExt;
use mem0::client::TlsBackend;
use mem0::{AddMemories, Error, Filter};

/// Settings of either flavour's client. It never waits long between two attempts.
macro_rules! client {
    ($flavour:ident, $backend:expr, $ca:expr) => {{
        let retry = mem0::client::RetryPolicy::default().base_delay(std::time::Duration::from_millis(10));
        let mut builder = mem0::$flavour::ClientBuilder::from_env()
            .allow_plaintext(true)
            .retry(retry)
            .tls_backend($backend);
        if let Some(pem) = $ca {
            builder = builder.add_root_certificate_pem(pem);
        }
        builder.build()?
    }};
}

fn memory() -> AddMemories {
    AddMemories::new("Likes tea").user_id("alice").infer(false)
}

fn by_blocking(backend: TlsBackend, ca: Option<Vec<u8>>) -> mem0::Result<usize> {
    let client = client!(blocking, backend, ca);
    client.ping()?;
    _ = client.add(memory())?;
    Ok(client.get_all(Filter::user("alice"))?.collect::<mem0::Result<Vec<_>>>()?.len())
}

async fn by_async(backend: TlsBackend, ca: Option<Vec<u8>>) -> mem0::Result<usize> {
    let client = client!(asynchronous, backend, ca);
    client.ping().await?;
    _ = client.add(memory()).await?;
    Ok(client.get_all(Filter::user("alice"))?.try_collect::<Vec<_>>().await?.len())
}

fn phase(error: &Error) -> String {
    match error {
        Error::Transport(error) => format!("{:?}", error.phase),
        Error::Api(error) => error.status.to_string(),
        _ => "no phase".to_owned(),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (flavour, backend, ca) = match words[..] {
        [flavour, backend] => (flavour, backend, None),
        [flavour, backend, ca] => (flavour, backend, Some(std::fs::read(ca).expect("a readable CA file"))),
        _ => panic!("expected FLAVOUR BACKEND [CA]"),
    };
    let backend = match backend {
        "rustls" => TlsBackend::Rustls,
        "native-tls" => TlsBackend::NativeTls,
        other => panic!("no backend `{other}`"),
    };
    let listed = match flavour {
        "blocking" => by_blocking(backend, ca),
        "async" => by_async(backend, ca).await,
        other => panic!("no flavour `{other}`"),
    };
    match listed {
        Ok(count) if count > 0 => println!("done"),
        Ok(_) => {
            println!("what was added is not listed");
            return ExitCode::FAILURE;
        }
        Err(error) => {
            let (sent, attempts) = (error.was_sent(), error.attempts());
            println!("{} sent={sent} attempts={attempts} {error}", phase(&error));
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
