//! A thousand projects with the same users and words: each search finds its own.

use std::collections::BTreeMap;

use mem0_local::{LocalPlatform, NewMemory};
use serde_json::{Value, json};

use crate::raw_http::RawConnection;
use crate::{organization, project};

const PROJECTS: usize = 1000;
const STEPS: usize = 4000;
const USERS: [&str; 3] = ["alice", "bob", "carol"];
const WORDS: [&str; 12] = [
    "amber", "budget", "canal", "dragon", "ember", "ferry", "garden", "harbour", "island", "jasmine",
    "kettle", "lantern",
];

/// Expected content of a project.
struct Project {
    id: String,
    key: String,
    /// Texts, each unique in the platform, with their owners.
    memories: BTreeMap<String, &'static str>,
}

struct Run {
    platform: LocalPlatform,
    connection: RawConnection,
    random: fastrand::Rng,
    projects: Vec<Project>,
    texts_made: usize,
    found: usize,
}

impl Run {
    fn new() -> Self {
        let platform = LocalPlatform::start().unwrap();
        let connection = RawConnection::open(platform.url());
        let random = fastrand::Rng::with_seed(2026);
        let mut run = Self { platform, connection, random, projects: Vec::new(), texts_made: 0, found: 0 };
        for _ in 0..PROJECTS {
            run.create();
        }
        run
    }

    fn call(&mut self, method: &str, path: &str, key: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let response = self.connection.call(method, path, Some(key), &body).unwrap();
        (response.status, response.json())
    }

    fn create(&mut self) {
        let path = format!("{}projects/", organization(self.platform.org_id()));
        let key = self.platform.api_key().to_owned();
        let (status, created) = self.call("POST", &path, &key, &json!({"name": "P"}));
        assert_eq!(status, 200);
        let id = created["project_id"].as_str().unwrap().to_owned();
        let key = self.platform.create_key("owner@example.com", self.platform.org_id(), &id).unwrap();
        self.projects.push(Project { id, key, memories: BTreeMap::new() });
    }

    fn step(&mut self) {
        let at = self.random.usize(..self.projects.len());
        match self.random.usize(..20) {
            0..=8 => self.load(at),
            9..=17 => self.search(at),
            18 => self.decay(at),
            _ => self.replace(at),
        }
    }

    fn load(&mut self, at: usize) {
        let mut memories = Vec::new();
        for _ in 0..self.random.usize(1..5) {
            self.texts_made += 1;
            let words: Vec<&str> = (0..3).map(|_| WORDS[self.random.usize(..WORDS.len())]).collect();
            let text = format!("{} number {}", words.join(" "), self.texts_made);
            let user = USERS[self.random.usize(..USERS.len())];
            memories.push(NewMemory::new(&text).user(user));
            self.projects[at].memories.insert(text, user);
        }
        self.platform.load_memories(self.platform.org_id(), &self.projects[at].id, memories).unwrap();
    }

    fn search(&mut self, at: usize) {
        let word = WORDS[self.random.usize(..WORDS.len())];
        let user = self.random.bool().then(|| USERS[self.random.usize(..USERS.len())]);
        let threshold = [0.0, 0.0001][self.random.usize(..2)];
        let body = json!({
            "query": word,
            "filters": {"user_id": user.unwrap_or("*")},
            "top_k": 1000,
            "threshold": threshold,
        });
        let key = self.projects[at].key.clone();
        let (status, response) = self.call("POST", "/v3/memories/search/", &key, &body);
        assert_eq!(status, 200, "{response}");
        let mut found: Vec<(&str, &str)> = response["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|found| (found["memory"].as_str().unwrap(), found["user_id"].as_str().unwrap()))
            .collect();
        found.sort_unstable();
        let expected: Vec<(&str, &str)> = self.projects[at]
            .memories
            .iter()
            .filter(|(text, of)| {
                user.is_none_or(|user| user == **of) && (threshold == 0.0 || text.contains(word))
            })
            .map(|(text, of)| (text.as_str(), *of))
            .collect();
        assert_eq!(found, expected, "project {at}, {body}");
        self.found += found.len();
    }

    fn decay(&mut self, at: usize) {
        let path = project(self.platform.org_id(), &self.projects[at].id);
        let key = self.projects[at].key.clone();
        let on = self.random.bool();
        assert_eq!(self.call("PATCH", &path, &key, &json!({ "decay": on })).0, 200);
    }

    /// Deletes a project and creates another.
    fn replace(&mut self, at: usize) {
        let deleted = self.projects.swap_remove(at);
        let path = project(self.platform.org_id(), &deleted.id);
        assert_eq!(self.call("DELETE", &path, &deleted.key, &Value::Null).0, 200);
        self.create();
    }
}

#[test]
fn searches_return_memories_of_the_callers_project_only() {
    let mut run = Run::new();
    for step in 0..STEPS {
        run.step();
        if step == STEPS / 2 {
            // Rebuilds the index halfway.
            let dump = run.platform.dump().unwrap();
            run.platform.reset().unwrap();
            run.platform.load(&dump).unwrap();
        }
    }
    for at in 0..run.projects.len() {
        run.search(at);
    }
    assert!(run.found > STEPS / 2, "only {} memories were found", run.found);
}

/// Scores are identical with and without other projects.
#[test]
fn scores_do_not_depend_on_other_projects() {
    let alone = super::platform_with(&[
        "amber budget canal",
        "budget and dragon",
        "a long text about an ember and a budget",
    ]);
    let shared_platform = LocalPlatform::start().unwrap();
    let ping = crate::raw_http::call(
        shared_platform.url(),
        "GET",
        "/v1/ping/",
        shared_platform.other_key(),
        &Value::Null,
    )
    .json();
    let others = (0..500).map(|n| NewMemory::new(format!("budget amber {n}")).user("alice"));
    shared_platform
        .load_memories(ping["org_id"].as_str().unwrap(), ping["project_id"].as_str().unwrap(), others)
        .unwrap();
    super::load(
        &shared_platform,
        ["amber budget canal", "budget and dragon", "a long text about an ember and a budget"]
            .map(|text| NewMemory::new(text).user("alice")),
    );
    for query in ["budget", "amber", "amber budget ember", "bud*", "emb"] {
        let more = json!({"threshold": 0});
        let of = |platform: &LocalPlatform| -> Vec<(String, f64)> {
            let texts = super::texts(platform, query, more.clone());
            texts.into_iter().zip(super::scores(platform, query, more.clone())).collect()
        };
        let (mut one, mut other) = (of(&alone), of(&shared_platform));
        one.sort_by(|a, b| a.0.cmp(&b.0));
        other.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(one, other, "{query}");
    }
}
