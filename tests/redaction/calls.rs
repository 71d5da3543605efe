//! Clients, requests, responses and errors, with a transport without a network.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;

use super::*;
use crate::names::*;
use mem0::blocking::Transport;

/// Prints requests, and returns the responses of the test.
#[derive(Clone)]
pub(super) struct Canned {
    respond: fn(&Request) -> Result<Response>,
    printed: Arc<Mutex<Vec<Printed>>>,
}

impl Transport for Canned {
    fn execute(&self, request: &Request) -> Result<Response> {
        // Memory calls first check that the project of the builder is that of the key.
        let response = match request.path() {
            "/v1/ping/" => Ok(self::response(200, &json!({ "org_id": "o", "project_id": "p" }))),
            _ => (self.respond)(request),
        };
        let mut printed = self.printed.lock().unwrap();
        printed.push(super::printed(request));
        printed.extend(response.as_ref().ok().map(super::printed));
        response
    }

    fn sleep(&self, _: Duration) {}
}

pub(super) fn client(
    respond: fn(&Request) -> Result<Response>,
) -> (MemoryClient<Canned>, Arc<Mutex<Vec<Printed>>>) {
    let printed = Arc::default();
    let transport = Canned { respond, printed: Arc::clone(&printed) };
    let client = MemoryClient::builder().api_key(KEY).header("X-Secret", KEY);
    (client.build_with_transport(transport).unwrap(), printed)
}

/// Response with private data in body and headers.
pub(super) fn response(status: u16, body: &serde_json::Value) -> Response {
    let mut headers = HeaderMap::new();
    for name in ["x-request-id", "x-ratelimit-reset", "x-echo"] {
        headers.insert(name, format!("{KEY} {EMAIL}").parse().unwrap());
    }
    Response::new(StatusCode::from_u16(status).unwrap(), headers, body.to_string())
}

/// Prints an error and its parts, but not the source of a transport error, whose text is that of the transport.
fn failed(error: &Error) -> Vec<Printed> {
    let mut parts = vec![displayed(error)];
    match error {
        Error::Api(error) => {
            parts.extend([displayed(&**error), displayed(&error.call), printed(&error.rate_limit)]);
        }
        Error::Decode(error) => parts.push(displayed(&**error)),
        Error::Transport(error) => parts.push(displayed(&**error)),
        Error::Timeout(error) => parts.push(displayed(&**error)),
        Error::TooLarge(error) => parts.push(displayed(&**error)),
        Error::Event(error) => parts.extend([displayed(&**error), printed(&error.event)]),
        _ => {}
    }
    parts
}

pub(super) fn walk() -> Vec<Printed> {
    let responses: [fn(&Request) -> Result<Response>; 8] = [
        |_| Ok(response(200, &json!({ "message": leaky(), "event_id": leaky() }))),
        |_| Ok(response(200, &json!({ "event_id": leaky(), "status": "FAILED", "error": leaky() }))),
        |_| Ok(response(400, &json!({ "message": leaky(), leaky(): [leaky()] }))),
        |_| Ok(response(403, &json!(leaky()))),
        |_| Ok(response(200, &json!({ "message": [leaky()] }))),
        |_| Err(Error::transport(Phase::Connect, std::io::Error::other(leaky()))),
        |_| Err(Error::timeout(TimeoutKind::Attempt, Duration::ZERO, true)),
        |request| {
            let stopped = Error::too_large(StatusCode::OK, request.body_limit());
            Ok(response(200, &json!({})).with_body_error(stopped))
        },
    ];
    let mut walk = Vec::new();
    for respond in responses {
        let (client, seen) = client(respond);
        walk.push(printed(&client));
        walk.extend(
            client.with_response().delete_users("user", EMAIL).map_or_else(
                |error| failed(&error),
                |done| vec![printed(&done), printed(&done.rate_limit())],
            ),
        );
        let raw = client.request(Method::GET, ["v1", EMAIL, KEY]).query("user", leaky());
        walk.push(printed(&raw));
        walk.extend(raw.send::<()>().err().iter().flat_map(failed));
        let batches = client.batch_delete([EMAIL, KEY].map(MemoryId::from)).unwrap();
        walk.extend([printed(&batches), printed(&batches.batches[0]), printed(&batches.batches[0].outcome)]);
        walk.extend(batches.into_result().err().iter().flat_map(failed));
        let adding = ("I like tea", EntityRef::user(EMAIL));
        walk.push(printed(&adding.1));
        let policy = PollPolicy::default().deadline(Duration::ZERO);
        walk.extend(client.add_and_wait(adding, policy).err().iter().flat_map(failed));
        walk.append(&mut seen.lock().unwrap());
    }
    walk.extend(resets());
    walk.extend(handles());
    let mut headers = HeaderMap::new();
    headers.insert("x-secret", KEY.parse().unwrap());
    let custom = reqwest::Client::builder().default_headers(headers).no_proxy().build().unwrap();
    walk.push(printed(&asynchronous::Reqwest::from(custom)));
    walk.push(printed(&blocking::Ureq::from(ureq::Agent::new_with_defaults())));
    let client = AsyncMemoryClient::builder().api_key(KEY).header("X-Secret", KEY).build().unwrap();
    walk.push(Printed { name: "AsyncMemoryClient".into(), text: printed(&client).text });
    walk
}

/// API handles, with options of their own.
fn handles() -> Vec<Printed> {
    let (client, _) = client(|_| Ok(response(200, &json!({}))));
    let client = client.with_options(RequestOptions::new().header("X-Secret", KEY));
    vec![
        printed(&MemoryClient::builder().api_key(KEY).header("X-Secret", KEY).org_id(leaky())),
        printed(&client.entities()),
        printed(&client.events()),
        printed(&client.exports()),
        printed(&client.organization(leaky())),
        printed(&client.organizations()),
        printed(&client.profiles()),
        printed(&client.project_in(leaky(), EMAIL)),
        printed(&client.project_in(leaky(), EMAIL).webhooks()),
        printed(&client.webhooks(leaky())),
        printed(&client.users().unwrap()),
        printed(&client.get_all(Filter::user(EMAIL)).unwrap()),
    ]
}

/// A reset that succeeds, and one that fails.
fn resets() -> Vec<Printed> {
    fn reset(request: &Request, status: u16) -> Response {
        if request.method() == Method::GET {
            return response(200, &json!({ "results": [{ "type": "user", "name": EMAIL }] }));
        }
        response(status, &json!({ "message": leaky(), "event_id": leaky() }))
    }
    let (done, _) = client(|request| Ok(reset(request, 200)));
    let (stopped, _) = client(|request| Ok(reset(request, 403)));
    vec![printed(&done.reset().unwrap()), displayed(&stopped.reset().unwrap_err())]
}
