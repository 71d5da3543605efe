//! How much memory a refusal takes whose body is a bomb. It is one test, since the count is of the whole process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use mem0::client::RetryPolicy;
use mem0::{AsyncMemoryClient, Error, MemoryClient};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

const KEY: &str = "m0-secret-key";

/// A refusal takes less at any moment, whatever its body is.
const MOST: usize = 8 * 1024 * 1024;

/// How long the bodies are that are to be decompressed.
const BOMB: usize = 256 * 1024 * 1024;

/// The text over and over, in gzip members, each of one MiB.
fn bomb(beginning: &str, text: &str) -> Vec<u8> {
    let gzip = |text: &str| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let part = 1024 * 1024;
    let member = gzip(&text.repeat(part / text.len() + 1));
    let mut body = gzip(beginning);
    for _ in 0..BOMB / part {
        body.extend_from_slice(&member);
    }
    body
}

/// Answers every connection with 400 and that body, until the test ends.
fn serve(body: &Arc<Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let body = body.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = answer(&mut stream.unwrap(), &body);
        }
    });
    url
}

fn answer(stream: &mut TcpStream, body: &[u8]) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
    let head = format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)
}

/// The most that was allocated at once, beyond what was before.
fn peak_of(work: impl FnOnce() -> Error) -> (usize, Error) {
    let before = ALLOCATED.current_usage();
    ALLOCATED.reset_peak_usage();
    let error = work();
    (ALLOCATED.peak_usage().saturating_sub(before), error)
}

#[test]
fn a_bomb_on_a_refusal_takes_little_memory() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for (beginning, text) in [
        ("", "0"),
        ("{\"message\":\"", "x"),
        ("[", "{\"\":0},"),
        ("{\"errors\":{", "\"a\":[0],"),
        ("", "["),
        ("", "m0-secret-ke"),
        ("", "m0-\\u0073ecret-key "),
        ("", "a@b "),
    ] {
        let body = Arc::new(bomb(beginning, text));
        let url = serve(&body);
        let blocking = MemoryClient::builder().api_key(KEY).base_url(&url).retry(RetryPolicy::none());
        let blocking = blocking.build().unwrap();
        let asynchronous =
            AsyncMemoryClient::builder().api_key(KEY).base_url(&url).retry(RetryPolicy::none());
        let asynchronous = asynchronous.build().unwrap();
        let calls: [(&str, &dyn Fn() -> Error); 2] = [
            ("blocking", &|| blocking.ping().unwrap_err()),
            ("async", &|| runtime.block_on(asynchronous.ping()).unwrap_err()),
        ];
        for (flavour, call) in calls {
            let (peak, error) = peak_of(call);
            assert_eq!(error.status().map(|status| status.as_u16()), Some(400), "{flavour}: {error}");
            assert!(peak < MOST, "{flavour}, {text:?}: {peak} bytes");
            assert!(!format!("{error} {error:?}").contains("secret-key"), "{error}");
        }
    }
}
