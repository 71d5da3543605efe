//! A platform that answers every request with the identity of a key.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

/// Nobody listens there.
#[allow(dead_code)]
pub const DEAD: &str = "https://127.0.0.1:1";

/// First byte of a TLS handshake.
const TLS_HANDSHAKE: u8 = 0x16;

/// Starts one, which lives as long as the process, and returns its host and port. It speaks HTTP, and answers a TLS
/// handshake with something else.
pub fn start() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || serve(stream));
        }
    });
    address.to_string()
}

fn serve(mut stream: TcpStream) {
    let mut first = [0];
    if stream.peek(&mut first).is_err() || first[0] == TLS_HANDSHAKE {
        // An error is a client that went away.
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n");
        return;
    }
    let identity = r#"{"status":"ok","org_id":"org","project_id":"proj","user_email":"ann@example.com"}"#;
    let mut lines = BufReader::new(stream.try_clone().expect("a second handle"));
    let mut line = String::new();
    while lines.read_line(&mut line).is_ok_and(|length| length > 0) {
        if line == "\r\n" {
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json";
            let length = identity.len();
            if write!(stream, "{head}\r\ncontent-length: {length}\r\n\r\n{identity}").is_err() {
                return;
            }
        }
        line.clear();
    }
}
