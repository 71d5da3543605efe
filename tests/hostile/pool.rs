//! Pooled connections that change while they are idle.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mem0::Error;

use crate::callers::{CALLS, Call, FLAVOURS, Flavour, Limits, async_client, blocking_client, call_async};
use crate::callers::{call_blocking, runtime};
use crate::fault::{response, send};
use crate::outcome::Ends;
use crate::server::Step::{Await, Close, Reset};
use crate::server::{Ledger, Script, Server, Step};

/// Pause that the client notices.
const FREEZE: Duration = Duration::from_millis(150);

/// Outcome of the second of two calls, and the server's record of both.
struct Second {
    outcome: Result<Option<String>, Error>,
    ledger: Arc<Ledger>,
}

/// Makes a read, then a call of this kind with the same client. With `yields`, the async runtime polls its sockets
/// between the two and can detect a closed connection. Without, the only guarantee is that no write is carried out
/// twice.
fn second_call(flavour: Flavour, kind: Call, yields: bool, script: &Script, signal: &AtomicBool) -> Second {
    signal.store(false, Ordering::SeqCst);
    let server = Server::start(script.clone());
    let until_the_server_is_done = || {
        let started = Instant::now();
        signal.store(true, Ordering::SeqCst);
        while server.ledger().done() == 0 {
            assert!(started.elapsed() < Duration::from_secs(60), "the server does not end its script");
            std::thread::sleep(Duration::from_millis(1));
        }
    };
    let outcome = match flavour {
        Flavour::Blocking => {
            let client = blocking_client(&server.url(), Limits::LONG);
            assert_eq!(call_blocking(&client, Call::Read).unwrap().as_deref(), Some("first"));
            until_the_server_is_done();
            call_blocking(&client, kind)
        }
        Flavour::Async => runtime().block_on(async {
            let client = async_client(&server.url(), Limits::LONG);
            assert_eq!(call_async(&client, Call::Read).await.unwrap().as_deref(), Some("first"));
            until_the_server_is_done();
            if yields {
                // The timer and the socket may become ready at the same time. The second wait lets the runtime handle
                // the socket.
                for _ in 0..2 {
                    tokio::time::sleep(Duration::from_millis(25)).await;
                }
            }
            call_async(&client, kind).await
        }),
    };
    Second { outcome, ledger: server.stop() }
}

fn named(name: &str) -> Vec<u8> {
    response("200 OK", "", format!(r#"{{"name":"{name}","message":"{name}","org_id":"org"}}"#))
}

/// Flavours, calls and `yields` of the second call.
fn ways() -> impl Iterator<Item = (Flavour, Call, bool)> {
    let flavours =
        FLAVOURS.into_iter().flat_map(|flavour| CALLS.into_iter().map(move |kind| (flavour, kind)));
    flavours.flat_map(|(flavour, kind)| [true, false].map(|yields| (flavour, kind, yields)))
}

/// Ways in which a server closes an idle connection.
fn closed_while_idle() -> [(&'static str, Vec<Step>); 5] {
    let timeout = response("408 Request Timeout", "connection: close\r\n", "");
    [
        ("closes", vec![Close]),
        ("resets", vec![Reset]),
        ("responds with 408 and closes", vec![send(timeout), Close]),
        ("sends an unsolicited response and closes", vec![send(named("stray")), Close]),
        ("sends garbage, and resets", vec![send("garbage"), Reset]),
    ]
}

#[test]
fn a_connection_closed_while_idle_is_replaced() {
    let signal = Arc::new(AtomicBool::new(false));
    for (name, steps) in closed_while_idle() {
        let first = [vec![send(named("first")), Await(signal.clone())], steps].concat();
        let script = Script { steps: vec![first, vec![send(named("second"))]], ..Script::new(vec![]) };
        for (flavour, kind, yields) in ways() {
            let second = second_call(flavour, kind, yields, &script, &signal);
            let case = format!("{name}: {flavour:?}, {kind:?}, {yields}");
            assert!(second.ledger.applied() <= 1, "{case}");
            if flavour == Flavour::Async && !yields {
                continue;
            }
            let value = second.outcome.unwrap_or_else(|error| panic!("{case}: {error:?}"));
            assert_eq!(value.as_deref(), Some("second"), "{case}");
            assert_eq!(second.ledger.requests(), 2, "{case}");
            assert_eq!(second.ledger.applied(), usize::from(kind == Call::Write), "{case}");
        }
    }
}

#[test]
fn an_unsolicited_response_is_not_used_for_the_next_call() {
    let signal = Arc::new(AtomicBool::new(false));
    let stray = named("stray");
    for (name, first) in [
        ("at once", vec![send([named("first"), stray.clone()].concat())]),
        ("in two pieces", vec![send([named("first"), stray[..9].to_vec()].concat()), send(&stray[9..])]),
        ("later", vec![send(named("first")), Await(signal.clone()), send(&stray)]),
        ("after no body", vec![send(named("first")), Await(signal.clone()), send(b"\r\n"), send(&stray)]),
    ] {
        let script = Script { steps: vec![first, vec![send(named("second"))]], ..Script::new(vec![]) };
        for (flavour, kind, yields) in ways() {
            let second = second_call(flavour, kind, yields, &script, &signal);
            let case = format!("{name}: {flavour:?}, {kind:?}, {yields}");
            assert!(second.ledger.applied() <= 1, "{case}");
            if flavour == Flavour::Async && !yields {
                continue;
            }
            let value = second.outcome.unwrap_or_else(|error| panic!("{case}: {error:?}"));
            assert_eq!(value.as_deref(), Some("second"), "{case}");
        }
    }
}

#[test]
fn a_connection_closed_during_a_request_is_replaced_for_idempotent_calls() {
    let signal = Arc::new(AtomicBool::new(false));
    for step in [Close, Reset] {
        let steps = vec![vec![send(named("first"))], vec![step.clone()], vec![send(named("second"))]];
        let script = Script { steps, ..Script::new(vec![]) };
        for (flavour, kind, yields) in ways() {
            let second = second_call(flavour, kind, yields, &script, &signal);
            let case = format!("{step:?}: {flavour:?}, {kind:?}, {yields}: {:?}", second.outcome);
            let ends = Ends::of(&second.outcome);
            if kind == Call::Write {
                assert!(Ends::Broken.allows(ends), "{case}");
                assert_eq!((second.ledger.requests(), second.ledger.applied()), (2, 1), "{case}");
            } else {
                assert_eq!((ends, second.ledger.requests()), (Ends::Well, 3), "{case}");
            }
        }
    }
}

/// Makes two calls with a pause between them in which the runtime is not polled, as in a serverless function that is
/// frozen between two invocations. The server carries out the rest of its first script during the pause.
fn call_after_freeze(kind: Call, script: &Script, signal: &AtomicBool) -> Second {
    signal.store(false, Ordering::SeqCst);
    let server = Server::start(script.clone());
    let runtime = runtime();
    let client = runtime.block_on(async { async_client(&server.url(), Limits::LONG) });
    let first = runtime.block_on(call_async(&client, Call::Read)).unwrap();
    assert_eq!(first.as_deref(), Some("first"));
    signal.store(true, Ordering::SeqCst);
    while server.ledger().done() == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(FREEZE);
    let outcome = runtime.block_on(call_async(&client, kind));
    Second { outcome, ledger: server.stop() }
}

#[test]
fn a_connection_closed_while_the_runtime_is_frozen_is_replaced() {
    let signal = Arc::new(AtomicBool::new(false));
    for (name, steps) in closed_while_idle() {
        let first = [vec![send(named("first")), Await(signal.clone())], steps].concat();
        let script = Script { steps: vec![first, vec![send(named("second"))]], ..Script::new(vec![]) };
        for kind in CALLS {
            let second = call_after_freeze(kind, &script, &signal);
            let case = format!("{name}: {kind:?}");
            let value = second.outcome.unwrap_or_else(|error| panic!("{case}: {error:?}"));
            assert_eq!(value.as_deref(), Some("second"), "{case}");
            assert_eq!(second.ledger.requests(), 2, "{case}");
            assert_eq!(second.ledger.applied(), usize::from(kind == Call::Write), "{case}");
        }
    }
}

#[test]
fn many_connections_closed_while_the_runtime_is_frozen_are_replaced() {
    const CONNECTIONS: usize = 100;
    let [all_sent, signal] = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
    // No connection is free for a second request before all are open.
    let first = vec![Await(all_sent.clone()), send(named("first")), Await(signal.clone()), Close];
    let steps = [vec![first; CONNECTIONS], vec![vec![send(named("second"))]]].concat();
    let server = Server::start(Script { steps, ..Script::new(vec![]) });
    let runtime = runtime();
    let client = runtime.block_on(async { async_client(&server.url(), Limits::LONG) });
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let started = Instant::now();
            while server.ledger().requests() < CONNECTIONS && started.elapsed() < Duration::from_secs(60) {
                std::thread::sleep(Duration::from_millis(1));
            }
            all_sent.store(true, Ordering::SeqCst);
        });
        let calls = (0..CONNECTIONS).map(|_| call_async(&client, Call::Read));
        for outcome in runtime.block_on(futures_util::future::join_all(calls)) {
            assert_eq!(outcome.unwrap().as_deref(), Some("first"));
        }
    });
    signal.store(true, Ordering::SeqCst);
    while server.ledger().done() < CONNECTIONS {
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(FREEZE);
    for _ in 0..3 {
        let outcome = runtime.block_on(call_async(&client, Call::Write));
        assert_eq!(outcome.unwrap().as_deref(), Some("second"));
    }
    assert_eq!(server.stop().applied(), 3);
}
