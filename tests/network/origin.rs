//! Server that responds to every request with the identity of a key, over HTTP or TLS.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

const IDENTITY: &str = r#"{"status":"ok","org_id":"org","project_id":"proj","user_email":"ann@example.com"}"#;

/// Running server. It ends with the test's process.
pub(crate) struct Origin {
    pub(crate) address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    connections: Arc<Mutex<usize>>,
}

impl Origin {
    pub(crate) fn http() -> Self {
        Self::start(None, "200 OK")
    }

    /// Starts a server with this status in every response.
    pub(crate) fn http_with(status: &'static str) -> Self {
        Self::start(None, status)
    }

    /// Starts a server with the certificate and key of this name.
    pub(crate) fn https(certificate: &str) -> Self {
        let chain = CertificateDer::from_pem_slice(&fixture(&format!("{certificate}.pem"))).unwrap();
        let key = PrivateKeyDer::from_pem_slice(&fixture(&format!("{certificate}.key"))).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![chain], key)
            .unwrap();
        Self::start(Some(Arc::new(config)), "200 OK")
    }

    fn start(tls: Option<Arc<ServerConfig>>, status: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (heads, connections) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(0)));
        let (heads_of_all, counter) = (heads.clone(), connections.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (Ok(stream), tls, heads) = (stream, tls.clone(), heads_of_all.clone()) else { continue };
                *counter.lock().unwrap() += 1;
                std::thread::spawn(move || match tls {
                    None => serve(stream, status, &heads),
                    Some(tls) => {
                        let connection = ServerConnection::new(tls).unwrap();
                        serve(StreamOwned::new(connection, stream), status, &heads);
                    }
                });
            }
        });
        Self { address, heads, connections }
    }

    /// Request lines and headers of all requests, in order.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    /// Number of connections, with or without requests.
    pub(crate) fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }
}

/// Content of a file in `certificates/`.
pub(crate) fn fixture(name: &str) -> Vec<u8> {
    // Tests of other crates in this workspace use it too.
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let mut certificates = folders.map(|folder| folder.join("tests/network/certificates"));
    std::fs::read(certificates.find(|folder| folder.exists()).unwrap().join(name)).unwrap()
}

fn serve(stream: impl Read + Write, status: &str, heads: &Mutex<Vec<String>>) {
    let mut stream = BufReader::new(stream);
    while let Some((head, _)) = read_message(&mut stream) {
        heads.lock().unwrap().push(head);
        let response = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{IDENTITY}",
            IDENTITY.len()
        );
        if stream.get_mut().write_all(response.as_bytes()).and_then(|()| stream.get_mut().flush()).is_err() {
            return;
        }
    }
}

/// Headers and body of the next request or response; `None` at the end of the connection.
pub(crate) fn read_message(stream: &mut BufReader<impl Read>) -> Option<(String, Vec<u8>)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = header(&head, "content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((head, body))
}

/// Value of a header.
pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().skip(1).find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// Copies bytes in both directions until one side closes.
pub(crate) fn pump(one: TcpStream, other: TcpStream) {
    let (from, to) = (one.try_clone().unwrap(), other.try_clone().unwrap());
    let back = std::thread::spawn(move || copy(other, one));
    copy(from, to);
    back.join().unwrap();
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(std::net::Shutdown::Both);
}
