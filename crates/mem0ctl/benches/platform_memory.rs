//! Measures the peak memory of `mem0ctl local serve` with unauthenticated and unfinished requests.
//!
//! ```sh
//! cargo bench -p mem0ctl --bench platform_memory
//! ```
//!
//! Linux only: the peak is the `VmHWM` of the process. It may open 1,024 files, as on most machines.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::panic, clippy::cast_precision_loss)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Maximum peak memory in MiB.
const MOST: u64 = 256;

/// Maximum number of open connections; further ones replace the oldest.
const OWN: usize = 900;

struct Platform {
    child: Child,
    address: String,
    key: String,
}

impl Platform {
    fn start() -> Self {
        let line = "ulimit -n 1024; exec \"$0\" local serve";
        let mut command = Command::new("sh");
        command.args(["-c", line, env!("CARGO_BIN_EXE_mem0ctl")]).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut announced = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut announced).unwrap();
        let announced: serde_json::Value = serde_json::from_str(&announced).unwrap();
        let text = |name: &str| announced[name].as_str().unwrap().to_owned();
        Self { child, address: text("url").replace("http://", ""), key: text("owner_key") }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    /// Whether an authenticated request succeeds.
    fn answers(&self) -> bool {
        let mut stream = self.connect();
        let key = &self.key;
        let request =
            format!("GET /v1/ping/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token {key}\r\n\r\n");
        let mut status = [0; 12];
        stream.write_all(request.as_bytes()).is_ok()
            && stream.read_exact(&mut status).is_ok()
            && &status == b"HTTP/1.1 200"
    }

    fn peak(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
    }
}

fn head(key: &str, length: usize) -> String {
    format!(
        "POST /api/v1/orgs/organizations/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token {key}\r\n\
         Content-Length: {length}\r\n\r\n"
    )
}

impl Drop for Platform {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn keyless_bodies(platform: &Platform, part: usize) {
    let body = format!("[{}{{}}]", "{\"\":0},".repeat(10 * 1024 * 1024 / 7 / part - 2));
    for _ in 0..7 {
        let mut stream = platform.connect();
        let _ = stream.write_all(head("none", body.len()).as_bytes());
        let _ = stream.write_all(body.as_bytes());
        let _ = stream.read(&mut [0; 64]);
    }
}

/// Opens connections and sends the same bytes on each.
fn open(platform: &Platform, count: usize, sent: &[u8]) -> Vec<TcpStream> {
    let mut open = std::collections::VecDeque::new();
    for _ in 0..count {
        let mut stream = platform.connect();
        let _ = stream.write_all(sent);
        open.push_back(stream);
        if open.len() > OWN {
            open.pop_front();
        }
    }
    open.into()
}

fn main() {
    if !cfg!(target_os = "linux") {
        return println!("This bench reads the peak from /proc, which only Linux has.");
    }
    let quick = !std::env::args().any(|argument| argument == "--bench")
        || std::env::args().any(|argument| argument == "--quick" || argument == "--test");
    let part = if quick { 10 } else { 1 };
    println!("```sh\ncargo bench -p mem0ctl --bench platform_memory\n```\n");
    println!("| | peak, MiB |\n|---|---|");
    let show = |name: &str, platform: &Platform| {
        let peak = platform.peak();
        println!("| {name} | {peak} |");
        assert!(peak < MOST, "{name}: {peak} MiB");
        assert!(platform.answers(), "{name}: an authenticated request failed");
    };
    let platform = Platform::start();
    show("nothing", &platform);
    keyless_bodies(&platform, part);
    show("70 MB of bodies without a key", &platform);

    let platform = Platform::start();
    let idle = open(&platform, 10_000 / part, b"");
    show("10,000 idle connections", &platform);
    drop(idle);

    let platform = Platform::start();
    let half = open(&platform, 1_100 / part, b"POST /v1/ping/ HTTP/1.1\r\nHost: localhost\r\nX-");
    show("1,100 half-open requests", &platform);
    drop(half);

    let platform = Platform::start();
    let mut sent = head(&platform.key, 9_000_000).into_bytes();
    sent.extend(vec![b' '; 8_000_000 / part]);
    let unfinished = open(&platform, 300 / part, &sent);
    show("300 unfinished bodies of 8 MB", &platform);
    drop(unfinished);
}
