//! Failures of the platform: clients get status 502 with a message, which is recorded.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::time::Duration;

use mem0::client::RetryPolicy;
use mem0::{Error, MemoryClient};
use mem0_local::{Fault, LocalPlatform, Recorder, Replay, Route};
use socket2::{Domain, Socket, Type};

use crate::{lines, recorder};

fn client(url: &str) -> MemoryClient {
    MemoryClient::builder().base_url(url).api_key("m0-local-key").retry(RetryPolicy::none()).build().unwrap()
}

fn error_response(client: &MemoryClient) -> (u16, String) {
    match client.ping() {
        Err(Error::Api(error)) => (error.status.as_u16(), error.message.clone()),
        other => panic!("expected an error response: {other:?}"),
    }
}

/// Starts a server that sends these bytes to each client, repeatedly if `repeats` is set.
fn start_server(bytes: Vec<u8>, repeats: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let mut head = [0; 4096];
            let _ = stream.read(&mut head);
            while stream.write_all(&bytes).is_ok() && repeats {
                std::thread::sleep(Duration::from_millis(5));
            }
            let _ = stream.shutdown(Shutdown::Both);
        }
    });
    url
}

fn gzip(length: usize) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&vec![b' '; length]).unwrap();
    let body = encoder.finish().unwrap();
    let head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length:";
    let mut response = format!("{head} {}\r\n\r\n", body.len()).into_bytes();
    response.extend(body);
    response
}

#[test]
fn an_incomplete_response_is_a_502_when_recorded_and_replayed() {
    // Bound but not listening: connections are refused, and no other process gets the port.
    let unresponsive = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    unresponsive.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let unresponsive_url = format!("http://{}", unresponsive.local_addr().unwrap().as_socket().unwrap());
    let head = "HTTP/1.1 200 OK\r\n";
    for (upstream, words) in [
        (unresponsive_url, "could not connect to"),
        (start_server(format!("{head}content-length: 100\r\n\r\n{{").into(), false), "the connection failed"),
        (start_server(b"nonsense\r\n\r\n".to_vec(), false), "the connection failed"),
        (start_server(Vec::new(), false), "the connection failed"),
        (start_server(format!("{head}content-length: 99999999999\r\n\r\n").into(), false), "larger than"),
        (start_server(format!("{head}\r\n{}", "x".repeat(4096)).into(), false), "larger than"),
        (start_server(gzip(1024 * 1024), false), "larger than"),
        (
            start_server(format!("{head}content-encoding: br\r\ncontent-length: 1\r\n\r\nx").into(), false),
            "content encoding",
        ),
        (start_server(Vec::new(), true), "timed out"),
        (start_server(format!("{head}content-length: 100\r\n\r\n").into(), false), "the connection failed"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cassette.jsonl");
        let slow = if words == "timed out" { 1 } else { 20 };
        let builder = Recorder::builder(&upstream, &file).timeout(Duration::from_secs(slow)).body_limit(2048);
        let recorder = builder.start().unwrap();
        let (status, message) = error_response(&client(recorder.url()));
        let is_known =
            message.starts_with("The recorded platform sent no complete response: GET /v1/ping/: ");
        assert!(status == 502 && is_known && message.contains(words), "{words}: {status} {message}");
        let lines = lines(&file);
        assert_eq!((lines.len(), recorder.recorded()), (1, 1));
        assert_eq!(lines[0]["response"]["status"], 502);
        assert_eq!(lines[0]["failure"], message);
        drop(recorder);
        assert_eq!(error_response(&client(Replay::start(&file).unwrap().url())), (status, message));
    }
}

#[test]
fn errors_and_redirects_are_forwarded_unchanged() {
    let platform = LocalPlatform::start().unwrap();
    let (recorder, file, _folder) = recorder(platform.url());
    let client = MemoryClient::builder()
        .base_url(recorder.url())
        .api_key(platform.api_key())
        .retry(RetryPolicy::none());
    let client = client.build().unwrap();
    platform.fail_next(
        Route::any(),
        Fault::status(429).header("retry-after", "7").header("x-ratelimit-limit", "5"),
    );
    let limited = |error: Error| match error {
        Error::Api(error) => (error.status.as_u16(), error.retry_after, error.rate_limit.limit),
        other => panic!("{other}"),
    };
    let expected = (429, Some(Duration::from_secs(7)), Some(5));
    assert_eq!(limited(client.ping().unwrap_err()), expected);
    let redirect = |client: &MemoryClient| match client
        .request(mem0::client::Method::GET, ["v1", "ping"])
        .query("a", "b")
        .send::<serde_json::Value>()
    {
        Err(Error::Api(error)) => {
            (error.status.as_u16(), error.headers["location"].to_str().unwrap().to_owned())
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(redirect(&client), (301, "/v1/ping/?a=b".to_owned()));
    assert_eq!(platform.request_log().len(), 2, "no redirect is followed, no request repeated");
    let replay = Replay::start(&file).unwrap();
    let builder = MemoryClient::builder().base_url(replay.url()).api_key("x").retry(RetryPolicy::none());
    let client = builder.build().unwrap();
    assert_eq!(limited(client.ping().unwrap_err()), expected);
    assert_eq!(redirect(&client).0, 301);
}
