//! An HTTP proxy, with `CONNECT` and requests in absolute form, and a SOCKS5 proxy. Both connect to one server,
//! whatever host is requested.

use std::io::{BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::origin::{header, pump, read_message};

/// Rules of a proxy.
#[derive(Clone, Copy, Default)]
pub(crate) struct Rules {
    /// Required value of `Proxy-Authorization`; for a SOCKS proxy, user name and password.
    pub(crate) credentials: Option<&'static str>,
    /// Status of every response.
    pub(crate) refuses: Option<u16>,
    /// Whether it allows `CONNECT`. Most proxies allow it for port 443 only.
    pub(crate) forbids_connect: bool,
}

/// Running proxy. It ends with the test's process.
pub(crate) struct Proxy {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    pub(crate) fn http(to: SocketAddr, rules: Rules) -> Self {
        Self::start(move |stream, seen| serve_http(stream, to, rules, seen))
    }

    pub(crate) fn socks5(to: SocketAddr, rules: Rules) -> Self {
        Self::start(move |stream, seen| {
            // On an error, the client has closed the connection.
            let _ = serve_socks5(stream, to, rules, seen);
        })
    }

    fn start(serve: impl Fn(TcpStream, &Mutex<Vec<String>>) + Clone + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = seen.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (serve, log) = (serve.clone(), log.clone());
                std::thread::spawn(move || serve(stream, &log));
            }
        });
        Self { address, seen }
    }

    /// URL of the proxy with this scheme and user info.
    pub(crate) fn url(&self, scheme: &str, userinfo: &str) -> String {
        format!("{scheme}://{userinfo}{}", self.address)
    }

    pub(crate) fn endpoint(&self) -> String {
        self.address.to_string()
    }

    /// Request lines and headers of all requests; for a SOCKS proxy, the requested hosts.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

fn serve_http(stream: TcpStream, to: SocketAddr, rules: Rules, seen: &Mutex<Vec<String>>) {
    let mut client = BufReader::new(stream);
    while let Some((head, body)) = read_message(&mut client) {
        seen.lock().unwrap().push(head.clone());
        let is_connect = head.starts_with("CONNECT ");
        let refusal = if let Some(status) = rules.refuses {
            Some(status)
        } else if rules.credentials.is_some() && header(&head, "proxy-authorization") != rules.credentials {
            Some(407)
        } else {
            (is_connect && rules.forbids_connect).then_some(403)
        };
        if let Some(status) = refusal {
            let response =
                format!("HTTP/1.1 {status} No\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n");
            client.get_mut().write_all(response.as_bytes()).unwrap();
        } else if is_connect {
            let server = TcpStream::connect(to).unwrap();
            client.get_mut().write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
            return pump(client.into_inner(), server);
        } else if forward(&head, &body, to, client.get_mut()).is_none() {
            return;
        }
    }
}

/// Forwards a request in absolute form: in origin form and without the headers for the proxy.
fn forward(head: &str, body: &[u8], to: SocketAddr, client: &mut TcpStream) -> Option<()> {
    let (line, headers) = head.split_once("\r\n")?;
    let mut words = line.split(' ');
    let (method, url) = (words.next()?, words.next()?);
    let path = url.strip_prefix("http://")?.split_once('/')?.1;
    let headers: String = headers
        .split_inclusive("\r\n")
        .filter(|line| !line.to_ascii_lowercase().starts_with("proxy-authorization"))
        .collect();
    let mut server = TcpStream::connect(to).ok()?;
    server.write_all(format!("{method} /{path} HTTP/1.1\r\n{headers}").as_bytes()).ok()?;
    server.write_all(body).ok()?;
    let (head, body) = read_message(&mut BufReader::new(server))?;
    client.write_all(head.as_bytes()).ok()?;
    client.write_all(&body).ok()
}

fn serve_socks5(
    mut client: TcpStream,
    to: SocketAddr,
    rules: Rules,
    seen: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let [_, methods] = read(&mut client)?;
    let mut offered = vec![0; usize::from(methods)];
    client.read_exact(&mut offered)?;
    match rules.credentials {
        None => client.write_all(&[5, 0])?,
        Some(_) if !offered.contains(&2) => return client.write_all(&[5, 0xff]),
        Some(wanted) => {
            client.write_all(&[5, 2])?;
            let [_, length] = read(&mut client)?;
            let user = text(&mut client, length)?;
            let [length] = read(&mut client)?;
            let given = format!("{user}:{}", text(&mut client, length)?);
            client.write_all(&[1, u8::from(given != wanted)])?;
        }
    }
    let [_, _, _, kind] = read(&mut client)?;
    let host = match kind {
        1 => Ipv4Addr::from(read::<4>(&mut client)?).to_string(),
        3 => {
            let [length] = read(&mut client)?;
            text(&mut client, length)?
        }
        _ => "another kind of address".to_owned(),
    };
    let port = u16::from_be_bytes(read(&mut client)?);
    seen.lock().unwrap().push(format!("{host}:{port}"));
    let reply = u8::from(rules.refuses.is_some());
    client.write_all(&[5, reply, 0, 1, 0, 0, 0, 0, 0, 0])?;
    if reply == 0 {
        pump(client, TcpStream::connect(to)?);
    }
    Ok(())
}

fn read<const LENGTH: usize>(stream: &mut TcpStream) -> std::io::Result<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn text(stream: &mut TcpStream, length: u8) -> std::io::Result<String> {
    let mut bytes = vec![0; usize::from(length)];
    stream.read_exact(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
