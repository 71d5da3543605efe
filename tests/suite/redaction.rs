//! The API key and e-mail addresses of members do not appear in any text that a client, its values and errors show.

use super::*;
use mem0::Error;
use mem0::client::RequestOptions;
use std::fmt::Write;

const EMAIL: &str = "ann.o+secret@x.io";

/// All texts of an error.
fn texts_of(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        write!(text, " {error} {error:?}").unwrap();
        source = error.source();
    }
    if let Error::Api(error) = error {
        write!(text, " {} {:?}", error.message, error.fields).unwrap();
        // The body is not redacted otherwise, but it never contains the key.
        assert!(!error.body.contains(KEY), "{}", error.body);
    }
    text
}

fn assert_clean(text: &str) {
    assert!(!text.contains(KEY), "the key is in: {text}");
    for email in [EMAIL, "ann.o%2Bsecret%40x.io", "x.io"] {
        assert!(!text.contains(email), "an e-mail address is in: {text}");
    }
}

#[maybe_async]
#[flavour_test]
async fn no_text_shows_keys_or_addresses() {
    let mut server = server().await;
    let client =
        builder(&server).org_id("org_abc").project_id("proj_abc").header("X-Secret", KEY).build().unwrap();
    let options = RequestOptions::new().header("X-Secret", KEY);
    let project = client.project().with_options(options.clone());
    let raw = client.request(mem0::client::Method::GET, ["v1", EMAIL, ""]).query("email", EMAIL);
    assert_clean(&format!(
        "{client:?} {client:#?} {project:?} {options:?} {raw:?} {:?}",
        client.organizations()
    ));
    let builder = builder(&server).header("X-Secret", KEY);
    assert_clean(&format!("{builder:?} {builder:#?}"));

    let path = format!("{PROJECT}members/?email=ann.o%2Bsecret%40x.io");
    for (status, body) in [
        (400, format!(r#"{{"message":"bad key {KEY} of {EMAIL}"}}"#)),
        (403, format!(r#"{{"errors":{{"{EMAIL}":["{KEY}"],"{KEY}":["{EMAIL}"]}}}}"#)),
        (401, format!("Token {KEY} is unknown\n{EMAIL}")),
        (200, format!(r#"{{"message":["{KEY}","{EMAIL}"]}}"#)),
        (200, format!(r#"{{"{EMAIL}":1,"message":{{"{KEY}":"{EMAIL}"}}}}"#)),
        (200, format!("{KEY} {EMAIL}")),
    ] {
        let mock = expect(&mut server, "DELETE", &path)
            .with_status(status)
            .with_header("x-request-id", KEY)
            .with_header("x-echo", KEY)
            .with_header("x-ratelimit-reset", EMAIL)
            .with_body(body);
        let mock = created(mock).await;
        let error = project.remove_member(EMAIL).await.unwrap_err();
        checked(&mock).await;
        assert_clean(&texts_of(&error));
    }

    let unreachable =
        MemoryClient::builder().api_key(KEY).base_url("http://127.0.0.1:1").retry(RetryPolicy::none());
    let unreachable = unreachable.build().unwrap();
    let error = unreachable.project_in("o", "p").remove_member(EMAIL).await.unwrap_err();
    assert_clean(&texts_of(&error));
    let raw = unreachable.request(mem0::client::Method::GET, ["v1", EMAIL, ""]).query("email", EMAIL);
    let error = raw.send::<()>().await.unwrap_err();
    assert_clean(&texts_of(&error));
}

#[maybe_async]
#[flavour_test]
async fn values_do_not_show_addresses() {
    let mut server = server().await;
    let members = format!(
        r#"{{"members":[{{"username":"{EMAIL}","user_id":"{EMAIL}","email":"{EMAIL}","role":"OWNER","x":"{EMAIL}"}}],
            "name":"{EMAIL}'s own","invitations":["{EMAIL}"],"future":"{EMAIL}","{EMAIL}":1}}"#
    );
    let mock = created(expect(&mut server, "GET", ORGANIZATION).with_body(&members)).await;
    let organization = client(&server).with_response().organization("org_abc").get().await.unwrap();
    checked(&mock).await;
    assert_eq!(organization.value.members.as_ref().unwrap()[0].email.as_deref(), Some(EMAIL));
    assert_clean(&format!("{organization:?} {organization:#?}"));
    let message = format!(r#"{{"message":"Added <{EMAIL}> as a READER"}}"#);
    let mock =
        created(expect(&mut server, "POST", &format!("{ORGANIZATION}members/")).with_body(message)).await;
    let added = client(&server).organization("org_abc").add_member(EMAIL, "READER").await.unwrap();
    checked(&mock).await;
    assert_clean(&format!("{added:?} {added:#?}"));
    assert!(added.message.unwrap().contains(EMAIL));
    let identity = format!(r#"{{"user_email":"{EMAIL}","org_id":"o","project_id":"p"}}"#);
    let mock = created(expect(&mut server, "GET", "/v1/ping/").with_body(identity)).await;
    let identity = client(&server).ping().await.unwrap();
    checked(&mock).await;
    assert_clean(&format!("{identity:?}"));
    assert_eq!(identity.user_email.as_deref(), Some(EMAIL));
}

#[maybe_async]
#[flavour_test]
async fn webhooks_redact_the_secrets_of_their_url() {
    let mut server = server().await;
    let secrets = ["hunter2", "T0-path", "token"];
    let url = "https://user:hunter2@hooks.example:8443/T0-path?token=hunter2#token";
    let webhook = format!(r#"{{"webhook_id":"wh_1","url":"{url}","owner":"{EMAIL}","secret":"hunter2"}}"#);
    let path = "/api/v1/webhooks/projects/proj_abc/";
    let list = created(expect(&mut server, "GET", path).with_body(format!("[{webhook}]"))).await;
    let webhooks = project_client(&server).webhooks("proj_abc");
    let listed = webhooks.with_response().list().await.unwrap();
    checked(&list).await;
    assert_eq!(listed.value[0].url.as_ref().unwrap().as_str(), url);
    let new = mem0::webhooks::NewWebhook::new("n", url, ["memory_add"]).set("signing", "hunter2");
    let update = mem0::webhooks::WebhookUpdate::new().url(url).set("signing", "hunter2");
    let shown = format!("{webhooks:?} {listed:?} {listed:#?} {new:?} {new:#?} {update:?} {update:#?}");
    assert_clean(&shown);
    for secret in secrets {
        assert!(!shown.contains(secret), "{secret} is in: {shown}");
    }
    assert!(shown.contains("https://hooks.example:8443/"), "the host is not a secret: {shown}");
    for odd in ["hunter2", "hunter2://", "not a scheme hunter2://x", "https:hunter2", "https://hunter2@", ""]
    {
        let shown = format!("{:?}", mem0::webhooks::WebhookUrl::from(odd));
        assert!(!shown.contains("hunter2@") && !shown.contains(":hunter2"), "{shown}");
        assert!(odd == "hunter2://" || !shown.contains("hunter2"), "{shown}");
    }
}

#[maybe_async]
#[flavour_test]
async fn profiles_and_entities_do_not_show_personal_data() {
    let mut server = server().await;
    let client = client(&server);
    let entity = format!(
        r#"[{{"id":"e","name":"{EMAIL}","type":"user","owner":"{EMAIL}","metadata":{{"a":"{EMAIL}"}},"b":"{EMAIL}"}}]"#
    );
    let path = "/v2/entities/user/ann.o%2Bsecret%40x.io/";
    let mock = created(expect(&mut server, "GET", path).with_body(entity)).await;
    let entities = client.entities().get("user", EMAIL).await.unwrap();
    checked(&mock).await;
    assert_eq!(entities[0].name.as_deref(), Some(EMAIL));
    assert_clean(&format!("{entities:?} {entities:#?}"));
    let mock = created(expect(&mut server, "DELETE", path).with_status(403).with_body(EMAIL)).await;
    let error = client.delete_users("user", EMAIL).await.unwrap_err();
    checked(&mock).await;
    assert_clean(&texts_of(&error));

    let profile =
        format!(r#"{{"profile":{{"diet":"secret plants"}},"entity_id":"{EMAIL}","error":"{EMAIL}"}}"#);
    let mock = created(expect(&mut server, "GET", &format!("{path}profile/")).with_body(profile)).await;
    let profile = client.profiles().get(EMAIL).await.unwrap();
    checked(&mock).await;
    let shown = format!("{profile:?} {profile:#?}");
    assert_clean(&shown);
    assert!(!shown.contains("plants"), "{shown}");
    let started = format!(r#"{{"job_id":"j","entity_ids":["{EMAIL}"],"sampled":["{EMAIL}"]}}"#);
    let mock = created(expect(&mut server, "POST", "/v2/profiles/jobs/").with_body(started)).await;
    let started = client.profiles().trigger(EMAIL).await.unwrap();
    checked(&mock).await;
    assert_clean(&format!("{started:?} {started:#?}"));

    let given = format!(r#"{{"id":1,"feedback":"POSITIVE","feedback_reason":"{EMAIL} likes plants"}}"#);
    let mock = created(expect(&mut server, "POST", "/v1/feedback/").with_body(given)).await;
    let given = client.feedback("m", "POSITIVE", Some(EMAIL)).await.unwrap();
    checked(&mock).await;
    let shown = format!("{given:?} {given:#?}");
    assert!(!shown.contains("plants"), "{shown}");
    assert_clean(&shown);
    let export = mem0::exports::NewExport::new(serde_json::json!({}), mem0::Filter::user(EMAIL));
    let (user, trigger) =
        (mem0::entities::NewEntity::new(EMAIL).name(EMAIL), mem0::profiles::ProfileTrigger::new(EMAIL));
    assert_clean(&format!("{export:?} {user:?} {trigger:?} {:?}", client.users().unwrap()));
}
