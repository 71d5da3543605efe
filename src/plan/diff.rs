//! A plan as a review would show it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use super::step::{Changed, ProjectRef, SettingChange, Step};
use super::{Plan, Unmanaged, UnmanagedKind};
use crate::ids::OrgId;
use crate::types::{CustomCategory, WebhookEventType, WebhookUrl};

/// A [`Plan`] for a person to read: what is added begins with `+`, what goes with `-`, what changes with `~`, and `!`
/// marks what destroys memories. It ends with a line break.
///
/// It is made to be shown to whoever asked for it, on their terminal, and is the one thing that shows members' e-mail
/// addresses, and names and texts as they are: keep it out of logs. `Debug`, and everything else that prints a plan or
/// a part of one, masks them.
pub struct Diff<'a> {
    plan: &'a Plan,
}

/// A text of more lines than this is compared line by line only up to here, so that a diff stays quick.
const MOST_LINES: usize = 400;

impl<'a> Diff<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        Self { plan }
    }

    /// The lines, without what separates the groups.
    fn groups(&self) -> BTreeMap<Option<&'a ProjectRef>, Vec<String>> {
        let mut groups: BTreeMap<_, Vec<String>> = BTreeMap::new();
        for step in &self.plan.steps {
            groups.entry(step.project()).or_default().extend(lines_of(step));
        }
        groups
    }

    fn summary(&self) -> String {
        let steps = &self.plan.steps;
        if steps.is_empty() {
            return format!("No changes.{}", self.unmanaged());
        }
        let count = |fits: fn(&Step) -> bool| steps.iter().filter(|step| fits(step)).count();
        let added = count(|step| {
            matches!(step, Step::AddMember { .. } | Step::CreateProject { .. } | Step::CreateWebhook { .. })
        });
        let gone = count(Step::is_destructive);
        let noun = if steps.len() == 1 { "change" } else { "changes" };
        let changed = steps.len() - added - gone;
        format!(
            "{} {noun}: {added} to add, {changed} to change, {gone} to remove.{}",
            steps.len(),
            self.unmanaged()
        )
    }

    /// How much is there that the desired state does not name, as a further sentence.
    fn unmanaged(&self) -> String {
        match self.plan.unmanaged.len() {
            0 => String::new(),
            1 => " 1 object is not in the file.".to_owned(),
            count => format!(" {count} objects are not in the file."),
        }
    }
}

impl fmt::Display for Diff<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let organization = self.plan.organization.as_deref().unwrap_or_default();
        let org_id = self.plan.org_id.as_ref().map_or("", OrgId::as_str);
        for (project, lines) in self.groups() {
            match project {
                Some(project) => writeln!(f, "project {}", one_line(&project.shown()))?,
                None => writeln!(f, "organization {organization:?} ({})", one_line(org_id))?,
            }
            for line in lines {
                writeln!(f, "{}", one_line(&line))?;
            }
            writeln!(f)?;
        }
        if !self.plan.unmanaged.is_empty() {
            writeln!(f, "not in the file, left alone")?;
            for unmanaged in &self.plan.unmanaged {
                writeln!(f, "    {}", one_line(&sentence(unmanaged)))?;
            }
            writeln!(f)?;
        }
        if !self.plan.read_only.is_empty() {
            writeln!(f, "not yours to apply: you are a READER of")?;
            for read_only in &self.plan.read_only {
                match &read_only.project {
                    Some(project) => writeln!(f, "    the project {}", one_line(&project.shown()))?,
                    None => writeln!(f, "    the organization")?,
                }
            }
            writeln!(f)?;
        }
        writeln!(f, "{}", self.summary())
    }
}

impl fmt::Debug for Diff<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Diff").field("plan", self.plan).finish()
    }
}

/// A line that stays one, whatever a role, an identifier or an event type has in it.
fn one_line(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    for character in line.chars() {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

fn sentence(Unmanaged { project, what }: &Unmanaged) -> String {
    let place = |project: &Option<ProjectRef>| match project {
        Some(project) => format!("of the project {}", project.shown()),
        None => "of the organization".to_owned(),
    };
    let shown = project.as_ref().map(ProjectRef::shown).unwrap_or_default();
    match what {
        UnmanagedKind::Member { email, role } => {
            format!("member {} ({role}) {}", email.as_str(), place(project))
        }
        UnmanagedKind::Webhook { webhook_id, name } => {
            format!("webhook {name:?} ({}) {}", webhook_id.as_str(), place(project))
        }
        UnmanagedKind::Project => format!("project {shown}"),
        UnmanagedKind::DefaultProject => format!("project {shown}, the default project"),
        UnmanagedKind::OwnProject => format!("project {shown}, the project of your key"),
    }
}

fn lines_of(step: &Step) -> Vec<String> {
    match step {
        Step::AddMember { email, role, .. } => vec![format!("  + member {}: {role}", email.as_str())],
        Step::ChangeRole { email, from, to, .. } => {
            vec![format!("  ~ member {}: {from} -> {to}", email.as_str())]
        }
        Step::RemoveMember { email, role, also_from, .. } => {
            let mut lines = vec![format!("  - member {}: {role}", email.as_str())];
            lines.extend(
                also_from.iter().map(|project| format!("      leaves the project {} too", project.shown())),
            );
            lines
        }
        Step::CreateProject { .. } => vec!["  + project".to_owned()],
        Step::UpdateProject { settings, .. } => settings.iter().flat_map(setting).collect(),
        Step::DeleteProject { .. } => {
            vec!["  - project".to_owned(), "  ! ALL ITS MEMORIES ARE DESTROYED, for ever".to_owned()]
        }
        Step::CreateWebhook { name, url, event_types, is_active, .. } => {
            let mut lines = vec![format!("  + webhook {name:?}: {}", address(url))];
            lines.push(format!("      told of {}", types(event_types)));
            if !is_active {
                lines.push("      is_active: false".to_owned());
            }
            lines
        }
        Step::UpdateWebhook { name, new_name, url, event_types, is_active, .. } => {
            let mut lines = vec![format!("  ~ webhook {name:?}")];
            lines.extend(new_name.as_ref().map(|new_name| format!("      name: {name:?} -> {new_name:?}")));
            lines.extend(url.as_ref().map(|url| format!("      url: {}", change(url, address))));
            lines.extend(
                event_types
                    .as_ref()
                    .map(|kinds| format!("      event_types: {}", change(kinds, |k| types(k)))),
            );
            lines.extend(
                is_active.as_ref().map(|on| format!("      is_active: {}", change(on, ToString::to_string))),
            );
            lines
        }
        Step::DeleteWebhook { name, .. } => vec![format!("  - webhook {name:?}")],
    }
}

fn change<V>(changed: &Changed<V>, shown: impl Fn(&V) -> String) -> String {
    let from = changed.from.as_ref().map_or_else(|| "unknown".to_owned(), &shown);
    let to = shown(&changed.to);
    // Two secrets of one host look the same.
    if from == to { format!("{to}, another one") } else { format!("{from} -> {to}") }
}

/// The URL as its `Debug` shows it: what is secret in it stays so.
fn address(url: &WebhookUrl) -> String {
    format!("{url:?}")
}

fn types(types: &[WebhookEventType]) -> String {
    types.iter().map(WebhookEventType::as_str).collect::<Vec<_>>().join(", ")
}

fn setting(change: &SettingChange) -> Vec<String> {
    let SettingChange { name, from, to } = change;
    if *name == "custom_categories" {
        let mut lines = vec![format!("  ~ {name}")];
        lines.extend(categories(from, to));
        return lines;
    }
    match (from.as_str().unwrap_or_default(), to.as_str().unwrap_or_default()) {
        (from, to) if from.contains('\n') || to.contains('\n') => {
            let mut lines = vec![format!("  ~ {name}")];
            lines.extend(text(from, to));
            lines
        }
        _ => vec![format!("  ~ {name}: {} -> {}", value(from), value(to))],
    }
}

fn value(value: &Value) -> String {
    match value {
        Value::Null => "not set".to_owned(),
        Value::String(text) if text.is_empty() => "not set".to_owned(),
        Value::String(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}

/// Categories, by name.
fn categories(from: &Value, to: &Value) -> Vec<String> {
    let (from, to) = (described(from), described(to));
    let shown = |(name, description): (&String, &Option<String>)| match description {
        Some(description) => format!("{name:?}: {description:?}"),
        None => format!("{name:?}"),
    };
    let names: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    let mut lines = Vec::new();
    for name in names {
        let (was, will_be) = (from.get(name), to.get(name));
        if was != will_be {
            lines.extend(was.map(|was| format!("      - {}", shown((name, was)))));
            lines.extend(will_be.map(|will_be| format!("      + {}", shown((name, will_be)))));
        }
    }
    if to.is_empty() {
        lines.push("      the platform's own catalogue from then on".to_owned());
    }
    lines
}

fn described(value: &Value) -> BTreeMap<String, Option<String>> {
    let list: Vec<CustomCategory> = serde_json::from_value(value.clone()).unwrap_or_default();
    list.iter().map(|one| (one.name().to_owned(), one.description().map(str::to_owned))).collect()
}

/// Two texts, line by line: the longest sequence of lines that both have stays, the others go or come.
fn text(from: &str, to: &str) -> Vec<String> {
    let (from, to): (Vec<&str>, Vec<&str>) = (from.lines().collect(), to.lines().collect());
    let common = common_lines(&from, &to);
    let (mut lines, mut at, mut until) = (Vec::new(), 0, 0);
    for (in_from, in_to) in common.into_iter().chain([(from.len(), to.len())]) {
        lines.extend(from.get(at..in_from).unwrap_or_default().iter().map(|line| format!("      - {line}")));
        lines.extend(to.get(until..in_to).unwrap_or_default().iter().map(|line| format!("      + {line}")));
        lines.extend(from.get(in_from).map(|line| format!("        {line}")));
        (at, until) = (in_from + 1, in_to + 1);
    }
    lines
}

/// The places of the lines that both have, in `from` and in `to`.
fn common_lines(from: &[&str], to: &[&str]) -> Vec<(usize, usize)> {
    if from.len() > MOST_LINES || to.len() > MOST_LINES {
        return Vec::new();
    }
    // How many lines the rests from here on have in common.
    let mut lengths = vec![vec![0_usize; to.len() + 1]; from.len() + 1];
    for (i, line) in from.iter().enumerate().rev() {
        for (j, other) in to.iter().enumerate().rev() {
            lengths[i][j] = if line == other {
                lengths[i + 1][j + 1] + 1
            } else {
                lengths[i + 1][j].max(lengths[i][j + 1])
            };
        }
    }
    let (mut i, mut j, mut common) = (0, 0, Vec::new());
    while i < from.len() && j < to.len() {
        if from[i] == to[j] {
            common.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if lengths[i + 1][j] >= lengths[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_compared_line_by_line() {
        for (from, to, shown) in [
            ("a\nb\nc", "a\nx\nc", vec!["        a", "      - b", "      + x", "        c"]),
            ("", "a\nb", vec!["      + a", "      + b"]),
            ("a\nb", "", vec!["      - a", "      - b"]),
            ("b\nc", "a\nb\nc", vec!["      + a", "        b", "        c"]),
        ] {
            assert_eq!(text(from, to), shown, "{from:?} {to:?}");
        }
    }
}
