//! Repeated error statuses, with and without `Retry-After`.

use crate::fault::{VALID_BODY, check, fault, response, send, valid_response};
use crate::outcome::Ends;

/// Values of `Retry-After`, and whether a client with a maximum of 30 s retries at once or returns the error.
const RETRY_AFTER: [(&str, bool); 14] = [
    ("0", true),
    ("0.001", true),
    ("1e-3", true),
    ("Sun, 06 Nov 1994 08:49:37 GMT", true),
    ("Sunday, 06-Nov-94 08:49:37 GMT", true),
    ("Fri, 31 Dec 9999 23:59:59 GMT", false),
    ("31", false),
    ("99999999999999999999", false),
    ("1e400", false),
    // Values without a delay.
    ("-1", true),
    ("NaN", true),
    ("inf", true),
    ("soon", true),
    ("", true),
];

#[test]
fn repeated_error_statuses() {
    let mut rows = Vec::new();
    for status in [408, 425, 500, 501, 502, 503, 504, 520, 599] {
        let storm = fault(
            format!("repeated {status}"),
            vec![send(response(&format!("{status} No"), "", r#"{"message":"no"}"#))],
        );
        let ends = Ends::status(status);
        rows.push(if status == 425 { storm.once(ends) } else { storm.repeated(ends) });
    }
    let busy = || vec![send(response("429 No", "", r#"{"detail":"Slow down."}"#))];
    rows.push(fault("repeated 429", busy()).disclaimed().always_repeated(Ends::status(429)));
    rows.push(
        fault("503, then the response", vec![send(response("503 No", "", ""))])
            .then(vec![send(valid_response())])
            .repeatable(Ends::Well, 2)
            .write(Ends::status(503), 1),
    );
    check(&rows);
}

#[test]
fn a_write_after_a_429_is_carried_out_once() {
    let row = fault("429, then the response", vec![send(response("429 No", "retry-after: 0\r\n", ""))])
        .then(vec![send(valid_response())])
        .disclaimed()
        .repeatable(Ends::Well, 2)
        .write(Ends::Well, 2);
    check(&[row]);
}

#[test]
fn all_forms_of_retry_after() {
    let mut rows = Vec::new();
    for (text, is_soon) in RETRY_AFTER {
        for status in [429, 503] {
            let refusal = response(&format!("{status} No"), &format!("retry-after: {text}\r\n"), VALID_BODY);
            let row = fault(format!("{status} with Retry-After {text:?}"), vec![send(refusal)]);
            let ends = Ends::status(status);
            rows.push(match (is_soon, status) {
                (true, 429) => row.disclaimed().always_repeated(ends),
                (true, _) => row.repeated(ends),
                (false, _) => row.once(ends),
            });
        }
    }
    check(&rows);
}
