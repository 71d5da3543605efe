//! Input that a recorder and a replay reject.

use std::io::{Read, Write};
use std::net::TcpStream;

use mem0::MemoryClient;
use mem0_local::{LocalError, LocalPlatform, Recorder, Replay};

use crate::{lines, recorder};

/// Response to raw bytes.
fn send_raw(url: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    stream.write_all(bytes).unwrap();
    if !bytes.windows(5).any(|word| word == b"close") {
        // No more bytes follow.
        stream.shutdown(std::net::Shutdown::Write).unwrap();
    }
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response);
    String::from_utf8_lossy(&response).into_owned()
}

#[test]
fn rejects_invalid_input_before_it_creates_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cassette.jsonl");
    for upstream in ["", "nonsense", "http://api.mem0.ai", "https://user:hunter2@h.example"] {
        let error = Recorder::start(upstream, &file).unwrap_err();
        assert!(matches!(error, LocalError::Invalid { field: "upstream", .. }), "{upstream}: {error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    let open = Recorder::builder("http://127.0.0.1:1", &file).listen(([0, 0, 0, 0], 0)).start();
    assert!(matches!(open, Err(LocalError::NotLoopback { .. })));
    assert!(!file.exists());
    std::fs::write(&file, "mine").unwrap();
    let occupied = Recorder::start("http://127.0.0.1:1", &file);
    assert!(matches!(occupied, Err(LocalError::File { .. })));
    assert_eq!(std::fs::read(&file).unwrap(), b"mine");
    assert!(matches!(Replay::start(&file), Err(LocalError::Content { what: "cassette", .. })));
    let open = Replay::builder(&file).listen(([0, 0, 0, 0], 0)).start();
    assert!(matches!(open, Err(LocalError::Content { .. } | LocalError::NotLoopback { .. })));
}

#[test]
fn does_not_record_requests_that_it_does_not_forward() {
    let platform = LocalPlatform::start().unwrap();
    let (recorder, file, _folder) = recorder(platform.url());
    let large = format!(
        "POST /v3/memories/ HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        11 << 20
    );
    let large = [large.into_bytes(), vec![b' '; 11 << 20]].concat();
    for (bytes, status) in [
        (&large[..], "413"),
        (b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n{", "400"),
        (b"GET /v1/../v1/ping/ HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n", "400"),
    ] {
        let response = send_raw(recorder.url(), bytes);
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{status}: {response}");
    }
    assert_eq!((platform.request_log().len(), lines(&file).len()), (0, 0));
}

/// Unusual requests do not crash the replay.
#[test]
fn a_replay_answers_unusual_requests_with_421() {
    let platform = LocalPlatform::start().unwrap();
    let (recorder, file, _folder) = recorder(platform.url());
    let client =
        MemoryClient::builder().base_url(recorder.url()).api_key(platform.api_key()).build().unwrap();
    client.ping().unwrap();
    let replay = Replay::start(&file).unwrap();
    for line in ["BREW /v1/ping/", "GET /%FF%00", "GET //", "OPTIONS *", "GET /v1/ping/?%00=%FF&="] {
        let response = send_raw(
            replay.url(),
            format!("{line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").as_bytes(),
        );
        assert!(response.starts_with("HTTP/1.1 421 "), "{line}: {response}");
        assert!(response.contains("No response is recorded for "), "{line}: {response}");
    }
    assert_eq!(replay.unmatched().len(), 5);
    assert!(
        replay.unmatched()[0].ends_with("The most similar request is on line 1: GET /v1/ping/."),
        "{:?}",
        replay.unmatched()
    );
    // A response to HEAD has no body.
    let head = send_raw(replay.url(), b"HEAD /x HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 421 ") && head.ends_with("\r\n\r\n"), "{head}");
}
