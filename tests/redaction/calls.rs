//! What a call is made of, and what comes of it, by a transport that needs no network.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;

use super::*;
use crate::names::*;
use mem0::blocking::Transport;

/// Prints what it is asked, and answers as the test wants.
#[derive(Clone)]
pub(super) struct Canned {
    answer: fn(&Request) -> Result<Response>,
    printed: Arc<Mutex<Vec<Printed>>>,
}

impl Transport for Canned {
    fn execute(&self, request: &Request) -> Result<Response> {
        // Memory calls ask first whether the builder's project is the key's.
        let answer = match request.path() {
            "/v1/ping/" => Ok(self::answer(200, &json!({ "org_id": "o", "project_id": "p" }))),
            _ => (self.answer)(request),
        };
        let mut printed = self.printed.lock().unwrap();
        printed.push(super::printed(request));
        printed.extend(answer.as_ref().ok().map(super::printed));
        answer
    }

    fn sleep(&self, _: Duration) {}
}

pub(super) fn client(
    answer: fn(&Request) -> Result<Response>,
) -> (MemoryClient<Canned>, Arc<Mutex<Vec<Printed>>>) {
    let printed = Arc::default();
    let transport = Canned { answer, printed: Arc::clone(&printed) };
    let client = MemoryClient::builder().api_key(KEY).header("X-Secret", KEY);
    (client.build_with_transport(transport).unwrap(), printed)
}

/// An answer with a body that leaks, and headers that do.
pub(super) fn answer(status: u16, body: &serde_json::Value) -> Response {
    let mut headers = HeaderMap::new();
    for name in ["x-request-id", "x-ratelimit-reset", "x-echo"] {
        headers.insert(name, format!("{KEY} {EMAIL}").parse().unwrap());
    }
    Response::new(StatusCode::from_u16(status).unwrap(), headers, body.to_string())
}

/// Prints an error and each of its parts. The source of a transport's is in the transport's own words, not printed here.
fn failed(error: &Error) -> Vec<Printed> {
    let mut parts = vec![said(error)];
    match error {
        Error::Api(error) => {
            parts.extend([said(&**error), said(&error.call), printed(&error.rate_limit)]);
        }
        Error::Decode(error) => parts.push(said(&**error)),
        Error::Transport(error) => parts.push(said(&**error)),
        Error::Timeout(error) => parts.push(said(&**error)),
        Error::TooLarge(error) => parts.push(said(&**error)),
        _ => {}
    }
    parts
}

pub(super) fn walk() -> Vec<Printed> {
    let answers: [fn(&Request) -> Result<Response>; 7] = [
        |_| Ok(answer(200, &json!({ "message": leaky(), "event_id": leaky() }))),
        |_| Ok(answer(400, &json!({ "message": leaky(), leaky(): [leaky()] }))),
        |_| Ok(answer(403, &json!(leaky()))),
        |_| Ok(answer(200, &json!({ "message": [leaky()] }))),
        |_| Err(Error::transport(Phase::Connect, std::io::Error::other(leaky()))),
        |_| Err(Error::timeout(TimeoutKind::Attempt, Duration::ZERO, true)),
        |request| {
            let stopped = Error::too_large(StatusCode::OK, request.body_limit());
            Ok(answer(200, &json!({})).with_body_error(stopped))
        },
    ];
    let mut walk = Vec::new();
    for canned in answers {
        let (client, seen) = client(canned);
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
        walk.append(&mut seen.lock().unwrap());
    }
    walk.extend(resets());
    walk.extend(handles());
    let mut headers = HeaderMap::new();
    headers.insert("x-secret", KEY.parse().unwrap());
    let brought = reqwest::Client::builder().default_headers(headers).no_proxy().build().unwrap();
    walk.push(printed(&asynchronous::Reqwest::from(brought)));
    walk.push(printed(&blocking::Ureq::from(ureq::Agent::new_with_defaults())));
    let client = AsyncMemoryClient::builder().api_key(KEY).header("X-Secret", KEY).build().unwrap();
    walk.push(Printed { name: "AsyncMemoryClient".into(), text: printed(&client).text });
    walk
}

/// What calls are made on, each with options of its own.
fn handles() -> Vec<Printed> {
    let (client, _) = client(|_| Ok(answer(200, &json!({}))));
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

/// A reset that succeeds, and one that does not.
fn resets() -> Vec<Printed> {
    fn reset(request: &Request, status: u16) -> Response {
        if request.method() == Method::GET {
            return answer(200, &json!({ "results": [{ "type": "user", "name": EMAIL }] }));
        }
        answer(status, &json!({ "message": leaky(), "event_id": leaky() }))
    }
    let (done, _) = client(|request| Ok(reset(request, 200)));
    let (stopped, _) = client(|request| Ok(reset(request, 403)));
    vec![printed(&done.reset().unwrap()), said(&stopped.reset().unwrap_err())]
}
