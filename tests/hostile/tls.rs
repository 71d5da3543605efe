//! Servers that do not speak TLS: nothing was sent, so all calls are retried.

use mem0::error::{Phase, TimeoutKind};

use crate::fault::{check, fault, send, valid_response};
use crate::outcome::Ends;
use crate::server::DateOrTimestamp::Accepted;
use crate::server::Step::{Close, Reset, Stall};

#[test]
fn failed_handshakes() {
    let tls = Ends::Unsent(Phase::Tls);
    let connect = Ends::TimedOut(TimeoutKind::Connect);
    check(&[
        fault("closes the handshake", vec![Close]).at(Accepted).https().always_repeated(tls),
        fault("resets the handshake", vec![Reset]).at(Accepted).https().always_repeated(tls),
        fault("garbage for a handshake", vec![send(b"\x07garbage garbage garbage garbage"), Close])
            .at(Accepted)
            .https()
            .always_repeated(tls),
        fault("plain HTTP for a handshake", vec![send(valid_response()), Close])
            .at(Accepted)
            .https()
            .always_repeated(tls),
        fault("an alert for a handshake", vec![send(b"\x15\x03\x03\0\x02\x02\x28"), Close])
            .at(Accepted)
            .https()
            .always_repeated(tls),
        fault("half a handshake", vec![send(b"\x16\x03\x03\0\x7a\x02\0\0\x76\x03\x03"), Close])
            .at(Accepted)
            .https()
            .always_repeated(tls),
        fault("stalls the handshake", vec![Stall])
            .at(Accepted)
            .https()
            .hasty_to_connect()
            .always_repeated(connect),
        fault("stalls in the handshake", vec![send(b"\x16\x03\x03\0\x7a\x02\0\0\x76\x03\x03"), Stall])
            .at(Accepted)
            .https()
            .hasty_to_connect()
            .always_repeated(connect),
        // If the attempt timeout is shorter, the phase of the attempt is unknown.
        fault("stalls the handshake longer than an attempt", vec![Stall])
            .at(Accepted)
            .https()
            .hasty()
            .repeated(Ends::TimedOut(TimeoutKind::Attempt)),
    ]);
}
