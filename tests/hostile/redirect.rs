//! Redirects, which are never followed, so that neither the key nor a write reaches another server.

use mem0::error::ApiErrorKind;

use crate::fault::{check, fault, response, send};
use crate::outcome::Ends;
use crate::server::Step::Close;
use crate::server::{DateOrTimestamp, Script, Server};

#[test]
fn redirects_are_errors_and_are_not_followed() {
    let elsewhere = Server::start(Script { moment: DateOrTimestamp::Accepted, ..Script::new(vec![Close]) });
    let other = elsewhere.url();
    let mut rows = Vec::new();
    for status in [300, 301, 302, 303, 307, 308] {
        for (name, location) in [
            ("to another host", format!("location: {other}/\r\n")),
            ("to another scheme", format!("location: https://{}/\r\n", elsewhere.address())),
            ("to a host without a scheme", format!("location: //{}/\r\n", elsewhere.address())),
            ("to itself", "location: ?again\r\n".to_owned()),
            ("to two places", format!("location: {other}/1\r\nlocation: {other}/2\r\n")),
            ("to nowhere", String::new()),
            ("to an invalid URL", "location: http://[\r\n".to_owned()),
        ] {
            let steps = vec![send(response(&format!("{status} Moved"), &location, "moved"))];
            let row = fault(format!("{status} {name}"), steps);
            rows.push(row.once(Ends::Api(status, ApiErrorKind::Other)));
        }
    }
    check(&rows);
    assert_eq!(elsewhere.stop().requests(), 0, "another host received a request");
}
