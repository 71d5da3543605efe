//! A server on loopback that costs as little as it can: a thread a connection, no parsing beyond the end of a
//! request, and the same bytes for every answer.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::data;

/// The server, and how many requests it has answered. It ends with the process.
pub(crate) struct Server {
    address: SocketAddr,
    answered: Arc<AtomicUsize>,
}

impl Server {
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let answered = Arc::new(AtomicUsize::new(0));
        let count = answered.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let count = count.clone();
                thread::spawn(move || serve(&stream, &count));
            }
        });
        Ok(Self { address, answered })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn answered(&self) -> usize {
        self.answered.load(Ordering::Relaxed)
    }
}

/// Answers requests until the client hangs up.
fn serve(mut stream: &TcpStream, count: &AtomicUsize) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let read = answer("200 OK", data::CHOSEN_FIELDS);
    let updated = answer("200 OK", data::UPDATED);
    let refused = answer("404 Not Found", data::REFUSED);
    let mut buffer = vec![0; 16 * 1024];
    let mut filled = 0;
    loop {
        let received = stream.read(&mut buffer[filled..])?;
        if received == 0 {
            return Ok(());
        }
        filled += received;
        let answer = match &buffer[..filled] {
            request if request.ends_with(b"\r\n\r\n") => {
                if request.starts_with(data::UPDATE_LINE) {
                    continue;
                }
                if request.starts_with(data::READ_LINE) { &read } else { &refused }
            }
            request if request.ends_with(b"}") => {
                let is_update =
                    request.starts_with(data::UPDATE_LINE) && request.ends_with(data::UPDATE_BODY);
                if is_update { &updated } else { &refused }
            }
            _ => continue,
        };
        filled = 0;
        count.fetch_add(1, Ordering::Relaxed);
        stream.write_all(answer)?;
    }
}

fn answer(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         x-request-id: 5f6bd9a2-1c7e-4b0a-9f3e-2a8c64d1e0b7\r\n\r\n"
    );
    (head + body).into_bytes()
}
