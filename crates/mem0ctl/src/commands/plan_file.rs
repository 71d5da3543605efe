//! File format of `plan`, `apply` and `pull`.

use std::fmt::Write as _;
use std::io::Read;
use std::path::Path;

use mem0::plan::{CurrentOrganization, DesiredMembers, DesiredOrganization, DesiredProject, DesiredWebhook};
use mem0::projects::UsecaseSetting;
use mem0::redact::is_invisible;
use mem0::{CustomCategory, Role};
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Key, Table, Value, value};

use crate::failure::{Failure, Outcome};
use crate::input;

/// Reads a file, or stdin for `-`.
pub(crate) fn read(file: &Path) -> Outcome<DesiredOrganization> {
    let unreadable = |error| Failure::file(format!("cannot read {}: {error}", file.display()));
    let bytes = if file == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(file)
    };
    let bytes = bytes.map_err(unreadable)?;
    if let Some((format, command)) = other_format(&bytes) {
        let name = file.display();
        return Err(Failure::file(format!(
            "{name} is {format}, not UTF-8 text; convert it: {command} {name}"
        )));
    }
    let text = String::from_utf8(bytes).map_err(|_| {
        Failure::file(format!("{} is not UTF-8 text; convert it, for example with iconv", file.display()))
    })?;
    let text = input::strip_bom(text);
    toml_edit::de::from_str(&text).map_err(|error| {
        let position = error.span().map(|span| position(&text, span.start)).unwrap_or_default();
        // The message may have several lines and quote the e-mail address of a member.
        let words = error.message().split_whitespace();
        let words = words.map(|word| if word.contains('@') { "[e-mail]" } else { word });
        let message = words.collect::<Vec<_>>().join(" ");
        Failure::file(format!("{}{position}: {message}", file.display()))
    })
}

/// Detects a format other than UTF-8 text, and the command that converts it.
fn other_format(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    match bytes {
        [0x1f, 0x8b, ..] => Some(("compressed by gzip", "gzip -dc")),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some(("UTF-16 text", "iconv -f UTF-16 -t UTF-8")),
        [1..=127, 0, 1..=127, 0, ..] => Some(("UTF-16LE text", "iconv -f UTF-16LE -t UTF-8")),
        [0, 1..=127, 0, 1..=127, ..] => Some(("UTF-16BE text", "iconv -f UTF-16BE -t UTF-8")),
        _ => None,
    }
}

/// Line and column of a byte, counted from 1.
fn position(text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!(", line {line}, column {column}")
}

const HEADER: &str = "\
# Desired state of the organization and its projects. `mem0ctl plan` previews the
# changes, `mem0ctl apply` makes them. Settings that are missing are not changed.

";

const READER_NOTE: &str = "\
# Pulled by a READER of the organization: projects that the READER is not a member
# of are missing. Applying this file with --prune deletes them.

";

const PROJECT_NOTE: &str = "\
# Pulled for one project: applying this file with --prune deletes the others.

";

/// Projects that a file contains.
#[derive(Clone, Copy)]
pub(crate) enum Coverage {
    /// All projects.
    All,
    /// Projects visible to a READER.
    Reader,
    /// One selected project.
    OneProject,
}

/// Whether the caller may not see all projects.
pub(crate) fn is_partial(state: &CurrentOrganization) -> bool {
    state.organization.user_role == Some(Role::Reader)
}

/// Formats the state as a file.
pub(crate) fn render(desired: &DesiredOrganization, coverage: Coverage) -> String {
    let mut document = DocumentMut::new();
    if let Some(identity) = &desired.organization {
        let mut table = Table::new();
        put(&mut table, "id", identity.id.as_ref().map(|id| line_value(id.as_str())));
        put(&mut table, "name", identity.name.as_deref().map(line_value));
        document.insert("organization", Item::Table(table));
    }
    if let Some(table) = desired.members.as_ref().map(members) {
        document.insert("members", Item::Table(table));
    }
    let mut projects = Table::new();
    projects.set_implicit(desired.projects.iter().flatten().next().is_some());
    for (name, desired) in desired.projects.iter().flatten() {
        projects.insert_formatted(&key(name), Item::Table(project(desired)));
    }
    document.insert("projects", Item::Table(projects));
    let note = match coverage {
        Coverage::All => "",
        Coverage::Reader => READER_NOTE,
        Coverage::OneProject => PROJECT_NOTE,
    };
    format!("{HEADER}{note}{document}")
}

fn put(table: &mut Table, key: &str, new: Option<Value>) {
    if let Some(new) = new {
        table.insert(key, value(new));
    }
}

/// Formats a name as a one-line string: a multi-line string could imitate settings.
fn line_value(text: &str) -> Value {
    let escaped = || format!("\"{}\"", escape(text, is_invisible)).parse().ok();
    text.contains(is_invisible).then(escaped).flatten().unwrap_or_else(|| text.into())
}

/// Formats prose, keeping line breaks and the joiners of scripts and emoji.
fn text_value(text: &str) -> Value {
    let is_escaped =
        |character| is_invisible(character) && !matches!(character, '\n' | '\t' | '\u{200C}' | '\u{200D}');
    let quotes = if text.contains('\n') { "\"\"\"\n" } else { "\"" };
    let escaped = || format!("{quotes}{}{}", escape(text, is_escaped), quotes.trim_end()).parse().ok();
    text.contains(is_escaped).then(escaped).flatten().unwrap_or_else(|| text.into())
}

/// Formats a key in one line.
fn key(text: &str) -> Key {
    let escaped = || format!("\"{}\"", escape(text, is_invisible)).parse().ok();
    text.contains(is_invisible).then(escaped).flatten().unwrap_or_else(|| text.into())
}

/// Escapes characters in a TOML basic string.
fn escape(text: &str, is_escaped: impl Fn(char) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '\\' => escaped.extend(['\\', character]),
            character if !is_escaped(character) => escaped.push(character),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            character => {
                let code = u32::from(character);
                let _ = if code > 0xffff {
                    write!(escaped, "\\U{code:08X}")
                } else {
                    write!(escaped, "\\u{code:04X}")
                };
            }
        }
    }
    escaped
}

fn members(members: &DesiredMembers) -> Table {
    let mut table = Table::new();
    for (email, role) in members.iter() {
        table.insert_formatted(&key(email.as_str()), value(line_value(role.as_str())));
    }
    table
}

fn project(project: &DesiredProject) -> Table {
    let mut table = Table::new();
    put(&mut table, "id", project.id.as_ref().map(|id| line_value(id.as_str())));
    put(&mut table, "name", project.name.as_deref().map(line_value));
    let texts = [
        ("description", &project.description),
        ("custom_instructions", &project.custom_instructions),
        ("agent_custom_instructions", &project.agent_custom_instructions),
        ("inclusion_prompt", &project.inclusion_prompt),
        ("exclusion_prompt", &project.exclusion_prompt),
        ("memory_depth", &project.memory_depth),
    ];
    for (name, text) in texts {
        put(&mut table, name, text.as_deref().map(text_value));
    }
    put(&mut table, "usecase_setting", project.usecase_setting.as_ref().map(usecase));
    put(&mut table, "multilingual", project.multilingual.map(Value::from));
    put(&mut table, "decay", project.decay.map(Value::from));
    put(&mut table, "version", project.version.as_deref().map(line_value));
    if let Some(desired) = &project.custom_categories {
        table.insert("custom_categories", categories(desired));
    }
    if let Some(desired) = &project.members {
        table.insert("members", Item::Table(members(desired)));
    }
    match project.webhooks.as_deref() {
        Some([]) => put(&mut table, "webhooks", Some(Array::new().into())),
        Some(webhooks) => {
            let tables: ArrayOfTables = webhooks.iter().map(webhook).collect();
            table.insert("webhooks", Item::ArrayOfTables(tables));
        }
        None => {}
    }
    table
}

fn usecase(usecase: &UsecaseSetting) -> Value {
    match usecase {
        UsecaseSetting::Name(name) => line_value(name.as_str()),
        // A number out of the range of TOML is written as a string.
        UsecaseSetting::Number(number) => {
            number.as_i64().map_or_else(|| number.to_string().into(), Value::from)
        }
        _ => "".into(),
    }
}

/// Formats categories as a table if each has a description, else as a list.
fn categories(categories: &[CustomCategory]) -> Item {
    let described: Option<Vec<(&str, &str)>> =
        categories.iter().map(|category| Some((category.name(), category.description()?))).collect();
    if let Some(described) = described {
        let mut table = Table::new();
        for (name, description) in &described {
            table.insert_formatted(&key(name), value(text_value(description)));
        }
        // Duplicate names need a list.
        if table.len() == described.len() {
            return Item::Table(table);
        }
    }
    let list: Array = categories
        .iter()
        .map(|category| match category.description() {
            Some(description) => {
                let mut pair = InlineTable::new();
                pair.insert_formatted(&key(category.name()), text_value(description));
                Value::from(pair)
            }
            None => line_value(category.name()),
        })
        .collect();
    value(list)
}

fn webhook(webhook: &DesiredWebhook) -> Table {
    let mut table = Table::new();
    put(&mut table, "id", webhook.id.as_ref().map(|id| line_value(id.as_str())));
    put(&mut table, "name", Some(line_value(&webhook.name)));
    put(&mut table, "url", Some(line_value(webhook.url.as_str())));
    let types: Array = webhook.event_types.iter().map(|kind| line_value(kind.as_str())).collect();
    put(&mut table, "event_types", Some(types.into()));
    put(&mut table, "is_active", webhook.is_active.map(Value::from));
    table
}
