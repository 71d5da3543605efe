//! Bodies with invalid framing.

use mem0::error::TimeoutKind;

use crate::fault::{Fault, VALID_BODY, check, fault, send, valid_response};
use crate::outcome::Ends;
use crate::server::Step::{Close, Flood, Stall};

fn lengths(name: &str, lengths: &str) -> Fault {
    fault(name, vec![send(format!("HTTP/1.1 200 OK\r\n{lengths}\r\n{VALID_BODY}")), Close])
}

fn chunks(name: &str, chunks: &str) -> Fault {
    fault(name, vec![send(format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunks}")), Close])
}

#[test]
fn invalid_content_lengths() {
    let length = VALID_BODY.len();
    check(&[
        lengths("a length over that of the body", "content-length: 999\r\n").repeated(Ends::Lost),
        lengths("a length under that of the body", "content-length: 20\r\n").once(Ends::Undecodable(200)),
        lengths("a length of 0 with a body", "content-length: 0\r\n").once(Ends::Undecodable(200)),
        lengths("two lengths that differ", &format!("content-length: {length}\r\ncontent-length: 7\r\n"))
            .repeated(Ends::Lost),
        lengths("two lengths in one line that differ", &format!("content-length: {length}, 7\r\n"))
            .repeated(Ends::Lost),
        lengths(
            "the same length twice",
            &format!("content-length: {length}\r\ncontent-length: {length}\r\n"),
        ),
        lengths("a length that is not a number", "content-length: many\r\n").repeated(Ends::Lost),
        lengths("a negative length", "content-length: -1\r\n").repeated(Ends::Lost),
        lengths("a length with a sign", &format!("content-length: +{length}\r\n")).repeated(Ends::Lost),
        lengths("a length that does not fit", "content-length: 99999999999999999999999\r\n")
            .repeated(Ends::Lost),
        lengths("the maximum length", "content-length: 18446744073709551615\r\n").repeated(Ends::Lost),
        fault(
            "the maximum length, with an error status",
            vec![send("HTTP/1.1 404 No\r\ncontent-length: 18446744073709551615\r\n\r\n"), Close],
        )
        .repeated(Ends::Lost),
        lengths("the maximum length minus 2", "content-length: 18446744073709551613\r\n")
            .once(Ends::TooLarge(200)),
        lengths("a length of gigabytes", "content-length: 9000000000\r\n").once(Ends::TooLarge(200)),
    ]);
}

#[test]
fn invalid_chunks() {
    let length = VALID_BODY.len();
    let valid = format!("{length:x}\r\n{VALID_BODY}\r\n");
    check(&[
        chunks("valid chunks", &format!("{valid}0\r\n\r\n")),
        chunks("valid chunks with trailers", &format!("{valid}0\r\nx-trailer: 1\r\n\r\n")),
        chunks("chunks without an end", &valid).repeated(Ends::Lost),
        chunks("a chunk size that is not a number", &format!("zz\r\n{VALID_BODY}\r\n0\r\n\r\n"))
            .repeated(Ends::Lost),
        chunks("an empty chunk size", &format!("\r\n{VALID_BODY}\r\n0\r\n\r\n")).repeated(Ends::Lost),
        chunks("a negative chunk size", &format!("-1\r\n{VALID_BODY}\r\n0\r\n\r\n")).repeated(Ends::Lost),
        chunks("a chunk size that does not fit", &format!("ffffffffffffffffff\r\n{VALID_BODY}\r\n0\r\n\r\n"))
            .repeated(Ends::Lost),
        chunks("a chunk longer than its size", &format!("5\r\n{VALID_BODY}\r\n0\r\n\r\n"))
            .repeated(Ends::Lost),
        chunks("an enormous chunk that is cut", &format!("ffffffffffffff\r\n{VALID_BODY}"))
            .repeated(Ends::Lost),
        fault(
            "an enormous chunk that is sent",
            vec![
                send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffff\r\n"),
                Flood(vec![b' '; 16 * 1024]),
            ],
        )
        .once(Ends::TooLarge(200)),
        fault(
            "endless chunks",
            vec![
                send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"),
                Flood(b"10\r\n                \r\n".repeat(500)),
            ],
        )
        .once(Ends::TooLarge(200)),
        lengths(
            "a length with chunks",
            &format!("content-length: 7\r\ntransfer-encoding: chunked\r\n\r\n{valid}0\r\n"),
        ),
    ]);
}

#[test]
fn endless_bodies() {
    let attempt = Ends::TimedOut(TimeoutKind::Attempt);
    check(&[
        fault("a body without an end", vec![send("HTTP/1.1 200 OK\r\n\r\n"), Flood(vec![b' '; 16 * 1024])])
            .once(Ends::TooLarge(200)),
        fault(
            "a body of gigabytes that is sent",
            vec![send("HTTP/1.1 200 OK\r\ncontent-length: 9000000000\r\n\r\n"), Flood(vec![b' '; 16 * 1024])],
        )
        .once(Ends::TooLarge(200)),
        fault(
            "a body of gigabytes that stalls",
            vec![send("HTTP/1.1 200 OK\r\ncontent-length: 9000000000\r\n\r\n"), Stall],
        )
        .once(Ends::TooLarge(200)),
        fault(
            "a body that ends with the connection, and stalls",
            vec![send(format!("HTTP/1.1 200 OK\r\n\r\n{VALID_BODY}")), Stall],
        )
        .hasty()
        .repeated(attempt),
        fault("two responses to one request", vec![send([valid_response(), valid_response()].concat())]),
    ]);
}
