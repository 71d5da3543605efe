//! Retries, counted at the server.

use super::*;
use mem0::client::{RequestOptions, RetryBudget};
use mem0::{Error, ProjectUpdate};

/// Expects `times` requests and responds with an error status.
#[maybe_async]
async fn error_mock(server: &mut ServerGuard, method: &str, path: &str, status: usize, times: usize) -> Mock {
    created(expect(server, method, path).with_status(status).with_body(r#"{"message":"no"}"#).expect(times))
        .await
}

#[maybe_async]
#[flavour_test]
async fn idempotent_calls_make_three_attempts() {
    for status in [408, 429, 500, 502, 503, 504] {
        let mut server = server().await;
        let project = project_client(&server).project();
        let get = error_mock(&mut server, "GET", PROJECT, status, 3).await;
        let patch = error_mock(&mut server, "PATCH", PROJECT, status, 3).await;
        let delete = error_mock(&mut server, "DELETE", PROJECT, status, 3).await;
        let put = error_mock(&mut server, "PUT", &format!("{PROJECT}members/"), status, 3).await;
        let error = project.get().await.unwrap_err();
        assert_eq!((error.attempts(), error.status().unwrap().as_u16().into()), (3, status));
        project.update(ProjectUpdate::new().decay(true)).await.unwrap_err();
        project.delete().await.unwrap_err();
        project.update_member("a@x.io", "OWNER").await.unwrap_err();
        for mock in [get, patch, delete, put] {
            checked(&mock).await;
        }
    }
}

#[maybe_async]
#[flavour_test]
async fn creations_are_not_retried_if_they_may_have_been_carried_out() {
    for (status, times) in [(408, 1), (429, 3), (500, 1), (503, 1)] {
        let mut server = server().await;
        let mock = error_mock(&mut server, "POST", ORGANIZATIONS, status, times).await;
        let error = client(&server).organizations().create("Acme").await.unwrap_err();
        checked(&mock).await;
        assert_eq!(error.attempts() as usize, times);
    }
}

#[maybe_async]
#[flavour_test]
async fn writes_are_retried_only_by_opt_in() {
    let mut server = server().await;
    let mock = error_mock(&mut server, "POST", ORGANIZATIONS, 503, 3).await;
    let policy = RetryPolicy::default().base_delay(Duration::from_millis(1)).retry_writes(true);
    let organizations = client(&server).organizations().with_options(RequestOptions::new().retry(policy));
    organizations.create("Acme").await.unwrap_err();
    checked(&mock).await;
}

#[maybe_async]
#[flavour_test]
async fn permanent_errors_are_not_retried() {
    for status in [301, 400, 401, 403, 404, 409, 413, 422] {
        let mut server = server().await;
        let mock = error_mock(&mut server, "GET", PROJECT, status, 1).await;
        project_client(&server).project().get().await.unwrap_err();
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn a_retry_may_succeed() {
    let mut server = server().await;
    let mock = expect(&mut server, "GET", PROJECT).with_status(503).expect(1);
    let failing = created(mock).await;
    let working = created(expect(&mut server, "GET", PROJECT).with_body(r#"{"name":"P"}"#)).await;
    let project = project_client(&server).project().get().await.unwrap();
    assert_eq!(project.name.as_deref(), Some("P"));
    checked(&failing).await;
    checked(&working).await;
}

#[maybe_async]
#[flavour_test]
async fn a_retry_after_over_the_maximum_ends_the_call() {
    for (header, seconds) in [("31", 31), ("86400.5", 86400), ("99999999999999999999", u64::MAX)] {
        let mut server = server().await;
        let mock = expect(&mut server, "GET", PROJECT).with_status(429).with_header("retry-after", header);
        let mock = created(mock).await;
        let error = project_client(&server).project().get().await.unwrap_err();
        checked(&mock).await;
        let Error::Api(error) = error else { panic!("{error:?}") };
        assert_eq!(error.retry_after.unwrap().as_secs(), seconds);
    }
}

#[maybe_async]
#[flavour_test]
async fn max_delay_does_not_limit_retry_after() {
    let mut server = server().await;
    let busy = expect(&mut server, "GET", PROJECT).with_status(503).with_header("retry-after", "0.02");
    let busy = created(busy.expect(3)).await;
    let client =
        |policy| builder(&server).org_id("org_abc").project_id("proj_abc").retry(policy).build().unwrap();
    let short = RetryPolicy::default().max_delay(Duration::from_millis(1));
    let error = client(short.clone()).project().get().await.unwrap_err();
    assert_eq!((error.attempts(), error.retry_after()), (3, Some(Duration::from_millis(20))));
    checked(&busy).await;
}

#[maybe_async]
#[flavour_test]
async fn max_retry_after_does_not_limit_the_clients_delay() {
    let mut server = server().await;
    let policy = RetryPolicy::default()
        .base_delay(Duration::from_millis(20))
        .max_retry_after(Duration::from_millis(10));
    let client = builder(&server).org_id("org_abc").project_id("proj_abc").retry(policy).build().unwrap();
    let asking = expect(&mut server, "GET", PROJECT).with_status(503).with_header("retry-after", "0.02");
    let asking = created(asking).await;
    let error = client.project().get().await.unwrap_err();
    assert_eq!((error.attempts(), error.retry_after()), (1, Some(Duration::from_millis(20))));
    checked(&asking).await;
    let silent = error_mock(&mut server, "GET", &format!("{PROJECT}members/"), 503, 3).await;
    let error = client.project().get_members().await.unwrap_err();
    assert_eq!(error.attempts(), 3);
    checked(&silent).await;
}

#[maybe_async]
#[flavour_test]
async fn an_invalid_retry_after_is_ignored() {
    for header in ["NaN", "-1", "inf", "soon", "", "1e999e9"] {
        let mut server = server().await;
        let mock =
            expect(&mut server, "GET", PROJECT).with_status(503).with_header("retry-after", header).expect(3);
        let mock = created(mock).await;
        let error = project_client(&server).project().get().await.unwrap_err();
        checked(&mock).await;
        assert!(matches!(&error, Error::Api(error) if error.retry_after.is_none()), "{header}: {error}");
    }
}

#[maybe_async]
#[flavour_test]
async fn a_past_retry_after_is_no_delay() {
    let mut server = server().await;
    let past = "Sun, 06 Nov 1994 08:49:37 GMT";
    let mock = expect(&mut server, "POST", ORGANIZATIONS)
        .with_status(429)
        .with_header("retry-after", past)
        .expect(3);
    let mock = created(mock).await;
    let error = client(&server).organizations().create("Acme").await.unwrap_err();
    checked(&mock).await;
    assert!(matches!(&error, Error::Api(error) if error.retry_after == Some(Duration::ZERO)), "{error}");
}

#[maybe_async]
#[flavour_test]
async fn a_delay_longer_than_the_call_is_not_started() {
    let mut server = server().await;
    let mock = expect(&mut server, "GET", PROJECT).with_status(503).with_header("retry-after", "20");
    let mock = created(mock).await;
    let hasty = RequestOptions::new().timeout(Duration::from_secs(15));
    let error = project_client(&server).project().with_options(hasty).get().await.unwrap_err();
    checked(&mock).await;
    assert_eq!(error.status().unwrap().as_u16(), 503);
}

#[maybe_async]
#[flavour_test]
async fn an_empty_budget_ends_retries_of_all_clones() {
    let mut server = server().await;
    let budget = RetryBudget::new(3);
    let client = builder(&server)
        .org_id("org_abc")
        .project_id("proj_abc")
        .retry_budget(budget.clone())
        .build()
        .unwrap();
    let mock = error_mock(&mut server, "GET", PROJECT, 503, 6).await;
    let mut attempts = Vec::new();
    for client in [client.clone(), client.clone(), client] {
        attempts.push(client.project().get().await.unwrap_err().attempts());
    }
    checked(&mock).await;
    assert_eq!(attempts, [3, 2, 1]);
    assert_eq!(budget.remaining(), 0);
}

#[maybe_async]
#[flavour_test]
async fn a_policy_without_retries_makes_one_attempt() {
    let mut server = server().await;
    let mock = error_mock(&mut server, "GET", PROJECT, 503, 1).await;
    let client =
        builder(&server).org_id("org_abc").project_id("proj_abc").retry(RetryPolicy::none()).build().unwrap();
    client.project().get().await.unwrap_err();
    checked(&mock).await;
}
