//! Minimal server on loopback: one thread per connection, no parsing beyond the end of a request, and constant responses.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::data;

/// Server that counts its requests. It runs until the process ends.
pub(crate) struct Server {
    address: SocketAddr,
    served: Arc<AtomicUsize>,
}

impl Server {
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let served = Arc::new(AtomicUsize::new(0));
        let count = served.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let count = count.clone();
                thread::spawn(move || serve(&stream, &count));
            }
        });
        Ok(Self { address, served })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn served(&self) -> usize {
        self.served.load(Ordering::Relaxed)
    }
}

/// Serves a connection until the client closes it.
fn serve(mut stream: &TcpStream, count: &AtomicUsize) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let read = response("200 OK", data::CHOSEN_FIELDS);
    let updated = response("200 OK", data::UPDATED);
    let not_found = response("404 Not Found", data::NOT_FOUND);
    let mut buffer = vec![0; 16 * 1024];
    let mut filled = 0;
    loop {
        let received = stream.read(&mut buffer[filled..])?;
        if received == 0 {
            return Ok(());
        }
        filled += received;
        let response = match &buffer[..filled] {
            request if request.ends_with(b"\r\n\r\n") => {
                if request.starts_with(data::UPDATE_LINE) {
                    continue;
                }
                if request.starts_with(data::READ_LINE) { &read } else { &not_found }
            }
            request if request.ends_with(b"}") => {
                let is_update =
                    request.starts_with(data::UPDATE_LINE) && request.ends_with(data::UPDATE_BODY);
                if is_update { &updated } else { &not_found }
            }
            _ => continue,
        };
        filled = 0;
        count.fetch_add(1, Ordering::Relaxed);
        stream.write_all(response)?;
    }
}

fn response(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         x-request-id: 5f6bd9a2-1c7e-4b0a-9f3e-2a8c64d1e0b7\r\n\r\n"
    );
    (head + body).into_bytes()
}
