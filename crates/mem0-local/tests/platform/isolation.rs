//! Isolation of organizations and projects under random operations.

use std::collections::BTreeMap;

use mem0_local::LocalPlatform;
use serde_json::{Value, json};

use crate::raw_http::RawConnection;
use crate::{ORGANIZATIONS, organization, project};

const USERS: usize = 6;
const STEPS: usize = 600;

/// Expected state, updated alongside the platform.
#[derive(Default)]
struct Model {
    /// Organization → user → is OWNER.
    members: BTreeMap<String, BTreeMap<usize, bool>>,
    projects: BTreeMap<String, Project>,
}

struct Project {
    org_id: String,
    description: String,
    members: BTreeMap<usize, bool>,
}

impl Model {
    fn above(&self, user: usize, org_id: &str) -> Option<bool> {
        self.members.get(org_id)?.get(&user).copied()
    }

    /// Whether the user is an OWNER in the project; `None` if it is hidden from them.
    fn within(&self, user: usize, org_id: &str, project_id: &str) -> Option<bool> {
        let project = self.projects.get(project_id).filter(|project| project.org_id == org_id)?;
        if self.above(user, org_id)? { Some(true) } else { project.members.get(&user).copied() }
    }
}

struct Run {
    platform: LocalPlatform,
    connection: RawConnection,
    keys: Vec<String>,
    random: fastrand::Rng,
    model: Model,
    counts: BTreeMap<u16, usize>,
}

impl Run {
    fn new(seed: u64) -> Self {
        let platform = LocalPlatform::builder().seed(seed).start().unwrap();
        let (org_id, project_id) = (platform.org_id().to_owned(), platform.project_id().to_owned());
        let key = |at| platform.create_key(&email(at), &org_id, &project_id).unwrap();
        let keys = (0..USERS).map(key).collect();
        let connection = RawConnection::open(platform.url());
        let random = fastrand::Rng::with_seed(seed);
        Self { platform, connection, keys, random, model: Model::default(), counts: BTreeMap::new() }
    }

    fn call(&mut self, user: usize, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let response = self.connection.call(method, path, Some(&self.keys[user]), &body).unwrap();
        *self.counts.entry(response.status).or_default() += 1;
        (response.status, response.json())
    }

    fn any(&mut self, ids: &[String]) -> String {
        self.random.choice(ids).cloned().unwrap_or_else(|| "nowhere".to_owned())
    }

    fn step(&mut self) {
        let user = self.random.usize(..USERS);
        let organizations: Vec<String> = self.model.members.keys().cloned().collect();
        let projects: Vec<String> = self.model.projects.keys().cloned().collect();
        let (mut org_id, project_id) = (self.any(&organizations), self.any(&projects));
        // Usually the organization of the project, sometimes another one.
        if let Some(project) = self.model.projects.get(&project_id)
            && self.random.usize(..8) > 0
        {
            org_id.clone_from(&project.org_id);
        }
        match self.random.usize(..12) {
            0 => self.create_organization(user),
            1 | 2 => self.create_project(user, &org_id),
            3 | 4 => self.update(user, &org_id, &project_id),
            5 => self.add(user, &org_id, None),
            6 => self.add(user, &org_id, Some(&project_id)),
            7 => self.read(user, &org_id, &project_id),
            8 => self.list(user, &org_id),
            9 => self.list_organizations(user),
            10 => self.remove(user, &org_id, &project_id),
            _ => self.delete(user, &org_id, &project_id),
        }
    }

    fn create_organization(&mut self, user: usize) {
        let (status, created) = self.call(user, "POST", ORGANIZATIONS, &json!({"name": "N"}));
        assert_eq!(status, 201);
        self.model.members.insert(text(&created["org_id"]), BTreeMap::from([(user, true)]));
    }

    fn create_project(&mut self, user: usize, org_id: &str) {
        let path = format!("{}projects/", organization(org_id));
        let (status, created) = self.call(user, "POST", &path, &json!({"name": "P", "description": "new"}));
        assert_eq!(status, expected(self.model.above(user, org_id), 200));
        if status == 200 {
            let members = BTreeMap::from([(user, true)]);
            let project = Project { org_id: org_id.to_owned(), description: "new".to_owned(), members };
            self.model.projects.insert(text(&created["project_id"]), project);
        }
    }

    fn update(&mut self, user: usize, org_id: &str, project_id: &str) {
        let description = format!("{:x} by {user}", self.random.u64(..));
        let body = json!({ "description": description });
        let (status, _) = self.call(user, "PATCH", &project(org_id, project_id), &body);
        assert_eq!(status, expected(self.model.within(user, org_id, project_id), 200));
        if status == 200 {
            self.model.projects.get_mut(project_id).unwrap().description = description;
        }
    }

    /// Adds a user to an organization or to one of its projects.
    fn add(&mut self, user: usize, org_id: &str, project_id: Option<&str>) {
        let (new, is_owner) = (self.random.usize(..USERS), self.random.bool());
        let body = json!({"email": email(new), "role": if is_owner { "OWNER" } else { "READER" }});
        let (path, role, success) = match project_id {
            Some(id) => (project(org_id, id), self.model.within(user, org_id, id), 200),
            None => (organization(org_id), self.model.above(user, org_id), 201),
        };
        let exists = match project_id {
            Some(id) => self.model.projects.get(id).is_some_and(|project| project.members.contains_key(&new)),
            None => self.model.above(new, org_id).is_some(),
        };
        let (status, _) = self.call(user, "POST", &format!("{path}members/"), &body);
        let success = if exists { 400 } else { success };
        assert_eq!(status, expected(role, success));
        if status < 300 {
            let organization_members = self.model.members.get_mut(org_id).unwrap();
            match project_id {
                Some(id) => {
                    organization_members.entry(new).or_insert(false);
                    self.model.projects.get_mut(id).unwrap().members.insert(new, is_owner);
                }
                None => drop(organization_members.insert(new, is_owner)),
            }
        }
    }

    fn remove(&mut self, user: usize, org_id: &str, project_id: &str) {
        let deleted = self.random.usize(..USERS);
        let path =
            format!("{}members/?email={}", project(org_id, project_id), email(deleted).replace('@', "%40"));
        let (status, _) = self.call(user, "DELETE", &path, &Value::Null);
        let role = self.model.within(user, org_id, project_id);
        let members = self.model.projects.get(project_id).map(|project| project.members.clone());
        let members = members.unwrap_or_default();
        let owner_is_left = members.iter().any(|(member, is_owner)| *member != deleted && *is_owner);
        let success = match members.get(&deleted) {
            None => 404,
            Some(_) if !owner_is_left => 400,
            Some(_) => 200,
        };
        assert_eq!(status, expected(role, success));
        if status == 200 {
            self.model.projects.get_mut(project_id).unwrap().members.remove(&deleted);
        }
    }

    fn delete(&mut self, user: usize, org_id: &str, project_id: &str) {
        // Organizations are rarely deleted, so that enough objects exist.
        if self.random.usize(..4) > 0 {
            let (status, _) = self.call(user, "DELETE", &project(org_id, project_id), &Value::Null);
            assert_eq!(status, expected(self.model.within(user, org_id, project_id), 200));
            if status == 200 {
                self.model.projects.remove(project_id);
            }
            return;
        }
        let (status, _) = self.call(user, "DELETE", &organization(org_id), &Value::Null);
        assert_eq!(status, expected(self.model.above(user, org_id), 200));
        if status == 200 {
            self.model.members.remove(org_id);
            self.model.projects.retain(|_, project| project.org_id != org_id);
        }
    }

    fn read(&mut self, user: usize, org_id: &str, project_id: &str) {
        let (status, current) = self.call(user, "GET", &project(org_id, project_id), &Value::Null);
        let role = self.model.within(user, org_id, project_id);
        assert_eq!(status, if role.is_some() { 200 } else { 404 });
        if role.is_some() {
            assert_eq!(current["description"], self.model.projects[project_id].description);
            assert_eq!(
                current["members"].as_array().unwrap().len(),
                self.model.projects[project_id].members.len()
            );
        }
    }

    fn list(&mut self, user: usize, org_id: &str) {
        let (status, current) =
            self.call(user, "GET", &format!("{}projects/", organization(org_id)), &Value::Null);
        if self.model.above(user, org_id).is_none() {
            assert_eq!(status, 404);
            return;
        }
        let mut listed: Vec<String> =
            current.as_array().unwrap().iter().map(|p| text(&p["project_id"])).collect();
        listed.sort();
        let visible = self.model.projects.keys().filter(|id| self.model.within(user, org_id, id).is_some());
        assert_eq!(listed, visible.cloned().collect::<Vec<_>>());
    }

    fn list_organizations(&mut self, user: usize) {
        let (_, current) = self.call(user, "GET", ORGANIZATIONS, &Value::Null);
        let mut listed: Vec<String> =
            current.as_array().unwrap().iter().map(|o| text(&o["org_id"])).collect();
        listed.sort();
        let visible = self.model.members.iter().filter(|(_, members)| members.contains_key(&user));
        assert_eq!(listed, visible.map(|(id, _)| id.clone()).collect::<Vec<_>>());
    }
}

/// 404 without a role, 403 for a READER.
fn expected(is_owner: Option<bool>, success: u16) -> u16 {
    match is_owner {
        None => 404,
        Some(false) => 403,
        Some(true) => success,
    }
}

fn email(user: usize) -> String {
    format!("user-{user}@x.io")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[test]
fn users_cannot_read_or_change_foreign_objects() {
    let mut counts = BTreeMap::new();
    for seed in 0..4 {
        let mut run = Run::new(seed);
        for step in 0..STEPS {
            let at = format!("seed {seed}, step {step}");
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run.step()));
            assert!(result.is_ok(), "{at}");
        }
        // At the end, every user sees exactly their own objects.
        for user in 0..USERS {
            run.list_organizations(user);
            let organizations: Vec<String> = run.model.members.keys().cloned().collect();
            for org_id in &organizations {
                run.list(user, org_id);
            }
            let projects = run.model.projects.iter();
            let projects: Vec<_> =
                projects.map(|(id, project)| (id.clone(), project.org_id.clone())).collect();
            for (project_id, org_id) in projects {
                run.read(user, &org_id, &project_id);
                let another = run.any(&organizations);
                run.read(user, &another, &project_id);
            }
        }
        assert!(
            run.platform.request_log().iter().all(|entry| entry.status.is_some_and(|status| status < 500))
        );
        for (status, count) in run.counts {
            *counts.entry(status).or_default() += count;
        }
    }
    for status in [200, 201, 400, 403, 404] {
        assert!(
            counts.get(&status).is_some_and(|count: &usize| *count >= 20),
            "too few of {status}: {counts:?}"
        );
    }
}
