//! What a recorder and a replay refuse, and what they leave behind.

use std::io::{Read, Write};
use std::net::TcpStream;

use mem0::MemoryClient;
use mem0_local::{LocalError, LocalPlatform, Recorder, Replay};

use crate::{lines, recorder};

/// The status and the body of an answer to bytes that no client of ours would send.
fn exchange(url: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    stream.write_all(bytes).unwrap();
    if !bytes.windows(5).any(|word| word == b"close") {
        // It is all there will ever be.
        stream.shutdown(std::net::Shutdown::Write).unwrap();
    }
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn what_can_not_be_used_is_refused_before_anything_is_made() {
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
    let taken = Recorder::start("http://127.0.0.1:1", &file);
    assert!(matches!(taken, Err(LocalError::File { .. })));
    assert_eq!(std::fs::read(&file).unwrap(), b"mine");
    assert!(matches!(Replay::start(&file), Err(LocalError::Content { what: "the cassette", .. })));
    let open = Replay::builder(&file).listen(([0, 0, 0, 0], 0)).start();
    assert!(matches!(open, Err(LocalError::Content { .. } | LocalError::NotLoopback { .. })));
}

#[test]
fn what_is_not_passed_on_is_not_recorded() {
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
        let answer = exchange(recorder.url(), bytes);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{status}: {answer}");
    }
    assert_eq!((platform.request_log().len(), lines(&file).len()), (0, 0));
}

/// A request that answers no question is no crash either.
#[test]
fn odd_requests_are_answered_421_by_a_replay() {
    let platform = LocalPlatform::start().unwrap();
    let (recorder, file, _folder) = recorder(platform.url());
    let client =
        MemoryClient::builder().base_url(recorder.url()).api_key(platform.api_key()).build().unwrap();
    client.ping().unwrap();
    let replay = Replay::start(&file).unwrap();
    for line in ["BREW /v1/ping/", "GET /%FF%00", "GET //", "OPTIONS *", "GET /v1/ping/?%00=%FF&="] {
        let answer = exchange(
            replay.url(),
            format!("{line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").as_bytes(),
        );
        assert!(answer.starts_with("HTTP/1.1 421 "), "{line}: {answer}");
        assert!(answer.contains("The recording has no answer to "), "{line}: {answer}");
    }
    assert_eq!(replay.missed().len(), 5);
    assert!(replay.missed()[0].ends_with("The nearest is line 1, GET /v1/ping/."), "{:?}", replay.missed());
    // HEAD has no body to say it in.
    let head = exchange(replay.url(), b"HEAD /x HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 421 ") && head.ends_with("\r\n\r\n"), "{head}");
}
