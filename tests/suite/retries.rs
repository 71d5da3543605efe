//! When a call is tried again, counted at the server.

use super::*;
use mem0::client::{RequestOptions, RetryBudget};
use mem0::{Error, ProjectUpdate};

/// Expects so many refusals of that status.
#[maybe_async]
async fn refusing(server: &mut ServerGuard, method: &str, path: &str, status: usize, times: usize) -> Mock {
    created(expect(server, method, path).with_status(status).with_body(r#"{"message":"no"}"#).expect(times))
        .await
}

#[maybe_async]
#[flavour_test]
async fn reads_and_idempotent_writes_are_tried_three_times() {
    for status in [408, 429, 500, 502, 503, 504] {
        let mut server = server().await;
        let project = project_client(&server).project();
        let get = refusing(&mut server, "GET", PROJECT, status, 3).await;
        let patch = refusing(&mut server, "PATCH", PROJECT, status, 3).await;
        let delete = refusing(&mut server, "DELETE", PROJECT, status, 3).await;
        let put = refusing(&mut server, "PUT", &format!("{PROJECT}members/"), status, 3).await;
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
async fn what_may_have_been_created_is_not_created_again() {
    for (status, times) in [(408, 1), (429, 3), (500, 1), (503, 1)] {
        let mut server = server().await;
        let mock = refusing(&mut server, "POST", ORGANIZATIONS, status, times).await;
        let error = client(&server).organizations().create("Acme").await.unwrap_err();
        checked(&mock).await;
        assert_eq!(error.attempts() as usize, times);
    }
}

#[maybe_async]
#[flavour_test]
async fn writes_are_tried_again_by_opt_in_alone() {
    let mut server = server().await;
    let mock = refusing(&mut server, "POST", ORGANIZATIONS, 503, 3).await;
    let policy = RetryPolicy::default().base_delay(Duration::from_millis(1)).retry_writes(true);
    let organizations = client(&server).organizations().with_options(RequestOptions::new().retry(policy));
    organizations.create("Acme").await.unwrap_err();
    checked(&mock).await;
}

#[maybe_async]
#[flavour_test]
async fn what_is_not_going_to_change_is_asked_once() {
    for status in [301, 400, 401, 403, 404, 409, 413, 422] {
        let mut server = server().await;
        let mock = refusing(&mut server, "GET", PROJECT, status, 1).await;
        project_client(&server).project().get().await.unwrap_err();
        checked(&mock).await;
    }
}

#[maybe_async]
#[flavour_test]
async fn a_call_that_succeeds_at_last_is_a_success() {
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
async fn a_retry_after_beyond_the_cap_ends_the_call_with_its_number() {
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
async fn the_cap_of_our_own_delay_is_none_for_a_retry_after() {
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
async fn the_cap_of_a_retry_after_is_none_for_our_own_delay() {
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
    let silent = refusing(&mut server, "GET", &format!("{PROJECT}members/"), 503, 3).await;
    let error = client.project().get_members().await.unwrap_err();
    assert_eq!(error.attempts(), 3);
    checked(&silent).await;
}

#[maybe_async]
#[flavour_test]
async fn a_retry_after_that_is_none_is_passed_over() {
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
async fn a_retry_after_in_the_past_is_no_wait() {
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
async fn a_wait_that_outlasts_the_call_is_not_begun() {
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
async fn a_spent_budget_ends_retries_for_all_clones() {
    let mut server = server().await;
    let budget = RetryBudget::new(3);
    let client = builder(&server)
        .org_id("org_abc")
        .project_id("proj_abc")
        .retry_budget(budget.clone())
        .build()
        .unwrap();
    let mock = refusing(&mut server, "GET", PROJECT, 503, 6).await;
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
async fn no_retries_means_none() {
    let mut server = server().await;
    let mock = refusing(&mut server, "GET", PROJECT, 503, 1).await;
    let client =
        builder(&server).org_id("org_abc").project_id("proj_abc").retry(RetryPolicy::none()).build().unwrap();
    client.project().get().await.unwrap_err();
    checked(&mock).await;
}
