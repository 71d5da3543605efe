//! Connections that are refused, closed early, or stalled.

use mem0::error::{Phase, TimeoutKind};
use socket2::{Domain, Socket, Type};
use std::net::SocketAddr;
use std::time::Duration;

use crate::callers::{CALLS, Call, FLAVOURS, Flavour, Limits, async_client, blocking_client, call, runtime};
use crate::fault::{VALID_BODY, check, fault, response, send, valid_response};
use crate::outcome::Ends;
use crate::server::DateOrTimestamp::{Accepted, FirstByte, Head};
use crate::server::Step::{Close, Deaf, Drip, Reset, Stall};
use crate::server::{Script, Server};

#[test]
fn a_refused_connection_is_retried_and_counts_as_not_sent() {
    // A bound port without a listener refuses connections, and no other process can take it.
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap().as_socket().unwrap());
    for flavour in FLAVOURS {
        for kind in CALLS {
            let outcome = call(flavour, kind, &url, Limits::LONG);
            assert_eq!(
                Ends::of(&outcome),
                Ends::Unsent(Phase::Connect),
                "{flavour:?}, {kind:?}: {outcome:?}"
            );
            let error = outcome.unwrap_err();
            assert_eq!((error.attempts(), error.was_sent()), (3, false), "{flavour:?}, {kind:?}: {error:?}");
        }
    }
}

/// Server that accepts no more connections, since its backlog is full.
#[test]
#[cfg(target_os = "linux")]
fn a_connect_timeout_counts_as_not_sent() {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    loop {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let outcome = socket.connect_timeout(&address, Duration::from_millis(300));
        queue.push(socket);
        if outcome.is_err() {
            break;
        }
        assert!(queue.len() < 100, "the backlog is unlimited");
    }
    let url = format!("http://{}", address.as_socket().unwrap());
    let limits = Limits { connect: Limits::SHORT.connect, ..Limits::LONG };
    std::thread::scope(|scope| {
        for (flavour, kind) in FLAVOURS.into_iter().flat_map(|flavour| CALLS.map(|kind| (flavour, kind))) {
            let url = &url;
            scope.spawn(move || {
                let outcome = call(flavour, kind, url, limits);
                let ends = Ends::TimedOut(TimeoutKind::Connect);
                assert_eq!(Ends::of(&outcome), ends, "{flavour:?}, {kind:?}: {outcome:?}");
                let error = outcome.unwrap_err();
                assert_eq!((error.attempts(), error.was_sent()), (3, false), "{error:?}");
            });
        }
    });
}

/// Body over the size of the socket buffers, to a server that does not read it.
#[test]
fn large_writes_with_early_responses_or_no_reader() {
    let early = response("413 Too Large", "connection: close\r\n", r#"{"message":"too large"}"#);
    let hasty = Limits { attempt: 3 * Limits::SHORT.attempt, ..Limits::LONG };
    for (steps, limits, ends) in [
        (vec![send(early), Close], Limits::LONG, Ends::status(413)),
        (vec![Deaf], hasty, Ends::TimedOut(TimeoutKind::Attempt)),
    ] {
        for flavour in FLAVOURS {
            let server = Server::start(Script { moment: Head, ..Script::new(steps.clone()) });
            let name = "x".repeat(16 << 20);
            let outcome = match flavour {
                Flavour::Blocking => {
                    blocking_client(&server.url(), limits).organizations().create(&name).map(drop)
                }
                Flavour::Async => runtime()
                    .block_on(async_client(&server.url(), limits).organizations().create(&name))
                    .map(drop),
            };
            assert_eq!(Ends::of(&outcome), ends, "{flavour:?}: {outcome:?}");
            let ledger = server.stop();
            assert_eq!((ledger.requests(), ledger.applied()), (1, 0), "{flavour:?}");
        }
    }
}

/// The reset may arrive before the client has sent a byte or after; the error must match.
#[test]
fn an_immediate_reset_carries_out_nothing() {
    for flavour in FLAVOURS {
        for kind in CALLS {
            let server = Server::start(Script { moment: Accepted, ..Script::new(vec![Reset]) });
            let outcome = call(flavour, kind, &server.url(), Limits::LONG);
            let ends = Ends::of(&outcome);
            let is_known = Ends::Broken.allows(ends) || ends == Ends::Unsent(Phase::Connect);
            assert!(is_known, "{flavour:?}, {kind:?}: {outcome:?}");
            let error = outcome.unwrap_err();
            let ledger = server.stop();
            assert_eq!((ledger.requests(), ledger.applied()), (error.attempts() as usize, 0), "{error:?}");
            assert!(error.attempts() == 3 || (kind == Call::Write && error.was_sent()), "{error:?}");
        }
    }
}

#[test]
fn connections_closed_before_the_response() {
    check(&[
        fault("closes immediately", vec![Close]).at(Accepted).repeated(Ends::Broken),
        fault("closes at the first byte", vec![Close]).at(FirstByte).repeated(Ends::Broken),
        fault("resets at the first byte", vec![Reset]).at(FirstByte).repeated(Ends::Broken),
        fault("closes after the headers", vec![Close]).at(Head).repeated(Ends::Broken),
        fault("resets after the headers", vec![Reset]).at(Head).repeated(Ends::Broken),
        fault("closes after the request", vec![Close]).repeated(Ends::Lost),
        fault("resets after the request", vec![Reset]).repeated(Ends::Lost),
        fault(
            "responds before the body has arrived",
            vec![send(response("413 Too Large", "", VALID_BODY)), Close],
        )
        .at(Head)
        .once(Ends::status(413)),
        fault("closes, then responds", vec![Close])
            .then(vec![send(valid_response())])
            .repeatable(Ends::Well, 2)
            .write(Ends::Lost, 1),
        fault("resets, then responds", vec![Reset])
            .then(vec![send(valid_response())])
            .repeatable(Ends::Well, 2)
            .write(Ends::Lost, 1),
    ]);
}

#[test]
fn connections_closed_mid_response() {
    let whole = String::from_utf8(valid_response()).unwrap();
    let chunked = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{VALID_BODY}",
        VALID_BODY.len()
    );
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{VALID_BODY}");
    check(&[
        fault("closes in the status line", vec![send("HTTP/1.1 2"), Close]).repeated(Ends::Lost),
        fault("resets in the status line", vec![send("HTTP/1.1 2"), Reset]).repeated(Ends::Lost),
        fault("closes in the headers", vec![send(&whole[..30]), Close]).repeated(Ends::Lost),
        fault("resets in the headers", vec![send(&whole[..30]), Reset]).repeated(Ends::Lost),
        fault("closes in the body", vec![send(&whole[..whole.len() - 5]), Close]).repeated(Ends::Lost),
        fault("resets in the body", vec![send(&whole[..whole.len() - 5]), Reset]).repeated(Ends::Lost),
        fault("closes in a chunked body", vec![send(&chunked), Close]).repeated(Ends::Lost),
        fault("resets in a chunked body", vec![send(&chunked), Reset]).repeated(Ends::Lost),
        fault("a body that ends with the connection", vec![send(&endless), Close]),
        fault("a body that ends with a reset", vec![send(&endless), Reset]).repeated(Ends::Lost),
    ]);
}

#[test]
fn stalled_connections() {
    let attempt = Ends::TimedOut(TimeoutKind::Attempt);
    let whole = valid_response();
    let slow = response("200 OK", "", format!("{{\"name\":\"{}\"}}", "x".repeat(500)));
    let long_head = response("200 OK", &format!("x-long: {}\r\n", "x".repeat(500)), VALID_BODY);
    check(&[
        fault("accepts and stalls", vec![Stall]).at(Accepted).hasty().repeated(attempt),
        fault("stalls before the headers", vec![Stall]).hasty().repeated(attempt),
        fault("stalls in the status line", vec![send("HTTP/1.1 200"), Stall]).hasty().repeated(attempt),
        fault("stalls in the headers", vec![send(&whole[..30]), Stall]).hasty().repeated(attempt),
        fault("stalls in the body", vec![send(&whole[..whole.len() - 5]), Stall]).hasty().repeated(attempt),
        fault("drips the headers", vec![Drip(long_head), Stall]).hasty().repeated(attempt),
        fault("drips the body", vec![send(&slow[..40]), Drip(slow[40..].to_vec()), Stall])
            .hasty()
            .repeated(attempt),
        fault("stalls, then responds", vec![Stall])
            .then(vec![send(valid_response())])
            .unhurried()
            .repeatable(Ends::Well, 2)
            .write(attempt, 1),
    ]);
}
