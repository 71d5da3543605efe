//! Profiles of users.

use super::*;
use mem0::Error;
use mem0::error::TimeoutKind;
use mem0::profiles::IdempotencyKey;
use mem0::profiles::{ProfileJobStatus, ProfileSample, ProfileSettingsUpdate, ProfileStatus, ProfileTrigger};
use serde_json::json;

const JOBS: &str = "/v2/profiles/jobs/";
const SETTINGS: &str = "/v2/profiles/settings/";
const STARTED: &str = r#"{"job_id":"job_1","status":"queued","status_url":"/v2/profiles/jobs/job_1/",
    "operation":"sample","entity_type":"user","entity_count_reserved":3,"event_id":"ev-1","replayed":false,
    "sampled":3,"entity_ids":["alice","bob"]}"#;
const TRIGGER: &str = r#"{"operation":"trigger","entity_type":"user","entity_id":"alice"}"#;

#[maybe_async]
#[flavour_test]
async fn a_profile_is_read_with_its_status() {
    let mut server = server().await;
    let response = r#"{"profile":{"full_name":"Ann","fullName":{"X":1}},"status":"succeeded","entity_type":"user",
        "entity_id":"alice","updated_at":null,"generation_count":2}"#;
    let path = "/v2/entities/user/a%2Fb%20c%3Fd%23e/profile/";
    let mock = expect(&mut server, "GET", path).match_body(Matcher::Exact(String::new()));
    let mock = created(mock.with_body(response)).await;
    let profile = client(&server).profiles().get("a/b c?d#e").await.unwrap();
    checked(&mock).await;
    assert_eq!(profile.profile.unwrap(), json!({"full_name": "Ann", "fullName": {"X": 1}}));
    assert_eq!((profile.status, profile.generation_count), (Some(ProfileStatus::Succeeded), Some(2)));
    for (word, status) in [
        ("pending", ProfileStatus::Pending),
        ("failed", ProfileStatus::Failed),
        ("not_enabled", ProfileStatus::NotEnabled),
        ("insufficient_data", ProfileStatus::InsufficientData),
        ("stale", ProfileStatus::Other("stale".into())),
    ] {
        let response = format!(r#"{{"profile":{{}},"status":"{word}","error":"why"}}"#);
        let mock = created(expect(&mut server, "GET", path).with_body(response)).await;
        let profile = client(&server).profiles().get("a/b c?d#e").await.unwrap();
        checked(&mock).await;
        mock.remove();
        assert_eq!((profile.status, profile.error), (Some(status), Some("why".into())));
    }
}

#[maybe_async]
#[flavour_test]
async fn a_job_is_started_with_the_callers_idempotency_key() {
    let mut server = server().await;
    let profiles = client(&server).profiles();
    let mock = expect_body(&mut server, "POST", JOBS, TRIGGER).match_header("idempotency-key", "idem-1");
    let mock = created(mock.with_status(202).with_body(STARTED)).await;
    let started = profiles.trigger(ProfileTrigger::new("alice").idempotency_key("idem-1")).await.unwrap();
    checked(&mock).await;
    assert_eq!(started.id().unwrap(), &"job_1");
    assert_eq!(started.status, Some(ProfileJobStatus::Other("queued".into())));
    assert_eq!((started.entity_count_reserved, started.replayed), (Some(3), Some(false)));
    assert_eq!(started.event_id.unwrap(), "ev-1");
    assert_eq!(started.entity_ids.unwrap(), ["alice", "bob"]);
    let key = IdempotencyKey::generate().unwrap();
    for (sample, body) in [
        (ProfileSample::new(), r#"{"operation":"sample","entity_type":"user"}"#),
        (3.into(), r#"{"limit":3,"operation":"sample","entity_type":"user"}"#),
    ] {
        let mock = expect_body(&mut server, "POST", JOBS, body).match_header("idempotency-key", key.as_str());
        let mock = created(mock.with_body(STARTED)).await;
        profiles.sample(sample.idempotency_key(key.clone())).await.unwrap();
        checked(&mock).await;
    }
}

/// Idempotency keys of all requests, in order, to a server that responds with this status.
#[maybe_async]
async fn keys_sent(status: usize, calls: usize, requests: usize) -> Vec<String> {
    let mut server = server().await;
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let keys = seen.clone();
    let mock = expect(&mut server, "POST", JOBS)
        .match_request(move |request| {
            let header = request.header("idempotency-key");
            let key = header.first().map(|key| key.to_str().unwrap().to_owned());
            keys.lock().unwrap().push(key.unwrap_or_default());
            true
        })
        .with_status(status)
        .expect(requests);
    let mock = created(mock).await;
    let profiles = client(&server).profiles();
    for _ in 0..calls {
        profiles.trigger("alice").await.unwrap_err();
    }
    checked(&mock).await;
    seen.lock().unwrap().clone()
}

#[maybe_async]
#[flavour_test]
async fn a_generated_idempotency_key_is_the_same_for_all_attempts_of_a_call() {
    for status in [408, 429, 500, 503] {
        let keys = keys_sent(status, 2, 6).await;
        assert_eq!(keys.len(), 6, "{status}: {keys:?}");
        assert!(keys[..3].iter().all(|key| *key == keys[0]), "{keys:?}");
        assert!(keys[3..].iter().all(|key| *key == keys[3]), "{keys:?}");
        assert_ne!(keys[0], keys[3]);
        for key in keys {
            assert!(key.len() == 32 && key.bytes().all(|byte| byte.is_ascii_hexdigit()), "{key}");
        }
    }
    let outcome = keys_sent(400, 1, 1).await.len();
    assert_eq!(outcome, 1);
}

#[maybe_async]
#[flavour_test]
async fn a_job_is_read_by_its_id_and_by_its_url() {
    let mut server = server().await;
    let response = r#"{"job":{"id":"job_1","operation":"sample","entity_type":"user","status":"running","total":null,
        "enumeration_complete":false,"completed":2,"succeeded":1,"failed":1,"skipped":0,"future":1}}"#;
    let mock =
        created(expect(&mut server, "GET", "/v2/profiles/jobs/job_1/").with_body(response).expect(4)).await;
    let profiles = client(&server).profiles();
    let job = profiles.job("job_1").await.unwrap();
    let outcome = profiles.job_at("/v2/profiles/jobs/job_1/").await.unwrap();
    assert_eq!(outcome, job);
    let outcome = profiles.job_at(&format!("{}/v2/profiles/jobs/job_1/", server.url())).await.unwrap();
    assert_eq!(outcome, job);
    let outcome = profiles.with_response().job("job_1").await.unwrap().value;
    assert_eq!(outcome, job);
    checked(&mock).await;
    assert_eq!((job.status.as_ref(), job.total), (Some(&ProfileJobStatus::Running), None));
    assert_eq!((job.completed, job.succeeded, job.failed, job.skipped), (Some(2), Some(1), Some(1), Some(0)));
    assert!(!job.is_finished());
    let odd =
        expect(&mut server, "GET", "/v2/profiles/jobs/%2F%2Fevil.example%2Fx/").with_body(r#"{"job":{}}"#);
    let odd = created(odd).await;
    profiles.job("//evil.example/x").await.unwrap();
    checked(&odd).await;
}

#[test]
fn a_job_has_finished_by_its_status_or_counts() {
    for (job, is_finished) in [
        (json!({"status": "succeeded"}), true),
        (json!({"status": "completed"}), true),
        (json!({"status": "failed"}), true),
        (json!({"status": "cancelled"}), true),
        (json!({"status": "pending", "enumeration_complete": true, "total": 0, "completed": 0}), false),
        (json!({"status": "done", "enumeration_complete": true, "total": 3, "completed": 3}), true),
        (
            json!({"status": "done", "enumeration_complete": true, "total": 3, "succeeded": 1, "failed": 1, "skipped": 1}),
            true,
        ),
        (json!({"status": "done", "enumeration_complete": true, "total": 3, "completed": 2}), false),
        (json!({"status": "done", "enumeration_complete": false, "total": 3, "completed": 3}), false),
        (json!({"status": "queued", "total": null}), false),
        (json!({}), false),
    ] {
        let read: mem0::profiles::ProfileJob = serde_json::from_value(job.clone()).unwrap();
        assert_eq!(read.is_finished(), is_finished, "{job}");
    }
}

#[maybe_async]
#[flavour_test]
async fn settings_are_read_and_updated() {
    let mut server = server().await;
    let response = r#"{"enabled":true,"capabilities":{"max":1},"entities":{"user":{"schema":{"properties":{}},
        "custom_instructions":null},"agent":{}}}"#;
    let mock = created(expect(&mut server, "GET", SETTINGS).with_body(response)).await;
    let profiles = client(&server).profiles();
    let settings = profiles.settings().await.unwrap();
    checked(&mock).await;
    assert_eq!((settings.enabled, &settings.capabilities.as_ref().unwrap()["max"]), (Some(true), &json!(1)));
    let entities = settings.entities.unwrap();
    assert!(entities.extra.contains_key("agent"));
    let user = entities.user.unwrap();
    assert_eq!((user.schema.unwrap(), user.custom_instructions), (json!({"properties": {}}), None));
    let new = ProfileSettingsUpdate::new;
    let schema = json!({"properties": {"diet": {"type": "string", "description": "What they eat"}}});
    for (update, body) in [
        (new().enabled(false).clear_schema(), r#"{"enabled":false,"entities":{"user":{"schema":null}}}"#),
        (new().clear_custom_instructions(), r#"{"entities":{"user":{"custom_instructions":null}}}"#),
        (new().custom_instructions(""), r#"{"entities":{"user":{"custom_instructions":""}}}"#),
        (new().enabled(true), r#"{"enabled":true}"#),
        (new().schema(serde_json::Value::Null), r#"{"entities":{"user":{"schema":null}}}"#),
        (
            new().custom_instructions("brief").schema(schema).set("later", 1),
            concat!(
                r#"{"entities":{"user":{"schema":{"properties":{"diet":{"description":"What they eat","type":"string"}}},"#,
                r#""custom_instructions":"brief"}},"later":1}"#
            ),
        ),
    ] {
        let mock = created(expect_body(&mut server, "POST", SETTINGS, body).with_body(response)).await;
        let settings = profiles.update_settings(update).await.unwrap();
        checked(&mock).await;
        assert_eq!(settings.enabled, Some(true));
    }
}

#[maybe_async]
#[flavour_test]
async fn documented_errors() {
    let mut server = server().await;
    let profiles = client(&server).profiles();
    let path = "/v2/entities/user/nobody/profile/";
    let mock = created(expect(&mut server, "GET", path).with_status(404).with_body("")).await;
    let outcome = profiles.get("nobody").await.unwrap_err().is_not_found();
    assert!(outcome);
    checked(&mock).await;
    let mock = expect(&mut server, "POST", JOBS)
        .with_status(400)
        .with_body(r#"{"error":"Profiles are not enabled"}"#);
    let mock = created(mock).await;
    let error = profiles.trigger("alice").await.unwrap_err();
    checked(&mock).await;
    mock.remove();
    assert!(error.to_string().contains("not enabled"), "{error}");
    let mock = expect(&mut server, "POST", JOBS).with_status(429).with_header("retry-after", "60");
    let mock = created(mock).await;
    let error = profiles.sample(1).await.unwrap_err();
    checked(&mock).await;
    let Error::Api(error) = error else { panic!("{error:?}") };
    assert_eq!(error.retry_after, Some(Duration::from_secs(60)));
    let mock = expect(&mut server, "GET", "/v2/profiles/jobs/job_1/").with_body("{}");
    let mock = created(mock).await;
    let error = profiles.job("job_1").await.unwrap_err();
    checked(&mock).await;
    assert!(matches!(&error, Error::Decode(error) if error.message.contains("job")), "{error}");
}

#[maybe_async]
#[flavour_test]
async fn all_calls_are_retried() {
    let mut server = server().await;
    let profiles = client(&server).profiles();
    let job = created(expect(&mut server, "GET", "/v2/profiles/jobs/j/").with_status(503).expect(3)).await;
    let read = created(expect(&mut server, "GET", SETTINGS).with_status(503).expect(3)).await;
    let write = created(expect(&mut server, "POST", SETTINGS).with_status(503).expect(3)).await;
    profiles.job("j").await.unwrap_err();
    profiles.settings().await.unwrap_err();
    profiles.update_settings(ProfileSettingsUpdate::new().enabled(true)).await.unwrap_err();
    for mock in [job, read, write] {
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn a_wait_polls_until_the_job_has_finished() {
    let mut server = server().await;
    let profiles = client(&server).profiles();
    let path = "/v2/profiles/jobs/job_1/";
    let running = expect(&mut server, "GET", path).with_body(r#"{"job":{"status":"running"}}"#).expect(2);
    let running = created(running).await;
    let failed = expect(&mut server, "GET", path).with_body(r#"{"job":{"status":"failed","failed":1}}"#);
    let failed = created(failed).await;
    let policy =
        PollPolicy::default().first_delay(Duration::from_millis(10)).deadline(Duration::from_secs(60));
    let job = profiles.with_response().wait("job_1", policy.clone()).await.unwrap().value;
    assert_eq!((job.status, job.failed), (Some(ProfileJobStatus::Failed), Some(1)));
    checked(&running).await;
    checked(&failed).await;
    let unknown = created(expect(&mut server, "GET", "/v2/profiles/jobs/none/").with_status(404)).await;
    let error = profiles.wait("none", policy).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    checked(&unknown).await;
}

#[maybe_async]
#[flavour_test]
async fn a_wait_times_out_at_its_deadline() {
    let mut server = server().await;
    let running = expect(&mut server, "GET", "/v2/profiles/jobs/job_1/").with_body(r#"{"job":{}}"#);
    let running = created(running).await;
    let policy = once();
    let error = client(&server).profiles().wait("job_1", policy).await.unwrap_err();
    checked(&running).await;
    assert!(matches!(&error, Error::Timeout(error) if error.kind == TimeoutKind::Wait), "{error:?}");
}
