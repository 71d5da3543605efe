//! Error responses with an incomplete body: the status is reported.

use crate::fault::{Fault, check, fault, response, send};
use crate::outcome::Ends;
use crate::server::Step;
use crate::server::Step::{Close, Flood, Reset, Stall};

const HEAD: &str = "HTTP/1.1 404 Not Found\r\nx-request-id: req-7\r\n";

fn error_response(name: &str, rest: &str, step: Step) -> Fault {
    fault(format!("404 whose body {name}"), vec![send(format!("{HEAD}{rest}")), step])
        .once(Ends::status(404))
        .request_id("req-7")
}

#[test]
fn an_error_status_is_kept_with_an_incomplete_body() {
    let compressed = |encoding: &str| {
        let head = format!("x-request-id: req-7\r\ncontent-encoding: {encoding}\r\n");
        fault(format!("404 with invalid {encoding}"), vec![send(response("404 Not Found", &head, "plain"))])
            .once(Ends::status(404))
    };
    check(&[
        error_response("is complete", "content-length: 17\r\n\r\n{\"message\":\"no\"} ", Close),
        error_response("is closed", "content-length: 99\r\n\r\n{\"mess", Close),
        error_response("is reset", "content-length: 99\r\n\r\n{\"mess", Reset),
        error_response("is closed in a chunk", "transfer-encoding: chunked\r\n\r\nff\r\n{\"mess", Close),
        error_response("is reset in a chunk", "transfer-encoding: chunked\r\n\r\nff\r\n{\"mess", Reset),
        error_response("has a chunk of a bad size", "transfer-encoding: chunked\r\n\r\nzz\r\n{\"mess", Close),
        error_response("stalls", "content-length: 99\r\n\r\n{\"mess", Stall).hasty(),
        error_response("stalls in a chunk", "transfer-encoding: chunked\r\n\r\nff\r\n{\"mess", Stall).hasty(),
        error_response("has no end", "\r\n", Flood(vec![b' '; 16 * 1024])),
        error_response("claims to have gigabytes", "content-length: 9000000000\r\n\r\n", Stall),
        error_response("is missing", "\r\n", Close),
        compressed("gzip"),
        compressed("br"),
        compressed("gzip, gzip"),
    ]);
}

#[test]
fn a_server_error_with_an_incomplete_body_is_retried() {
    let failure = |rest: &str, step: Step| {
        fault(format!("503 {step:?}"), vec![send(format!("HTTP/1.1 503 No\r\n{rest}")), step])
            .repeated(Ends::status(503))
    };
    check(&[
        failure("content-length: 99\r\n\r\n{\"mess", Close),
        failure("content-length: 99\r\n\r\n{\"mess", Reset),
        failure("content-length: 99\r\n\r\n{\"mess", Stall).hasty(),
        failure("\r\n", Flood(vec![b' '; 16 * 1024])),
    ]);
}
