//! Peak memory of decoding hostile responses, as a multiple of the size of the body, per type of response.
//!
//! ```sh
//! cargo bench --bench hostile_responses
//! ```

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use flate2::Compression;
use flate2::write::GzEncoder;
use mem0::client::RetryPolicy;
use mem0::memories::ListMemories;
use mem0::{Filter, MemoryClient, SearchMemories};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// Size of a decompressed body.
const BODY: usize = 16 * 1024 * 1024;

/// Values that take much more memory than their text, as items of a list.
const ITEMS: [(&str, &str); 6] = [
    ("`{}`", "{}"),
    ("`{\"\":0}`", r#"{"":0}"#),
    ("`{\"\":0}` in 64 bytes", r#"{"":0                                                         }"#),
    ("`\"\"`", "\"\""),
    ("`0`", "0"),
    ("`[]`", "[]"),
];

type Call = fn(&MemoryClient) -> bool;

/// Types of responses: name, text before and after the items, and the call that decodes it.
const RESPONSES: [(&str, &str, &str, Call); 13] = [
    ("list of memories", r#"{"results":["#, "]}", |c| {
        c.get_all(ListMemories::new(Filter::user("ann"))).unwrap().next_page().is_ok()
    }),
    ("search", r#"{"results":["#, "]}", |c| {
        c.search(SearchMemories::new("tea", Filter::user("ann"))).is_ok()
    }),
    ("memory: metadata", r#"{"metadata":{"a":["#, "]}}", |c| c.get("mem_1").is_ok()),
    ("memory: categories", r#"{"categories":["#, "]}", |c| c.get("mem_1").is_ok()),
    ("memory: unknown field", r#"{"new":["#, "]}", |c| c.get("mem_1").is_ok()),
    ("history", "[", "]", |c| c.history("mem_1").is_ok()),
    ("organizations", "[", "]", |c| c.organizations().list().is_ok()),
    ("projects", "[", "]", |c| c.organization("org_abc").projects().is_ok()),
    ("members", r#"{"members":["#, "]}", |c| c.project_in("org_abc", "proj_abc").get_members().is_ok()),
    ("webhooks", "[", "]", |c| c.project_in("org_abc", "proj_abc").webhooks().list().is_ok()),
    ("entities", r#"{"results":["#, "]}", |c| c.users().unwrap().next_page().is_ok()),
    ("events", r#"{"results":["#, "]}", |c| c.events().list().unwrap().next_page().is_ok()),
    ("export", r#"{"memories":["#, "]}", |c| c.exports().get("exp_1").is_ok()),
];

fn main() {
    let is_quick = std::env::args().any(|argument| argument == "--quick");
    let body_size = if is_quick { BODY / 16 } else { BODY };
    let body = Arc::new(Mutex::new(Vec::new()));
    let url = serve(&body);
    let client = MemoryClient::builder().api_key("m0-key").base_url(url).retry(RetryPolicy::none());
    let client = client.body_limit(BODY).build().unwrap();

    println!("```sh\ncargo bench --bench hostile_responses\n```\n");
    println!("Peak memory, as a multiple of the body size of {} KiB, per kind of item:\n", body_size / 1024);
    print!("| |");
    for (name, _) in ITEMS {
        print!(" {name} |");
    }
    println!("\n|---|{}", "---|".repeat(ITEMS.len()));
    for (name, before, after, call) in RESPONSES {
        print!("| {name} |");
        for (_, item) in ITEMS {
            let count = (body_size - before.len() - after.len()) / (item.len() + 1);
            let list = vec![item; count].join(",");
            *body.lock().unwrap() = gzip(&format!("{before}{list}{after}"));
            drop(list);
            let before_call = ALLOCATED.current_usage();
            ALLOCATED.reset_peak_usage();
            let is_decoded = call(&client);
            let peak = ALLOCATED.peak_usage().saturating_sub(before_call);
            #[allow(clippy::cast_precision_loss)]
            let factor = peak as f64 / body_size as f64;
            print!(" {factor:.1}{} |", if is_decoded { "" } else { " (refused)" });
        }
        println!();
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// Starts a server that responds to every request with that body.
fn serve(body: &Arc<Mutex<Vec<u8>>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let body = body.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            let body = body.lock().unwrap();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        }
    });
    url
}
