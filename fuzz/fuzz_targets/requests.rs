//! Requests to the offline platform: method and target on the first line, the body after it. It answers every one,
//! never with 500, and goes on.
#![no_main]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::OnceLock;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use mem0_local::LocalPlatform;

fn platform() -> &'static LocalPlatform {
    static PLATFORM: OnceLock<LocalPlatform> = OnceLock::new();
    PLATFORM.get_or_init(|| LocalPlatform::start().expect("it starts"))
}

fuzz_target!(|data: &[u8]| {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let line: String = data[..end].iter().map(|byte| char::from(*byte)).filter(|c| c.is_ascii_graphic() || *c == ' ').collect();
    let body = data.get(end + 1..).unwrap_or_default();
    let platform = platform();
    let host = platform.url().trim_start_matches("http://");
    let head = format!(
        "{line} HTTP/1.1\r\nhost: {host}\r\nauthorization: Token {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        platform.api_key(),
        body.len()
    );
    let mut stream = TcpStream::connect(host).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a limit");
    let mut answer = Vec::new();
    // A request that is refused early may be reset before it was read.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
    match stream.read_to_end(&mut answer) {
        Ok(_) => assert!(answer.starts_with(b"HTTP/1.1 "), "{:?}", String::from_utf8_lossy(&answer)),
        Err(error) => assert_ne!(error.kind(), std::io::ErrorKind::WouldBlock, "no answer in 20 s"),
    }
    assert!(!answer.starts_with(b"HTTP/1.1 500"), "{:?}", String::from_utf8_lossy(&answer));
});
