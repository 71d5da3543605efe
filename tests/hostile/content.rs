//! Complete responses with invalid bodies.

use mem0::client::Method;

use crate::callers::{FLAVOURS, Flavour, Limits, async_client, blocking_client, runtime};
use crate::fault::{Fault, check, fault, response, send};
use crate::outcome::Ends;
use crate::server::Step::Close;
use crate::server::{Script, Server};

fn body(name: &str, body: impl AsRef<[u8]>) -> Fault {
    fault(name, vec![send(response("200 OK", "", body))]).once(Ends::Undecodable(200))
}

#[test]
fn invalid_bodies() {
    check(&[
        body("an empty body", ""),
        body("whitespace", " \r\n "),
        body("HTML", "<!doctype html><title>Sign in</title>"),
        body("truncated JSON", r#"{"name":"P","mess"#),
        body("a list for an object", "[]"),
        body("a list with an object", r#"[{"name":"P"}]"#),
        body("a string", r#""done""#),
        body("null", "null"),
        body("two objects", "{} {}"),
        body("a body of nested brackets only", "[".repeat(100_000)),
        body("a deep object", format!("{}{}", r#"{"a":"#.repeat(4_000), "}".repeat(4_000))),
        body(
            "text that is not valid UTF-8",
            b"{\"name\":\"\xff\xfe\",\"message\":\"\xff\",\"org_id\":\"\xff\"}",
        ),
        body("NUL bytes", [0; 100]),
        body("a NUL in JSON", b"{\"name\":\"a\0b\"}"),
        body("half a surrogate", r#"{"name":"\ud800","message":"\ud800"}"#),
        body("a byte order mark", "\u{feff}{}"),
        body("numbers for names", r#"{"name":1e999,"message":1e999,"org_id":7}"#),
    ]);
}

#[test]
fn bodies_of_statuses_without_a_body() {
    // A PATCH returns a message, which is optional; the values of the other calls are not.
    let with_body = |status: &str| vec![send(response(status, "", "{\"name\":\"stray\"}")), Close];
    let without = |status: &str| vec![send(format!("HTTP/1.1 {status}\r\n\r\n")), Close];
    check(&[
        fault("204", without("204 No Content")).once(Ends::Undecodable(204)).patch(Ends::Well, 1),
        fault("204 with a body", with_body("204 No Content"))
            .once(Ends::Undecodable(204))
            .patch(Ends::Well, 1),
        fault("205 with a length of 0", vec![send(response("205 Reset Content", "", "")), Close])
            .once(Ends::Undecodable(205))
            .patch(Ends::Well, 1),
        fault("304", without("304 Not Modified")).once(Ends::Api(304, mem0::error::ApiErrorKind::Other)),
        fault("304 with a body", with_body("304 Not Modified"))
            .once(Ends::Api(304, mem0::error::ApiErrorKind::Other)),
    ]);
}

/// The `Content-Length` of a response to HEAD belongs to a body that is not sent.
#[test]
fn a_response_to_head_has_no_body() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 9000000000\r\n\r\n";
    for flavour in FLAVOURS {
        let server = Server::start(Script::new(vec![send(head)]));
        let (url, path) = (server.url(), ["v1", "ping", ""]);
        let outcome = match flavour {
            Flavour::Blocking => {
                blocking_client(&url, Limits::LONG).request(Method::HEAD, path).send::<Option<u8>>()
            }
            Flavour::Async => runtime()
                .block_on(async_client(&url, Limits::LONG).request(Method::HEAD, path).send::<Option<u8>>()),
        };
        assert_eq!(outcome.unwrap(), None, "{flavour:?}");
        assert_eq!(server.stop().requests(), 1);
    }
}
