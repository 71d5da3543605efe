//! Measured requests, with checks of their responses.

use http::Method;
use mem0::{Error, MemoryClient, ProjectUpdate};
use mem0_local::{LocalPlatform, NewMemory};
use serde_json::{Value, json};

use crate::{Result, corpus};

pub(crate) struct Requests<'a> {
    platform: &'a LocalPlatform,
    client: MemoryClient,
}

impl<'a> Requests<'a> {
    pub(crate) fn new(platform: &'a LocalPlatform) -> Result<Self> {
        Ok(Self { platform, client: platform.client()? })
    }

    pub(crate) fn decay(&self, on: bool) -> Result<()> {
        self.client.project().update(ProjectUpdate::new().decay(on))?;
        Ok(())
    }

    /// Searches for a memory with unique words and checks that it is the only result.
    pub(crate) fn find_one(&self, size: usize) -> Result<()> {
        let needle = NewMemory::new(format!("Kingfisher{size} nests above the weir")).user("user-0");
        self.platform.load_memories(self.platform.org_id(), self.platform.project_id(), [needle])?;
        let results = self.search_results(&format!("kingfisher{size} weirs"), &json!({"user_id": "*"}))?;
        let texts: Vec<&Value> = results.iter().map(|result| &result["memory"]).collect();
        if texts != [&json!(format!("Kingfisher{size} nests above the weir"))] {
            return Err(format!("one memory among {size}: found {texts:?}").into());
        }
        Ok(())
    }

    fn search_results(&self, query: &str, filters: &Value) -> Result<Vec<Value>> {
        let body = json!({"query": query, "filters": filters});
        let answer: Value =
            self.client.request(Method::POST, ["v3", "memories", "search", ""]).json(&body).send()?;
        Ok(answer["results"].as_array().ok_or("a search has no results")?.clone())
    }

    /// Searches the whole project, or the memories of one user.
    pub(crate) fn search(&self, query: &str, user: Option<&str>) -> Result<bool> {
        let results = self.search_results(query, &json!({"user_id": user.unwrap_or("*")}))?;
        let wrong = |what: &str| Err(format!("{query:?} of {user:?}: {what}").into());
        if results.len() > 10 {
            return wrong("more than ten results");
        }
        let mut last = 1.0;
        for result in &results {
            let score = result["score"].as_f64().unwrap_or(f64::NAN);
            if !(0.0..=last).contains(&score) {
                return wrong("the scores do not fall");
            }
            last = score;
            if user.is_some_and(|user| result["user_id"] != user) {
                return wrong("a memory of another user");
            }
            let text = result["memory"].as_str().unwrap_or_default();
            if !query.split(' ').any(|asked| text.split(' ').any(|word| may_share_stem(word, asked))) {
                return wrong("a memory without any of the words");
            }
        }
        Ok(true)
    }

    pub(crate) fn add(&self, number: usize) -> Result<bool> {
        let text = corpus::text(&mut fastrand::Rng::with_seed(u64::MAX - number as u64));
        let body = json!({
            "messages": [{"role": "user", "content": text}],
            "user_id": "somebody-else",
            "infer": false,
        });
        let added =
            self.client.request(Method::POST, ["v3", "memories", "add", ""]).json(&body).send::<Value>();
        let Some(added) = served(added)? else { return Ok(false) };
        if added["results"][0]["data"]["memory"] == text { Ok(true) } else { Err("nothing was added".into()) }
    }

    /// Lists the first or the last page of the memories of a user.
    pub(crate) fn list(&self, user: &str, size: usize, first: bool) -> Result<bool> {
        let count = size / corpus::USERS + usize::from(user == "user-0");
        let page = if first { 1 } else { count.div_ceil(100) };
        let list = self
            .client
            .request(Method::POST, ["v3", "memories", ""])
            .query("page", page.to_string())
            .json(&json!({"filters": {"user_id": user}}))
            .send::<Value>();
        let Some(list) = served(list)? else { return Ok(false) };
        let rows = list["results"].as_array().map_or(0, Vec::len);
        if list["count"] != count || rows != (count - (page - 1) * 100).min(100) {
            return Err(format!("page {page} of {user} has {rows} of {} memories", list["count"]).into());
        }
        Ok(true)
    }
}

/// Whether two words may have the same stem.
fn may_share_stem(one: &str, other: &str) -> bool {
    let common = one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count();
    common + 3 >= one.len().min(other.len())
}

fn served(answer: mem0::Result<Value>) -> Result<Option<Value>> {
    match answer {
        Err(Error::Api(error)) if error.status.as_u16() == 501 => Ok(None),
        answer => Ok(Some(answer?)),
    }
}
