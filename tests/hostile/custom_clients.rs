//! HTTP clients of the caller, which keep the guarantees of the default transports.

use mem0::asynchronous;
use mem0::blocking;
use mem0::client::RetryPolicy;
use mem0::error::ApiErrorKind;
use mem0::{AsyncMemoryClient, Error, MemoryClient};

use crate::callers::runtime;
use crate::fault::{VALID_BODY, response, send, valid_response};
use crate::outcome::Ends;
use crate::server::{Script, Server};

fn agent_client(url: &str) -> MemoryClient {
    let agent = ureq::Agent::new_with_defaults();
    let builder = MemoryClient::builder().api_key("m0-hostile").base_url(url).retry(RetryPolicy::none());
    builder.build_with_transport(blocking::BoxTransport::from(blocking::Ureq::from(agent))).unwrap()
}

fn reqwest_client(url: &str, builder: reqwest::ClientBuilder) -> AsyncMemoryClient {
    let client = builder.no_proxy().build().unwrap();
    let builder = AsyncMemoryClient::builder().api_key("m0-hostile").base_url(url).retry(RetryPolicy::none());
    builder
        .build_with_transport(asynchronous::BoxTransport::from(asynchronous::Reqwest::from(client)))
        .unwrap()
}

#[test]
fn a_custom_agent_follows_no_redirects_and_returns_error_statuses() {
    let elsewhere = Server::start(Script::new(vec![send(valid_response())]));
    for status in [301, 307, 404, 500] {
        let location = format!("location: {}/\r\n", elsewhere.url());
        let server =
            Server::start(Script::new(vec![send(response(&format!("{status} No"), &location, VALID_BODY))]));
        let error = agent_client(&server.url()).organizations().create("Acme").unwrap_err();
        let Error::Api(error) = error else { panic!("{error:?}") };
        assert_eq!((error.status.as_u16(), error.body.as_str()), (status, VALID_BODY));
        assert_eq!(server.stop().requests(), 1);
    }
    assert_eq!(elsewhere.stop().requests(), 0);
}

#[test]
fn a_custom_client_without_redirects_behaves_like_the_default() {
    let server = Server::start(Script::new(vec![send(response("302 Moved", "location: /there\r\n", ""))]));
    let client =
        reqwest_client(&server.url(), reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()));
    let outcome = runtime().block_on(client.organizations().create("Acme"));
    assert_eq!(Ends::of(&outcome), Ends::Api(302, ApiErrorKind::Other), "{outcome:?}");
    assert_eq!(server.stop().requests(), 1);
}

#[test]
fn a_followed_redirect_is_an_error() {
    let elsewhere = Server::start(Script::new(vec![send(valid_response())]));
    let location = format!("location: {}/\r\n", elsewhere.url());
    for status in [301, 307] {
        let server =
            Server::start(Script::new(vec![send(response(&format!("{status} Moved"), &location, ""))]));
        let client = reqwest_client(&server.url(), reqwest::Client::builder());
        let error = runtime().block_on(client.organizations().list()).unwrap_err();
        assert!(error.was_sent() && error.to_string().contains("redirect"), "{error}");
        let error = runtime().block_on(client.organizations().create("Acme")).unwrap_err();
        assert!(error.was_sent() && error.to_string().contains("redirect"), "{error}");
        assert!(!format!("{error:?}").contains(&elsewhere.address().to_string()), "{error:?}");
        server.stop();
    }
    elsewhere.stop();
}
