//! Seed data: initial content in addition to the default content.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use rusqlite::Connection;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::check;
use crate::error::LocalError;
use crate::store::keys::KEY_PREFIX;
use crate::store::projects::NewProject;
use crate::store::settings::{self, Change};
use crate::store::{keys, organization_members, organizations, project_members, projects, users};
use mem0::Role;
use mem0::redact::redact_keys;

/// Initial content of a new platform, in addition to its default content: users, organizations, projects, members and
/// API keys.
///
/// Seed data is read from JSON. Names and e-mail addresses are required; all other fields are optional. Unknown
/// fields are rejected. Every organization and every project needs an OWNER. A member of a project who is not a
/// member of the organization joins it as READER. `settings` takes the settings of a project update, and also
/// `expiration_date`, the default for memories: a day as `YYYY-MM-DD`. A `key` must start with `m0-local-`; without
/// it, a key is generated. The default users `owner@example.com`, `reader@example.com` and `other@example.com` may be
/// members.
///
/// ```
/// use mem0_local::{LocalPlatform, SeedData};
///
/// let seed = SeedData::from_json(r#"{
///     "users": [{"email": "ann@example.com", "username": "ann"}],
///     "organizations": [{
///         "org_id": "org_acme",
///         "name": "Acme",
///         "members": [{"email": "ann@example.com", "role": "OWNER"}],
///         "projects": [{
///             "project_id": "proj_support",
///             "name": "Support bot",
///             "settings": {"decay": true, "custom_categories": ["billing"]},
///             "members": [{"email": "ann@example.com", "role": "OWNER"}],
///             "keys": [{"email": "ann@example.com", "key": "m0-local-ann"}]
///         }]
///     }]
/// }"#)?;
/// let platform = LocalPlatform::builder().seed_data(seed).start()?;
/// # Ok::<(), mem0_local::LocalError>(())
/// ```
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedData {
    #[serde(default)]
    users: Vec<SeedUser>,
    #[serde(default)]
    organizations: Vec<SeedOrganization>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedUser {
    email: String,
    username: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedOrganization {
    org_id: Option<String>,
    name: String,
    #[serde(default)]
    members: Vec<SeedMember>,
    #[serde(default)]
    projects: Vec<SeedProject>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedProject {
    project_id: Option<String>,
    name: String,
    #[serde(default)]
    settings: BTreeMap<String, Value>,
    #[serde(default)]
    members: Vec<SeedMember>,
    #[serde(default)]
    keys: Vec<SeedKey>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedMember {
    email: String,
    role: String,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedKey {
    email: String,
    key: Option<String>,
}

impl fmt::Debug for SeedData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeedData")
            .field("users", &self.users.len())
            .field("organizations", &self.organizations.len())
            .finish()
    }
}

impl SeedData {
    /// Reads seed data from JSON.
    ///
    /// # Errors
    /// [`LocalError::Content`] if the JSON is invalid or has unexpected fields. The values are checked when the
    /// platform starts.
    pub fn from_json(json: &str) -> Result<Self, LocalError> {
        let mut reader = serde_json::Deserializer::from_str(json);
        serde_path_to_error::deserialize(&mut reader)
            .map_err(|error| LocalError::seed(redact_keys(&error.to_string())))
    }

    /// Reads seed data from a JSON file.
    ///
    /// # Errors
    /// [`LocalError::File`] if the file cannot be read, and the errors of [`from_json`](Self::from_json).
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, LocalError> {
        let path = path.as_ref();
        let json = std::fs::read_to_string(path)
            .map_err(|source| LocalError::File { path: path.to_owned(), source })?;
        // Windows editors start a file with a byte order mark.
        Self::from_json(json.strip_prefix('\u{feff}').unwrap_or(&json))
    }
}

/// Inserts seed data into a new store.
pub(crate) fn insert_seed(connection: &Connection, seed: &SeedData, now: i64) -> Result<(), LocalError> {
    for (at, user) in seed.users.iter().enumerate() {
        let location = format!("users[{at}]");
        validate(&location, "email", check::email(&user.email.clone().into()))?;
        if users::find(connection, &user.email)?.is_some() {
            return Err(LocalError::seed(format!("{location}: e-mail address already in use")));
        }
        users::create(connection, &user.email, user.username.as_deref(), now)
            .map_err(|error| conflict(error, &location, "username already in use"))?;
    }
    for (at, organization) in seed.organizations.iter().enumerate() {
        insert_organization(connection, organization, &format!("organizations[{at}]"), now)?;
    }
    Ok(())
}

fn insert_organization(
    connection: &Connection,
    seed: &SeedOrganization,
    location: &str,
    now: i64,
) -> Result<(), LocalError> {
    validate(location, "name", check::name(&seed.name.clone().into()))?;
    check_owner(location, &seed.members)?;
    check_id(location, "org_id", seed.org_id.as_deref())?;
    let org_id = organizations::create(connection, seed.org_id.as_deref(), &seed.name, false, now)
        .map_err(|error| conflict(error, location, "org_id already in use"))?;
    for (at, member) in seed.members.iter().enumerate() {
        let location = format!("{location}.members[{at}]");
        let (user_id, role) = ensure_member(connection, member, &location, now)?;
        organization_members::add(connection, &org_id, &user_id, &role, false, now)
            .map_err(|error| conflict(error, &location, "already a member"))?;
    }
    for (at, project) in seed.projects.iter().enumerate() {
        insert_project(connection, &org_id, project, &format!("{location}.projects[{at}]"), now)?;
    }
    Ok(())
}

fn insert_project(
    connection: &Connection,
    org_id: &str,
    seed: &SeedProject,
    location: &str,
    now: i64,
) -> Result<(), LocalError> {
    validate(location, "name", check::name(&seed.name.clone().into()))?;
    check_owner(location, &seed.members)?;
    check_id(location, "project_id", seed.project_id.as_deref())?;
    let project = NewProject {
        org_id,
        project_id: seed.project_id.as_deref(),
        name: &seed.name,
        is_default: false,
        settings: read_settings(&seed.settings, location)?,
    };
    let project_id = projects::create(connection, project, now)
        .map_err(|error| conflict(error, location, "project_id already in use"))?;
    for (at, member) in seed.members.iter().enumerate() {
        let location = format!("{location}.members[{at}]");
        let (user_id, role) = ensure_member(connection, member, &location, now)?;
        if organization_members::role(connection, org_id, &user_id)?.is_none() {
            organization_members::add(connection, org_id, &user_id, &Role::Reader, false, now)?;
        }
        project_members::add(connection, org_id, &project_id, &user_id, &role, now)
            .map_err(|error| conflict(error, &location, "already a member"))?;
    }
    for (at, key) in seed.keys.iter().enumerate() {
        let location = format!("{location}.keys[{at}]");
        validate(&location, "email", check::email(&key.email.clone().into()))?;
        let (user_id, _) = users::ensure(connection, &key.email, now)?;
        let Some(text) = &key.key else {
            keys::create(connection, &user_id, org_id, &project_id, now)?;
            continue;
        };
        if !text.starts_with(KEY_PREFIX) || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            let message = format!(
                "{location}.key: must start with {KEY_PREFIX} and contain only visible ASCII characters"
            );
            return Err(LocalError::seed(message));
        }
        keys::insert(connection, text, &user_id, org_id, &project_id, now)
            .map_err(|error| conflict(error, &location, "key already in use"))?;
    }
    Ok(())
}

fn read_settings(seed: &BTreeMap<String, Value>, location: &str) -> Result<Map<String, Value>, LocalError> {
    let mut settings = Map::new();
    for (name, value) in seed {
        if name == "expiration_date" {
            let value = settings::expiration_date(value)
                .map_err(|text| LocalError::seed(format!("{location}.settings.{name}: {text}")))?;
            settings.insert(name.clone(), value);
            continue;
        }
        match settings::change(name, value) {
            Ok(Change::Setting(name, value)) => {
                settings.insert(name.to_owned(), value);
            }
            Ok(_) => {
                return Err(LocalError::seed(format!(
                    "{location}.settings: `{name}` is not a writable setting"
                )));
            }
            Err(text) => return Err(LocalError::seed(format!("{location}.settings.{name}: {text}"))),
        }
    }
    Ok(settings)
}

fn ensure_member(
    connection: &Connection,
    member: &SeedMember,
    location: &str,
    now: i64,
) -> Result<(String, Role), LocalError> {
    validate(location, "email", check::email(&member.email.clone().into()))?;
    let role = check::role(&member.role.clone().into())
        .map_err(|text| LocalError::seed(format!("{location}.role: {text}")))?;
    let (user_id, _) = users::ensure(connection, &member.email, now)?;
    Ok((user_id, role))
}

fn check_owner(location: &str, members: &[SeedMember]) -> Result<(), LocalError> {
    if members.iter().any(|member| member.role == Role::Owner.as_str()) {
        return Ok(());
    }
    Err(LocalError::seed(format!("{location}.members: no OWNER")))
}

/// Checks that an ID can be part of a path. URLs remove dot segments, and empty segments are not routed.
fn check_id(location: &str, field: &str, id: Option<&str>) -> Result<(), LocalError> {
    if !id.is_some_and(|id| ["", ".", ".."].contains(&id)) {
        return Ok(());
    }
    let message = format!("{location}.{field}: must not be empty, `.` or `..`");
    Err(LocalError::seed(message))
}

fn validate<T>(location: &str, field: &str, result: Result<T, &'static str>) -> Result<(), LocalError> {
    result.map(drop).map_err(|text| LocalError::seed(format!("{location}.{field}: {text}")))
}

/// Maps a violated constraint to an error of the seed data.
fn conflict(error: rusqlite::Error, location: &str, message: &str) -> LocalError {
    if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) {
        return LocalError::seed(format!("{location}: {message}"));
    }
    error.into()
}
