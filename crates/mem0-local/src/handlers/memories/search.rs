//! Searches: parameters and results. See `docs/platform-api.md#searching-memories` and `docs/platform-api.md#decay`.

use serde_json::{Map, Value, json};

use crate::filter::{Filter, Visibility};
use crate::handlers::Call;
use crate::handlers::memories::search_result;
use crate::protocol::body_reader::BodyReader;
use crate::protocol::reply::{HandlerError, HandlerResult, HttpReply};
use crate::search::query::{Hit, SearchQuery};
use crate::search::{self, scope};
use crate::store::accesses;
use crate::store::after_commit::AfterCommit;

pub(crate) const ENTITY_IDS: [&str; 4] = ["user_id", "agent_id", "app_id", "run_id"];

pub(crate) fn search(call: &mut Call<'_>) -> HandlerResult {
    let mut body = call.read_body()?;
    let payload = body.to_value();
    for owner in ENTITY_IDS {
        if body.take(owner).is_some() {
            let text = format!("Put it into filters, as in {{\"filters\": {{\"{owner}\": \"…\"}}}}.");
            body.add_error(owner, &text);
        }
    }
    let text = body.query();
    let top_k = body.top_k();
    let threshold = body.threshold(0.1);
    let visibility = body.visibility();
    let (is_literal, _) = (body.flag("keyword_search"), body.flag("rerank"));
    let fields = body.texts("fields");
    let categories = body.texts("categories");
    let metadata = body.metadata();
    body.reference_date();
    body.take("output_format");
    let filters = body.take("filters");
    if body.has_errors() {
        return Err(body.error_reply().into());
    }
    call.check_fields(&body)?;
    Filter::parse_for_search(filters.as_ref(), call.options.known_faults)?;
    let filters = combined_filter(filters.unwrap_or_default(), categories, metadata);
    let query = SearchQuery {
        project: call.project_scope(),
        text,
        condition: Filter::parse_scoped(Some(&filters))?.into_condition().and(visibility.condition(call.now)),
        scope: scope::of(&filters),
        threshold,
        top_k,
        is_literal,
        has_decay: accesses::are_recorded(call.connection, call.project_scope())?,
        fields,
        payload,
    };
    let results = run_search(call, query)?;
    Ok(HttpReply::ok(&json!({ "results": results })))
}

/// Combines a filter with the conditions of other parameters.
fn combined_filter(
    filters: Value,
    categories: Option<Vec<String>>,
    metadata: Option<Map<String, Value>>,
) -> Value {
    let mut all = vec![filters];
    all.extend(
        categories.filter(|names| !names.is_empty()).map(|names| json!({"categories": {"in": names}})),
    );
    all.extend(metadata.into_iter().flatten().map(|(key, value)| json!({"metadata": {key: value}})));
    if all.len() == 1 { all.remove(0) } else { json!({ "AND": all }) }
}

/// Runs a search and returns its results as JSON.
pub(crate) fn run_search(call: &mut Call<'_>, query: SearchQuery<'_>) -> Result<Vec<Value>, HandlerError> {
    let hits = search::find(call.connection, &query, call.now)?;
    let logged_results =
        hits.iter().map(|Hit { memory, score }| json!({"id": memory.memory_id, "score": score})).collect();
    let accessed = hits.iter().filter(|_| query.has_decay).map(|hit| hit.memory.number).collect();
    let results = hits.iter().map(|Hit { memory, score }| {
        let mut json = search_result(memory, *score);
        if let Some(fields) = &query.fields {
            json.retain(|name, _| name == "id" || fields.contains(name));
        }
        json.into()
    });
    let results = results.collect();
    call.after_commit.push(AfterCommit::RecordSearch {
        org_id: query.project.org_id.to_owned(),
        project_id: query.project.project_id.to_owned(),
        numbers: accessed,
        at: call.now,
        payload: query.payload,
        results: Value::Array(logged_results),
    });
    Ok(results)
}

/// Fields of searches.
impl BodyReader {
    /// Takes the query, a string that is not blank.
    pub(crate) fn query(&mut self) -> String {
        let query = self.take("query");
        let query = match &query {
            Some(Value::String(query)) if query.trim().is_empty() => Err("This field may not be blank."),
            Some(Value::String(query)) => Ok(query.trim().to_owned()),
            Some(Value::Null) => Err("This field may not be null."),
            Some(_) => Err("Not a valid string."),
            None => Err("This field is required."),
        };
        query.map_err(|text| self.add_error("query", text)).unwrap_or_default()
    }

    pub(crate) fn top_k(&mut self) -> usize {
        let top_k = match self.take_non_null("top_k") {
            None => return 10,
            Some(value) => value.as_u64().and_then(|number| usize::try_from(number).ok()),
        };
        top_k.filter(|number| (1..=1000).contains(number)).unwrap_or_else(|| {
            self.add_error("top_k", "Must be an integer between 1 and 1000.");
            10
        })
    }

    pub(crate) fn threshold(&mut self, default: f64) -> f64 {
        let threshold = match self.take_non_null("threshold") {
            None => return default,
            Some(value) => value.as_f64().filter(|threshold| (0.0..=1.0).contains(threshold)),
        };
        threshold.unwrap_or_else(|| {
            self.add_error("threshold", "Must be a number between 0 and 1; 0 disables the limit.");
            default
        })
    }

    pub(crate) fn visibility(&mut self) -> Visibility {
        Visibility {
            expired: self.flag("show_expired"),
            latest_only: self.flag("latest_only"),
            merged: self.flag("include_merged"),
        }
    }

    /// Takes a boolean, which is false by default.
    pub(crate) fn flag(&mut self, field: &str) -> bool {
        match self.take_non_null(field) {
            None => false,
            Some(Value::Bool(on)) => on,
            Some(_) => {
                self.add_error(field, "Must be a valid boolean.");
                false
            }
        }
    }

    pub(crate) fn texts(&mut self, field: &str) -> Option<Vec<String>> {
        let value = self.take_non_null(field)?;
        let texts: Option<Vec<String>> = value
            .as_array()
            .and_then(|list| list.iter().map(|text| text.as_str().map(str::to_owned)).collect());
        if texts.is_none() {
            self.add_error(field, "Expected a list of strings.");
        }
        texts
    }

    fn metadata(&mut self) -> Option<Map<String, Value>> {
        let value = self.take_non_null("metadata")?;
        if !value.is_object() {
            self.add_error("metadata", "Expected an object.");
        }
        value.as_object().cloned()
    }

    /// Takes the reference date: seconds since 1970, a date or a timestamp. It has no effect, because searches do not
    /// interpret temporal phrases.
    fn reference_date(&mut self) {
        let is_date = match self.take_non_null("reference_date") {
            None => true,
            Some(Value::Number(seconds)) => {
                seconds.as_f64().is_some_and(|seconds| (-6.2e10..=2.5e11).contains(&seconds))
            }
            Some(Value::String(text)) => is_date(text.trim()),
            Some(_) => false,
        };
        if !is_date {
            let text = "Must be a date, such as 2026-01-31, 2026-01-31T12:00:00Z or 1769860800.";
            self.add_error("reference_date", text);
        }
    }

    /// Takes a field; `None` if it is missing or null.
    fn take_non_null(&mut self, field: &str) -> Option<Value> {
        self.take(field).filter(|value| !value.is_null())
    }
}

fn is_date(text: &str) -> bool {
    text.parse::<jiff::Timestamp>().is_ok() || text.parse::<jiff::civil::DateTime>().is_ok()
}
