//! Organization in a random state, and random desired states for it.

use std::collections::{BTreeMap, BTreeSet};

use mem0::blocking::{MemoryClient, OrganizationApi};
use mem0::client::RetryPolicy;
use mem0::plan::{DesiredOrganization, Plan, Prune, Step};
use mem0::webhooks::NewWebhook;
use mem0::{ProjectUpdate, Role};
use mem0_local::LocalPlatform;
use serde_json::{Map, Value, json};

/// OWNER of a new platform, who creates the organization and plans.
pub(super) const CALLER: &str = "owner@example.com";
pub(super) const PEOPLE: [&str; 6] =
    [CALLER, "ann@example.com", "bob@example.com", "cid@example.com", "dee@example.com", "eve@example.com"];
const PROJECTS: [&str; 5] = ["A", "B", "C", "D", "E"];
const WEBHOOKS: [&str; 3] = ["audit", "mirror", "alarm"];

/// Organization under test.
pub(super) struct World<'a> {
    pub(super) platform: &'a LocalPlatform,
    pub(super) org_id: String,
}

pub(super) fn client(platform: &LocalPlatform, key: &str) -> MemoryClient {
    let builder = MemoryClient::builder().base_url(platform.url()).api_key(key);
    builder.retry(RetryPolicy::none()).build().unwrap()
}

fn role(random: &mut fastrand::Rng) -> Role {
    if random.bool() { Role::Owner } else { Role::Reader }
}

impl<'a> World<'a> {
    pub(super) fn random(platform: &'a LocalPlatform, random: &mut fastrand::Rng) -> Self {
        let client = client(platform, platform.api_key());
        let org_id = client.organizations().create("Acme").unwrap().org_id.unwrap();
        let organization = client.organization(&org_id);
        for email in &PEOPLE[1..] {
            if random.u8(..10) < 6 {
                organization.add_member(email, role(random)).unwrap();
            }
        }
        for name in &PROJECTS[..random.usize(..5)] {
            let created = organization.create_project(*name).unwrap();
            let project = organization.project(created.project_id.unwrap());
            if let Value::Object(settings) = settings(random) {
                let update = settings
                    .into_iter()
                    .filter(|(name, _)| name != "custom_categories")
                    .fold(ProjectUpdate::new().decay(random.bool()), |update, (name, value)| {
                        update.set(name, value)
                    });
                project.update(update).unwrap();
            }
            let mut has_owner = false;
            for email in &PEOPLE[1..] {
                if random.u8(..10) < 4 {
                    let role = role(random);
                    has_owner |= role == Role::Owner;
                    project.add_member(email, role).unwrap();
                }
            }
            if has_owner {
                match random.u8(..3) {
                    0 => drop(project.remove_member(CALLER).unwrap()),
                    1 => drop(project.update_member(CALLER, Role::Reader).unwrap()),
                    _ => {}
                }
            }
            for name in WEBHOOKS {
                if random.bool() {
                    let url = format!("http://127.0.0.1/{}", random.u8(..2));
                    let webhook = NewWebhook::new(name, url, ["memory_add"]).is_active(random.bool());
                    project.webhooks().create(webhook).unwrap();
                }
            }
        }
        Self { platform, org_id: org_id.into_string() }
    }

    /// Organization, with the key of [`CALLER`].
    pub(super) fn organization(&self) -> OrganizationApi {
        client(self.platform, self.platform.api_key()).organization(&self.org_id)
    }

    /// Organization, with the key of any current OWNER.
    pub(super) fn as_any_owner(&self) -> OrganizationApi {
        let owners = owners(&self.memberships().of_organization);
        self.as_user(if owners.contains(CALLER) { CALLER } else { owners.iter().next().unwrap() })
    }

    /// Organization, with a key of the given user.
    pub(super) fn as_user(&self, email: &str) -> OrganizationApi {
        let (org_id, project_id) = (self.platform.org_id(), self.platform.project_id());
        let key = self.platform.create_key(email, org_id, project_id).unwrap();
        client(self.platform, &key).organization(&self.org_id)
    }

    /// Random desired state, as JSON, so that it can be checked independently of the planner.
    pub(super) fn random_desired(&self, random: &mut fastrand::Rng) -> Value {
        let mut desired = json!({ "organization": { "id": self.org_id } });
        if random.u8(..10) < 8 {
            desired["members"] = members(random);
        }
        let mut projects = Map::new();
        let existing = self.organization().projects().unwrap();
        for name in PROJECTS {
            if random.u8(..10) < 4 {
                continue;
            }
            let mut project = settings(random);
            if random.u8(..10) < 6 {
                project["members"] = members(random);
            }
            if random.u8(..10) < 6 {
                project["webhooks"] = webhooks(random);
            }
            let current = existing.iter().find(|project| project.name.as_deref() == Some(name));
            if let Some(current) = current.filter(|_| random.u8(..10) < 3) {
                project["id"] = json!(current.project_id);
                projects.insert(format!("{name} renamed"), project);
            } else {
                projects.insert(name.to_owned(), project);
            }
        }
        if random.u8(..10) > 0 {
            desired["projects"] = projects.into();
        }
        desired
    }

    /// State that the member sees, with random changes where they are an OWNER.
    pub(super) fn random_changes(&self, email: &str, random: &mut fastrand::Rng) -> Value {
        let state = self.as_user(email).current_state().unwrap();
        let mut desired = json!(state.to_desired().unwrap());
        if state.organization.user_role == Some(Role::Owner) && random.bool() {
            desired["members"] = members(random);
        }
        for current in state.projects {
            if current.project.user_role != Some(Role::Owner) || random.u8(..10) < 2 {
                continue;
            }
            let id = json!(current.project.project_id);
            let projects = desired["projects"].as_object_mut().unwrap();
            let project = projects.values_mut().find(|project| project["id"] == id).unwrap();
            let Value::Object(settings) = settings(random) else { continue };
            project.as_object_mut().unwrap().extend(settings);
            if random.u8(..10) < 6 {
                project["members"] = members(random);
                if random.bool() {
                    project["members"]["new@example.com"] = json!("READER");
                }
            }
            if random.bool() {
                project["webhooks"] = webhooks(random);
            }
        }
        desired
    }

    /// All memberships, read from the store, because the caller may have lost access.
    pub(super) fn memberships(&self) -> Memberships {
        let dump = serde_json::to_value(self.platform.dump().unwrap()).unwrap();
        let emails: BTreeMap<String, String> =
            rows(&dump, "users").map(|row| (text(&row["user_id"]), text(&row["email"]))).collect();
        let email = |row: &Row| emails[&text(&row["user_id"])].clone();
        let own = |table| rows(&dump, table).filter(|row| row["org_id"] == self.org_id.as_str());
        let mut of_projects: BTreeMap<String, Members> =
            own("projects").map(|row| (text(&row["project_id"]), Members::new())).collect();
        for row in own("project_members") {
            let members = of_projects.get_mut(&text(&row["project_id"])).unwrap();
            members.insert(email(&row), text(&row["role"]));
        }
        let of_organization =
            own("organization_members").map(|row| (email(&row), text(&row["role"]))).collect();
        Memberships { of_organization, of_projects }
    }
}

/// Roles by e-mail address.
pub(super) type Members = BTreeMap<String, String>;

type Row = BTreeMap<String, Value>;

/// Members of the organization and of its projects.
pub(super) struct Memberships {
    pub(super) of_organization: Members,
    /// By project id.
    pub(super) of_projects: BTreeMap<String, Members>,
}

fn rows(dump: &Value, table: &str) -> impl Iterator<Item = Row> {
    let table = &dump["tables"][table];
    let columns: Vec<String> = serde_json::from_value(table["columns"].clone()).unwrap();
    let rows: Vec<Vec<Value>> = serde_json::from_value(table["rows"].clone()).unwrap();
    rows.into_iter().map(move |row| columns.iter().cloned().zip(row).collect())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

pub(super) fn owners(members: &Members) -> BTreeSet<String> {
    members.iter().filter(|(_, role)| *role == "OWNER").map(|(email, _)| email.clone()).collect()
}

fn settings(random: &mut fastrand::Rng) -> Value {
    let mut settings = json!({});
    for name in ["description", "custom_instructions", "inclusion_prompt", "memory_depth"] {
        if random.u8(..10) < 4 {
            settings[name] = json!(random.choice(["", "one", "one\ntwo"]).unwrap());
        }
    }
    for name in ["decay", "multilingual"] {
        if random.bool() {
            settings[name] = json!(random.bool());
        }
    }
    if random.u8(..10) < 4 {
        let all = [json!("support"), json!({"billing": "Invoices"}), json!({"travel": ""})];
        settings["custom_categories"] = all.into_iter().filter(|_| random.bool()).collect();
    }
    settings
}

fn members(random: &mut fastrand::Rng) -> Value {
    let mut members = json!({});
    for email in PEOPLE {
        if random.bool() {
            members[email] = json!(role(random));
        }
    }
    members[*random.choice(&PEOPLE).unwrap()] = json!("OWNER");
    members
}

fn webhooks(random: &mut fastrand::Rng) -> Value {
    let mut webhooks = Vec::new();
    for name in WEBHOOKS {
        if random.bool() {
            let types = ["memory_add", "memory_delete"];
            let mut webhook = json!({
                "name": name, "url": format!("http://127.0.0.1/{}", random.u8(..2)),
                "event_types": &types[..random.usize(1..3)],
            });
            if random.bool() {
                webhook["is_active"] = json!(random.bool());
            }
            webhooks.push(webhook);
        }
    }
    webhooks.into()
}

pub(super) fn prune(random: &mut fastrand::Rng) -> Prune {
    if random.bool() { Prune::Yes } else { Prune::No }
}

pub(super) fn parse(desired: &Value) -> DesiredOrganization {
    serde_json::from_value(desired.clone()).unwrap()
}

/// Whether a step removes or demotes the caller.
pub(super) fn is_caller_loss(step: &Step, caller: &str) -> bool {
    match step {
        Step::ChangeRole { email, to, .. } => email.as_str() == caller && *to != Role::Owner,
        Step::RemoveMember { email, .. } => email.as_str() == caller,
        _ => false,
    }
}

/// Creates a plan; `None` if it would leave a project without an OWNER.
pub(super) fn plan_if_valid(organization: &OrganizationApi, desired: &Value, prune: Prune) -> Option<Plan> {
    match organization.plan(&parse(desired), prune) {
        Ok(plan) => Some(plan),
        Err(error) => {
            assert!(error.to_string().contains("would have no OWNER"), "{error}");
            None
        }
    }
}
