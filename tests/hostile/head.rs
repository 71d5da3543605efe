//! Responses with invalid or oversized status lines and headers.

use mem0::error::TimeoutKind;

use crate::fault::{VALID_BODY, check, fault, response, send, valid_response};
use crate::outcome::Ends;
use crate::server::Step::{Close, Flood, Pause, Stall, Trickle};
use std::time::Duration;

#[test]
fn invalid_http() {
    let with_version = |version: &str| {
        format!("{version} 200 OK\r\ncontent-length: {}\r\n\r\n{VALID_BODY}", VALID_BODY.len())
    };
    let garbage: Vec<u8> = (0..4096u32).map(|number| (number * 7919 % 251) as u8).collect();
    check(&[
        fault("garbage", vec![send(garbage), Close]).repeated(Ends::Lost),
        fault("zeros", vec![send([0; 1000]), Close]).repeated(Ends::Lost),
        fault("a body without headers, as in HTTP/0.9", vec![send(VALID_BODY), Close]).repeated(Ends::Lost),
        fault("HTML without headers", vec![send("<html><body>hello</body></html>\r\n\r\n"), Close])
            .repeated(Ends::Lost),
        fault("the preface of HTTP/2", vec![send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Close])
            .repeated(Ends::Lost),
        fault("a SETTINGS frame of HTTP/2", vec![send(b"\0\0\0\x04\0\0\0\0\0"), Close]).repeated(Ends::Lost),
        fault("HTTP/2.0 in text", vec![send(with_version("HTTP/2.0")), Close]).repeated(Ends::Lost),
        fault("HTTP/1.2", vec![send(with_version("HTTP/1.2")), Close]).repeated(Ends::Lost),
        fault("HTTP/1.0", vec![send(with_version("HTTP/1.0")), Close]),
        fault("another protocol", vec![send("220 mail.example ESMTP\r\n"), Close]).repeated(Ends::Lost),
        fault("a TLS alert", vec![send(b"\x15\x03\x03\0\x02\x02\x28"), Close]).repeated(Ends::Lost),
        fault("a request in place of a response", vec![send("GET / HTTP/1.1\r\nhost: x\r\n\r\n"), Close])
            .repeated(Ends::Lost),
    ]);
}

#[test]
fn invalid_statuses() {
    let status = |status: &str| vec![send(response(status, "", VALID_BODY)), Close];
    check(&[
        fault("status 0", status("0 Zero")).repeated(Ends::Lost),
        fault("status 000", status("000 Zero")).repeated(Ends::Lost),
        fault("status 99", status("99 Low")).repeated(Ends::Lost),
        fault("status 099", status("099 Low")).repeated(Ends::Lost),
        fault("status 1000", status("1000 High")).repeated(Ends::Lost),
        fault("a status that is not a number", status("abc Words")).repeated(Ends::Lost),
        fault("no status", status("")).repeated(Ends::Lost),
        fault("a status without a reason", status("200")),
        fault("status 600", status("600 Beyond")).once(Ends::Api(600, mem0::error::ApiErrorKind::Other)),
        fault("status 999", status("999 Beyond")).once(Ends::Api(999, mem0::error::ApiErrorKind::Other)),
    ]);
}

#[test]
fn headers_over_the_limits() {
    let many =
        |count: usize| (0..count).map(|number| format!("x-{number}: y\r\n")).collect::<Vec<_>>().concat();
    let long = |length: usize| format!("x-long: {}\r\n", "y".repeat(length));
    let rows = [
        fault("90 headers", vec![send(response("200 OK", &many(90), VALID_BODY))]),
        fault("110 headers", vec![send(response("200 OK", &many(110), VALID_BODY))]).repeated(Ends::Lost),
        fault("130 headers", vec![send(response("200 OK", &many(130), VALID_BODY))]).repeated(Ends::Lost),
        fault("10,000 headers", vec![send(response("200 OK", &many(10_000), VALID_BODY))])
            .repeated(Ends::Lost),
        fault("a header of 30 KiB", vec![send(response("200 OK", &long(30 << 10), VALID_BODY))]),
        fault("a header of 70 KiB", vec![send(response("200 OK", &long(70 << 10), VALID_BODY))])
            .repeated(Ends::Lost),
        fault("a header of 200 KiB", vec![send(response("200 OK", &long(200 << 10), VALID_BODY))])
            .repeated(Ends::Lost),
        fault("a header of 1 MiB", vec![send(response("200 OK", &long(1 << 20), VALID_BODY))])
            .repeated(Ends::Lost),
        fault("headers without an end", vec![send("HTTP/1.1 200 OK\r\n"), Flood(b"x: y\r\n".repeat(1000))])
            .repeated(Ends::Lost),
        fault("a header without an end", vec![send("HTTP/1.1 200 OK\r\nx: "), Flood(vec![b'y'; 10_000])])
            .repeated(Ends::Lost),
    ];
    check(&rows);
}

#[test]
fn invalid_headers() {
    let with = |line: &str| vec![send(response("200 OK", line, VALID_BODY)), Close];
    check(&[
        fault("a header without a colon", with("what is this\r\n")).repeated(Ends::Lost),
        fault("a header without a name", with(": value\r\n")).repeated(Ends::Lost),
        fault("a space in a header name", with("a b: value\r\n")).repeated(Ends::Lost),
        fault("a header with a NUL", with("x: a\0b\r\n")).repeated(Ends::Lost),
        fault(
            "a header that is not valid UTF-8",
            vec![
                send([b"HTTP/1.1 200 OK\r\nx: \xff\xfe\r\ncontent-length: 2\r\n\r\n{}".as_slice()].concat()),
                Close,
            ],
        ),
        fault("a header over two lines", with("x: a\r\n b\r\n")).repeated(Ends::Lost),
        fault(
            "lines that end in LF only",
            vec![
                send(format!("HTTP/1.1 200 OK\ncontent-length: {}\n\n{VALID_BODY}", VALID_BODY.len())),
                Close,
            ],
        ),
    ]);
}

#[test]
fn interim_responses() {
    let attempt = Ends::TimedOut(TimeoutKind::Attempt);
    let other = mem0::error::ApiErrorKind::Other;
    let go_on = b"HTTP/1.1 100 Continue\r\n\r\n";
    let hints = b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n";
    let pause = || Pause(Duration::from_millis(20));
    check(&[
        fault("100, then the response", vec![send(go_on), send(valid_response())]),
        fault("100, a pause, then the response", vec![send(go_on), pause(), send(valid_response())]),
        fault("103, then the response", vec![send(hints), pause(), send(valid_response())]),
        fault(
            "fifty times 100 and 103, then the response",
            vec![send([go_on.as_slice(), hints].concat().repeat(50)), send(valid_response())],
        ),
        fault("100, then nothing", vec![send(go_on), Stall]).hasty().repeated(attempt),
        fault("100 without an end", vec![Trickle(go_on.repeat(100))]).hasty().repeated(attempt),
        fault("103 without an end", vec![Trickle(hints.repeat(100))]).hasty().repeated(attempt),
        fault(
            "100 with a header",
            vec![send("HTTP/1.1 100 Continue\r\nx: y\r\n\r\n"), send(valid_response())],
        ),
        fault(
            "an unrequested 101",
            vec![
                send("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
                Close,
            ],
        )
        .once(Ends::Api(101, other)),
        fault("101 without a reason", vec![send("HTTP/1.1 101 Switching Protocols\r\n\r\n"), Close])
            .once(Ends::Api(101, other)),
    ]);
}
