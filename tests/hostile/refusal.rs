//! Refusals whose body is broken: the status is what counts.

use crate::fault::{Fault, answer, check, fault, send};
use crate::outcome::Ends;
use crate::server::Step;
use crate::server::Step::{Close, Flood, Reset, Stall};

const HEAD: &str = "HTTP/1.1 404 Not Found\r\nx-request-id: req-7\r\n";

fn refusal(name: &str, rest: &str, step: Step) -> Fault {
    fault(format!("404 whose body {name}"), vec![send(format!("{HEAD}{rest}")), step])
        .once(Ends::refused(404))
        .request_id("req-7")
}

#[test]
fn a_refusal_is_one_whatever_becomes_of_its_body() {
    let compressed = |encoding: &str| {
        let head = format!("x-request-id: req-7\r\ncontent-encoding: {encoding}\r\n");
        fault(
            format!("404 whose body is bad {encoding}"),
            vec![send(answer("404 Not Found", &head, "plain"))],
        )
        .once(Ends::refused(404))
    };
    check(&[
        refusal("is whole", "content-length: 17\r\n\r\n{\"message\":\"no\"} ", Close),
        refusal("is closed", "content-length: 99\r\n\r\n{\"mess", Close),
        refusal("is reset", "content-length: 99\r\n\r\n{\"mess", Reset),
        refusal("is closed in a chunk", "transfer-encoding: chunked\r\n\r\nff\r\n{\"mess", Close),
        refusal("is reset in a chunk", "transfer-encoding: chunked\r\n\r\nff\r\n{\"mess", Reset),
        refusal("has a chunk of a bad size", "transfer-encoding: chunked\r\n\r\nzz\r\n{\"mess", Close),
        refusal("stalls", "content-length: 99\r\n\r\n{\"mess", Stall).hasty(),
        refusal("stalls in a chunk", "transfer-encoding: chunked\r\n\r\nff\r\n{\"mess", Stall).hasty(),
        refusal("has no end", "\r\n", Flood(vec![b' '; 16 * 1024])),
        refusal("is promised to be gigabytes", "content-length: 9000000000\r\n\r\n", Stall),
        refusal("is not there", "\r\n", Close),
        compressed("gzip"),
        compressed("br"),
        compressed("gzip, gzip"),
    ]);
}

#[test]
fn a_failure_with_a_broken_body_is_tried_again_as_any_failure() {
    let failure = |rest: &str, step: Step| {
        fault(format!("503 {step:?}"), vec![send(format!("HTTP/1.1 503 No\r\n{rest}")), step])
            .repeated(Ends::refused(503))
    };
    check(&[
        failure("content-length: 99\r\n\r\n{\"mess", Close),
        failure("content-length: 99\r\n\r\n{\"mess", Reset),
        failure("content-length: 99\r\n\r\n{\"mess", Stall).hasty(),
        failure("\r\n", Flood(vec![b' '; 16 * 1024])),
    ]);
}
