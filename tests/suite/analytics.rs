//! Feedback, statistics and summaries.

use super::*;
use mem0::Filter;
use mem0::memories::Feedback;
use serde_json::json;

const FEEDBACK: &str = "/v1/feedback/";
const ID: &str = "11111111-1111-4111-8111-111111111111";

#[maybe_async]
#[flavour_test]
async fn feedback_is_sent_and_removed() {
    let mut server = server().await;
    let client = client(&server);
    for (feedback, reason, said) in [
        (Some(Feedback::Positive), Some("good"), r#""POSITIVE","feedback_reason":"good""#),
        (Some(Feedback::Negative), None, r#""NEGATIVE","feedback_reason":null"#),
        (Some(Feedback::VeryNegative), Some(""), r#""VERY_NEGATIVE","feedback_reason":"""#),
        (Some(Feedback::Other("MEH".into())), Some("ünï"), r#""MEH","feedback_reason":"ünï""#),
        (None, None, r#"null,"feedback_reason":null"#),
    ] {
        let body = format!(r#"{{"memory_id":"{ID}","feedback":{said}}}"#);
        let response = format!(r#"{{"id":17,"feedback":{said}}}"#);
        let mock = created(expect_body(&mut server, "POST", FEEDBACK, &body).with_body(response)).await;
        let given = match feedback.clone() {
            Some(feedback) => client.feedback(ID, feedback, reason).await.unwrap(),
            None => client.remove_feedback(ID).await.unwrap(),
        };
        checked(&mock).await;
        mock.remove();
        assert_eq!((given.feedback, given.feedback_reason.as_deref()), (feedback, reason));
        assert_eq!(given.id.unwrap(), 17);
    }
}

#[maybe_async]
#[flavour_test]
async fn rejected_feedback() {
    for (status, body, said) in [
        (400, r#"{"error":"Invalid memory_id"}"#, "Invalid memory_id"),
        (400, "", "Bad Request"),
        (401, "", "Unauthorized"),
        (500, "<h1>Server Error (500)</h1>", "Internal Server Error"),
    ] {
        let mut server = server().await;
        let mock = created(expect(&mut server, "POST", FEEDBACK).with_status(status).with_body(body)).await;
        let error = client(&server).feedback(ID, Feedback::Positive, None).await.unwrap_err();
        checked(&mock).await;
        assert!(error.to_string().contains(said), "{error}");
        assert_eq!((error.attempts(), usize::from(error.status().unwrap().as_u16())), (1, status));
    }
}

#[maybe_async]
#[flavour_test]
async fn statistics_are_read() {
    let mut server = server().await;
    let response = r#"{"total_memories":12,"total_retrieval_events":5,"total_add_events":3,"total_api_retrieval_events":4,
        "total_retrieval_events_limit":1000,"total_users_with_memories":2,"total_agents_with_memories":1,
        "total_runs_with_memories":0,"memories_per_user":6,"memories_per_agent":0.5,"memories_per_run":null,"x":1}"#;
    let mock = expect(&mut server, "GET", "/v1/stats/").match_body(Matcher::Exact(String::new()));
    let mock = created(mock.with_body(response)).await;
    let stats = client(&server).stats().await.unwrap();
    checked(&mock).await;
    let totals = [stats.total_memories, stats.total_retrieval_events, stats.total_add_events];
    assert_eq!(totals, [Some(12), Some(5), Some(3)]);
    assert_eq!((stats.total_api_retrieval_events, stats.total_retrieval_events_limit), (Some(4), Some(1000)));
    assert_eq!((stats.total_users_with_memories, stats.total_agents_with_memories), (Some(2), Some(1)));
    assert_eq!(stats.total_runs_with_memories, Some(0));
    let averages = [stats.memories_per_user, stats.memories_per_agent, stats.memories_per_run];
    assert_eq!(averages, [Some(6.0), Some(0.5), None]);
    assert_eq!(stats.extra["x"], 1);
}

#[maybe_async]
#[flavour_test]
async fn a_summary_is_any_json() {
    for (response, value) in [
        (r#"[{"summary":"Likes tea"}]"#, json!([{"summary": "Likes tea"}])),
        (r#"{"userSummary":"x"}"#, json!({"userSummary": "x"})),
    ] {
        let mut server = server().await;
        let client = client(&server);
        // The filter is sent unchanged.
        for (filter, sent) in [
            (Filter::user("a"), r#"{"user_id":"a"}"#),
            (Filter::raw(json!({"AND": [{"user_id": "a"}]})), r#"{"AND":[{"user_id":"a"}]}"#),
            (Filter::user("a").or(Filter::any_run()), r#"{"OR":[{"user_id":"a"},{"run_id":"*"}]}"#),
        ] {
            let body = format!(r#"{{"filters":{sent}}}"#);
            let mock = expect_body(&mut server, "POST", "/v1/summary/", &body).with_body(response);
            let mock = created(mock).await;
            let outcome = client.summary(filter).await.unwrap();
            assert_eq!(outcome, value);
            checked(&mock).await;
        }
    }
}

#[maybe_async]
#[flavour_test]
async fn reads_are_retried() {
    let mut server = server().await;
    let summary = created(expect(&mut server, "POST", "/v1/summary/").with_status(503).expect(3)).await;
    let stats = created(expect(&mut server, "GET", "/v1/stats/").with_status(503).expect(3)).await;
    let feedback = created(expect(&mut server, "POST", FEEDBACK).with_status(503).expect(2)).await;
    let client = client(&server);
    client.summary(Filter::user("a")).await.unwrap_err();
    client.stats().await.unwrap_err();
    let outcome = client.feedback(ID, Feedback::Positive, None).await.unwrap_err().attempts();
    assert_eq!(outcome, 1);
    let outcome = client.remove_feedback(ID).await.unwrap_err().attempts();
    assert_eq!(outcome, 1);
    for mock in [summary, stats, feedback] {
        checked(&mock).await;
    }
}
