use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use mem0_local::{Completion, DeliveryOutcome, Dump, LocalPlatform};
use serde_json::{Map, Value, json};
use socket2::{Domain, Socket, Type};

use super::{insert_project_memories, ok, project_of, send, uuid, with_manual_clock};
use crate::raw_http::call;

/// Starts a listener for deliveries, which receives the request line and body of each. The response has the given
/// status and a `Location` of the listener itself.
pub(super) fn listener(status: u16) -> (String, Receiver<(String, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, received) = channel();
    let location = url.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let (mut first, mut length) = (String::new(), 0);
            reader.read_line(&mut first).unwrap();
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                let Some((name, value)) = line.trim_end().split_once(": ") else { break };
                if name.eq_ignore_ascii_case("content-length") {
                    length = value.parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let response =
                format!("HTTP/1.1 {status} X\r\nLocation: {location}/moved\r\nContent-Length: 0\r\n\r\n");
            let _ = reader.get_ref().write_all(response.as_bytes());
            if sender.send((first, serde_json::from_slice(&body).unwrap())).is_err() {
                return;
            }
        }
    });
    (url, received)
}

pub(super) fn next(received: &Receiver<(String, Value)>) -> (String, Value) {
    received.recv_timeout(Duration::from_secs(60)).expect("a delivery")
}

/// Waits for a number of outcomes.
fn outcomes(platform: &LocalPlatform, count: usize) -> Vec<DeliveryOutcome> {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let outcomes = platform.webhook_deliveries();
        if outcomes.len() >= count {
            return outcomes;
        }
        assert!(Instant::now() < end, "{outcomes:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn path(platform: &LocalPlatform) -> String {
    format!("/api/v1/webhooks/projects/{}/", platform.project_id())
}

fn hook(name: &str, url: &str, event_types: &[&str]) -> Value {
    json!({"name": name, "url": url, "event_types": event_types})
}

fn create(platform: &LocalPlatform, body: &Value) -> Value {
    ok(platform, "POST", &path(platform), 201, body)
}

fn one(webhook: &Value) -> String {
    format!("/api/v1/webhooks/{}/", webhook["webhook_id"].as_str().unwrap())
}

#[test]
fn webhooks_are_created_listed_changed_and_deleted() {
    let platform = with_manual_clock();
    let mut body = hook("Log «x»", "http://127.0.0.1:9/a?b#c", &["memory_add", "memory_delete"]);
    body["project_id"] = json!("proj_ignored");
    let created = create(&platform, &body);
    let time = "2023-11-14T22:13:20.000000Z";
    let expected = json!({
        "webhook_id": created["webhook_id"], "name": "Log «x»", "url": "http://127.0.0.1:9/a?b#c",
        "event_types": ["memory_add", "memory_delete"], "owner": created["owner"], "is_active": true,
        "project": "default-project", "created_at": time, "updated_at": time,
    });
    assert_eq!(created, expected);
    assert!(created["webhook_id"].is_string());
    let members = ok(&platform, "GET", &crate::organization(platform.org_id()), 200, &Value::Null);
    assert_eq!(created["owner"], members["members"][0]["username"], "the user name of its creator");

    let mut inactive = hook("Silent", "https://example.com", &["memory_add"]);
    inactive["is_active"] = json!(false);
    let second = create(&platform, &inactive);
    assert_eq!(second["is_active"], false);
    let list = || ok(&platform, "GET", &path(&platform), 200, &Value::Null);
    assert_eq!(list(), json!([created, second]));

    platform.clock().advance(Duration::from_secs(1));
    let updated = json!({"message": "Webhook updated successfully"});
    assert_eq!(ok(&platform, "PUT", &one(&created), 200, &json!({"name": "New"})), updated);
    let all = json!({"url": "http://localhost/", "event_types": ["memory_update"], "is_active": false});
    assert_eq!(ok(&platform, "PUT", &one(&created), 200, &all), updated);
    assert_eq!(ok(&platform, "PUT", &one(&created), 200, &json!({})), updated);
    let own = crate::project(platform.org_id(), platform.project_id());
    ok(&platform, "PATCH", &own, 200, &json!({"name": "Renamed"}));
    let now = &list()[0];
    let expected = json!({
        "webhook_id": created["webhook_id"], "name": "New", "url": "http://localhost/", "event_types": ["memory_update"],
        "owner": created["owner"], "is_active": false, "project": "Renamed", "created_at": time,
        "updated_at": "2023-11-14T22:13:21.000000Z",
    });
    assert_eq!(*now, expected);

    let deleted = json!({"message": "Webhook deleted successfully"});
    assert_eq!(ok(&platform, "DELETE", &one(&created), 200, &Value::Null), deleted);
    assert_eq!(list().as_array().unwrap().len(), 1);
    for method in ["DELETE", "PUT"] {
        let response = send(&platform, method, &one(&created), &json!({"name": "x"}));
        assert_eq!(
            (response.status, response.json()),
            (404, json!({"error": "Webhook not found"})),
            "{method}"
        );
    }
}

#[test]
fn invalid_webhook_is_refused_with_a_message_per_field() {
    let platform = with_manual_clock();
    let created = create(&platform, &hook("n", "http://127.0.0.1:9/", &["memory_add"]));
    let before = platform.dump().unwrap();
    for (field, value, text) in [
        ("name", json!(""), "This field may not be blank."),
        ("name", json!(7), "Not a valid string."),
        ("name", Value::Null, "This field may not be null."),
        ("url", json!("not a url"), "Enter a valid URL."),
        ("url", json!("ftp://a.io/"), "Enter a valid URL."),
        ("url", json!("http://user:password@a.io/"), "Enter a valid URL."),
        ("url", json!("http://a.io:99999/"), "Enter a valid URL."),
        ("url", json!("http://a.io:/"), "Enter a valid URL."),
        ("url", json!("http://:80/"), "Enter a valid URL."),
        ("url", json!("a.io/hook"), "Enter a valid URL."),
        ("url", json!("http://a b.io/"), "Enter a valid URL."),
        ("url", json!(""), "Enter a valid URL."),
        ("url", json!(7), "Not a valid string."),
        ("event_types", json!(["memory_eaten"]), "\"memory_eaten\" is not a valid choice."),
        ("event_types", json!([]), "This list may not be empty."),
        ("event_types", json!([7]), "Not a valid string."),
        ("event_types", json!("memory_add"), "Expected a list of event types."),
        ("is_active", json!("yes"), "Must be a valid boolean."),
    ] {
        let mut body = hook("n", "http://127.0.0.1:9/", &["memory_add"]);
        body[field] = value.clone();
        let change = Value::Object(Map::from_iter([(field.to_owned(), value)]));
        for (method, path, body) in [("POST", path(&platform), &body), ("PUT", one(&created), &change)] {
            let response = send(&platform, method, &path, body);
            assert_eq!((response.status, response.json()), (400, json!({field: [text]})), "{method} {body}");
        }
    }
    let required = json!(["This field is required."]);
    let response = send(&platform, "POST", &path(&platform), &json!({}));
    let all = json!({"name": required, "url": required, "event_types": required});
    assert_eq!((response.status, response.json()), (400, all));
    assert!(platform.dump().unwrap() == before);
}

#[test]
fn subscribed_events_are_delivered_in_order() {
    let platform = with_manual_clock();
    let memory = |number: usize, user: &str| json!({"number": number, "user_id": user, "memory": format!("Süß {number}")});
    insert_project_memories(
        &platform,
        platform.api_key(),
        &[memory(1, "ann"), memory(2, "ann"), memory(3, "bob"), memory(4, "cid")],
    );
    insert_project_memories(&platform, platform.other_key(), &[memory(5, "ann")]);
    let (url, received) = listener(200);
    let (redirect_url, redirected) = listener(307);
    let webhook = create(&platform, &hook("a", &format!("{url}/told?x=1"), &["memory_add", "memory_delete"]));
    create(&platform, &hook("b", &format!("{url}/other-type"), &["memory_add"]));
    let mut inactive = hook("c", &format!("{url}/silent"), &["memory_delete"]);
    inactive["is_active"] = json!(false);
    create(&platform, &inactive);
    let delete =
        |user: &str| ok(&platform, "DELETE", &format!("/v2/entities/user/{user}/"), 200, &Value::Null);

    delete("ann");
    let deliveries = |number: usize| json!({"event_details": {"id": uuid(number), "data": {"memory": format!("Süß {number}")}, "event": "DELETE"}});
    let first = "POST /told?x=1 HTTP/1.1\r\n".to_owned();
    assert_eq!(next(&received), (first.clone(), deliveries(1)));
    assert_eq!(next(&received), (first, deliveries(2)));

    ok(&platform, "PUT", &one(&webhook), 200, &json!({"url": redirect_url}));
    delete("bob");
    assert_eq!(next(&redirected), ("POST / HTTP/1.1\r\n".to_owned(), deliveries(3)), "at its new address");
    ok(&platform, "DELETE", &one(&webhook), 200, &Value::Null);
    delete("cid");
    // Events of another project are not delivered.
    assert_eq!(
        call(platform.url(), "DELETE", "/v2/entities/user/ann/", platform.other_key(), &Value::Null).status,
        200
    );
    let statuses: Vec<Option<u16>> = outcomes(&platform, 3).iter().map(|delivery| delivery.status).collect();
    assert_eq!(statuses, [Some(200), Some(200), Some(307)]);
    assert!(
        received.try_recv().is_err() && redirected.try_recv().is_err(),
        "no other webhook, and no redirect followed"
    );
}

#[test]
fn webhooks_on_other_machines_receive_nothing_unless_allowed() {
    let platform = with_manual_clock();
    let memory = json!({"number": 1, "user_id": "ann", "memory": "Private"});
    insert_project_memories(&platform, platform.api_key(), &[memory]);
    let created = create(&platform, &hook("far", "http://192.0.2.1/hook", &["memory_delete"]));
    ok(&platform, "DELETE", "/v2/entities/user/ann/", 200, &Value::Null);
    let outcome = &outcomes(&platform, 1)[0];
    assert_eq!((json!(outcome.webhook_id), outcome.status), (created["webhook_id"].clone(), None));
    assert!(outcome.error.as_ref().unwrap().starts_with("not sent: "), "{outcome:?}");
    assert!(!format!("{outcome:?}").contains("Private"));
    platform.reset().unwrap();
    assert_eq!(platform.webhook_deliveries(), []);
}

/// Connections to the unspecified address reach this machine, although it is not a loopback address.
#[cfg(unix)]
#[test]
fn allowed_webhooks_receive_deliveries_anywhere() {
    for allowed in [false, true] {
        let platform = LocalPlatform::builder().allow_any_webhook(allowed).start().unwrap();
        let memory = json!({"number": 1, "user_id": "ann", "memory": "Told"});
        insert_project_memories(&platform, platform.api_key(), &[memory]);
        let (url, received) = listener(204);
        let url = url.replace("127.0.0.1", "0.0.0.0");
        create(&platform, &hook("any", &url, &["memory_delete"]));
        ok(&platform, "DELETE", "/v2/entities/user/ann/", 200, &Value::Null);
        let outcome = &outcomes(&platform, 1)[0];
        assert_eq!(outcome.status, allowed.then_some(204), "{outcome:?}");
        let deliveries = allowed.then(|| next(&received));
        assert!(deliveries.is_some() || received.try_recv().is_err());
    }
}

fn add(platform: &LocalPlatform, text: &str, infer: bool) {
    let body = json!({"messages": text, "user_id": "ann", "infer": infer});
    ok(platform, "POST", "/v3/memories/add/", 200, &body);
}

#[test]
fn settle_waits_for_deliveries() {
    let platform = LocalPlatform::builder().completion(Completion::Manual).start().unwrap();
    let (url, received) = listener(200);
    create(&platform, &hook("told", &url, &["memory_add"]));
    for number in 0..20 {
        add(&platform, &format!("Fact {number}"), number % 2 == 0);
    }
    platform.run_jobs().unwrap();
    assert_eq!(platform.webhook_deliveries().len(), 20);
    let deliveries: Vec<Value> =
        (0..20).map(|_| next(&received).1["event_details"]["data"]["memory"].clone()).collect();
    assert!(
        deliveries.contains(&json!("Fact 0")) && deliveries.contains(&json!("Fact 19")),
        "{deliveries:?}"
    );
}

/// Queued deliveries of a replaced state are not sent.
#[test]
fn queued_deliveries_are_cancelled_by_load() {
    let replacements: [fn(&LocalPlatform, &Dump); 2] =
        [|platform, _| platform.reset().unwrap(), |platform, dump| platform.load(dump).unwrap()];
    for replace in replacements {
        let platform = LocalPlatform::start().unwrap();
        let before = platform.dump().unwrap();
        let slow = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", slow.local_addr().unwrap());
        create(&platform, &hook("slow", &url, &["memory_add"]));
        add(&platform, "On its way", false);
        let (in_flight, _) = slow.accept().unwrap();
        add(&platform, "Waiting", false);
        replace(&platform, &before);
        drop(in_flight);
        let created = create(&platform, &hook("slow", &url, &["memory_add"]));
        add(&platform, "New", false);
        let (mut stream, _) = slow.accept().unwrap();
        let mut received = String::new();
        while !received.ends_with('}') {
            let mut part = [0; 1024];
            let length = stream.read(&mut part).unwrap();
            received.push_str(str::from_utf8(&part[..length]).unwrap());
        }
        assert!(received.contains("New"), "{received}");
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
        platform.run_jobs().unwrap();
        let deliveries = platform.webhook_deliveries();
        assert_eq!(deliveries.len(), 1, "{deliveries:?}");
        assert_eq!(
            (json!(deliveries[0].webhook_id), deliveries[0].status),
            (created["webhook_id"].clone(), Some(200))
        );
    }
}

/// Delivery over `https` is tested in detail with the client.
#[test]
fn https_delivery_is_tried_and_its_error_reported() {
    // A bound port that does not listen refuses connections.
    let inactive = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    inactive.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let closed = inactive.local_addr().unwrap().as_socket().unwrap();
    let platform = LocalPlatform::start().unwrap();
    create(&platform, &hook("tls", &format!("https://{closed}/?secret=1"), &["memory_add"]));
    add(&platform, "Private", false);
    platform.run_jobs().unwrap();
    let deliveries = platform.webhook_deliveries();
    let error = deliveries[0].error.as_deref().unwrap();
    assert!(error.starts_with("could not connect to 127.0.0.1:") && !error.contains("secret"), "{error}");
}

#[test]
fn webhooks_belong_to_one_project() {
    let platform = with_manual_clock();
    let created = create(&platform, &hook("private", "http://127.0.0.1:9/", &["memory_add"]));
    let before = platform.dump().unwrap();
    let other = platform.other_key();
    let body = hook("stolen", "http://127.0.0.1:9/", &["memory_add"]);
    for (method, path, error) in [
        ("GET", path(&platform), "Project not found"),
        ("POST", path(&platform), "Project not found"),
        ("PUT", one(&created), "Webhook not found"),
        ("DELETE", one(&created), "Webhook not found"),
    ] {
        let response = call(platform.url(), method, &path, other, &body);
        assert_eq!((response.status, response.json()), (404, json!({"error": error})), "{method} {path}");
    }
    assert!(platform.dump().unwrap() == before);
    let (_, project_id) = project_of(&platform, other);
    let foreign = format!("/api/v1/webhooks/projects/{}/", project_id.as_str().unwrap());
    let response = call(platform.url(), "GET", &foreign, other, &Value::Null);
    assert_eq!((response.status, response.json()), (200, json!([])));
}
