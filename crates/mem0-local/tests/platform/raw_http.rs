//! Raw HTTP, for requests and responses that the clients do not support.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// A raw response.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RawResponse {
    pub(crate) status: u16,
    /// Names are in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl RawResponse {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Removes the headers that differ between responses.
    pub(crate) fn without_variable_headers(mut self) -> Self {
        self.headers.retain(|(name, _)| name != "x-request-id" && name != "date");
        self
    }
}

/// One connection.
pub(crate) struct RawConnection {
    reader: BufReader<TcpStream>,
}

impl RawConnection {
    pub(crate) fn open(url: &str) -> Self {
        let stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { reader: BufReader::new(stream) }
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        self.reader.get_ref()
    }

    /// Sends bytes. A closed connection is ignored, because the response shows the outcome.
    pub(crate) fn send(&self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream().write_all(bytes.as_ref());
    }

    /// Reads one response; `None` if the connection closed before its end.
    pub(crate) fn read_response(&mut self, to_head: bool) -> Option<RawResponse> {
        let mut status = String::new();
        self.reader.read_line(&mut status).ok()?;
        let status = status.split(' ').nth(1)?.parse().ok()?;
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            self.reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.push((name.to_lowercase(), value.trim().to_owned()));
        }
        let mut response = RawResponse { status, headers, body: String::new() };
        let length = response.header("content-length").map_or(0, |length| length.parse().unwrap());
        let has_body = !to_head && ![204, 304].contains(&status);
        let mut body = vec![0; if has_body { length } else { 0 }];
        self.reader.read_exact(&mut body).ok()?;
        response.body = String::from_utf8(body).unwrap();
        Some(response)
    }

    /// Reads until the connection closes. Returns the bytes and whether it closed without an error.
    pub(crate) fn read_to_close(&mut self) -> (Vec<u8>, bool) {
        let mut rest = Vec::new();
        let clean = self.reader.read_to_end(&mut rest).is_ok();
        (rest, clean)
    }

    pub(crate) fn call(
        &mut self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: &str,
    ) -> Option<RawResponse> {
        self.send(request(method, path, key, body));
        self.read_response(method == "HEAD")
    }
}

/// Returns the bytes of a request.
pub(crate) fn request(method: &str, path: &str, key: Option<&str>, body: &str) -> String {
    let key = key.map(|key| format!("Authorization: Token {key}\r\n")).unwrap_or_default();
    let length = body.len();
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{key}Content-Length: {length}\r\n\r\n{body}")
}

/// Sends one request on a new connection.
pub(crate) fn call(url: &str, method: &str, path: &str, key: &str, body: &Value) -> RawResponse {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let key = (!key.is_empty()).then_some(key);
    RawConnection::open(url).call(method, path, key, &body).expect("a response")
}
