//! Plan as a diff.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use super::step::{Change, ProjectReference, SettingChange, Step};
use super::{Plan, Unmanaged, UnmanagedKind};
use crate::ids::OrgId;
use crate::redact::escape_invisible;
use crate::types::{CustomCategory, WebhookEventType, WebhookUrl};

/// Human-readable diff of a [`Plan`].
///
/// Additions start with `+`, removals with `-`, changes with `~`, and lines about the loss of memories with `!`. The
/// text ends with a line break.
///
/// `Display` shows e-mail addresses, names and texts without redaction: print it to a terminal and keep it out of logs.
/// `Debug`, and the output of all other types of a plan, is redacted.
pub struct Diff<'a> {
    plan: &'a Plan,
}

/// Maximum number of lines of a text that is compared line by line; a longer one is shown as replaced.
const MAX_DIFF_LINES: usize = 400;

impl<'a> Diff<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        Self { plan }
    }

    /// Lines of the steps, grouped by project.
    fn groups(&self) -> BTreeMap<Option<&'a ProjectReference>, Vec<String>> {
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
        let count = |predicate: fn(&Step) -> bool| steps.iter().filter(|step| predicate(step)).count();
        let added = count(|step| {
            matches!(step, Step::AddMember { .. } | Step::CreateProject { .. } | Step::CreateWebhook { .. })
        });
        let removed = count(Step::is_destructive);
        let noun = if steps.len() == 1 { "change" } else { "changes" };
        let changed = steps.len() - added - removed;
        format!(
            "{} {noun}: {added} to add, {changed} to change, {removed} to remove.{}",
            steps.len(),
            self.unmanaged()
        )
    }

    /// Sentence with the number of unmanaged objects, with a leading space; empty if there are none.
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
                Some(project) => writeln!(f, "project {}", escape_invisible(&project.unredacted()))?,
                None => writeln!(f, "organization {organization:?} ({})", escape_invisible(org_id))?,
            }
            for line in lines {
                writeln!(f, "{}", escape_invisible(&line))?;
            }
            writeln!(f)?;
        }
        if !self.plan.unmanaged.is_empty() {
            writeln!(f, "not in the file, unchanged")?;
            for unmanaged in &self.plan.unmanaged {
                writeln!(f, "    {}", escape_invisible(&describe(unmanaged)))?;
            }
            writeln!(f)?;
        }
        if !self.plan.read_only.is_empty() {
            writeln!(f, "requires the OWNER role, but you are a READER of")?;
            for read_only in &self.plan.read_only {
                match &read_only.project {
                    Some(project) => writeln!(f, "    project {}", escape_invisible(&project.unredacted()))?,
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

fn describe(Unmanaged { project, kind }: &Unmanaged) -> String {
    let parent = |project: &Option<ProjectReference>| match project {
        Some(project) => format!("of project {}", project.unredacted()),
        None => "of the organization".to_owned(),
    };
    let shown = project.as_ref().map(ProjectReference::unredacted).unwrap_or_default();
    match kind {
        UnmanagedKind::Member { email, role } => {
            format!("member {} ({role}) {}", email.as_str(), parent(project))
        }
        UnmanagedKind::Webhook { webhook_id, name } => {
            format!("webhook {name:?} ({}) {}", webhook_id.as_str(), parent(project))
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
                also_from.iter().map(|project| format!("      also leaves project {}", project.unredacted())),
            );
            lines
        }
        Step::CreateProject { .. } => vec!["  + project".to_owned()],
        Step::UpdateProject { settings, .. } => settings.iter().flat_map(setting_lines).collect(),
        Step::DeleteProject { .. } => {
            vec!["  - project".to_owned(), "  ! ALL ITS MEMORIES ARE DELETED PERMANENTLY".to_owned()]
        }
        Step::CreateWebhook { name, url, event_types, is_active, .. } => {
            let mut lines = vec![format!("  + webhook {name:?}: {}", redacted_url(url))];
            lines.push(format!("      event_types: {}", join_types(event_types)));
            if !is_active {
                lines.push("      is_active: false".to_owned());
            }
            lines
        }
        Step::UpdateWebhook { name, new_name, url, event_types, is_active, .. } => {
            let mut lines = vec![format!("  ~ webhook {name:?}")];
            lines.extend(new_name.as_ref().map(|new_name| format!("      name: {name:?} -> {new_name:?}")));
            lines.extend(url.as_ref().map(|url| format!("      url: {}", format_change(url, redacted_url))));
            lines.extend(event_types.as_ref().map(|event_types| {
                format!("      event_types: {}", format_change(event_types, |types| join_types(types)))
            }));
            lines.extend(
                is_active
                    .as_ref()
                    .map(|on| format!("      is_active: {}", format_change(on, ToString::to_string))),
            );
            lines
        }
        Step::DeleteWebhook { name, .. } => vec![format!("  - webhook {name:?}")],
    }
}

fn format_change<V>(change: &Change<V>, format_value: impl Fn(&V) -> String) -> String {
    let from = change.from.as_ref().map_or_else(|| "unknown".to_owned(), &format_value);
    let to = format_value(&change.to);
    // Two URLs of one host look the same after redaction.
    if from == to { format!("{to} (changed)") } else { format!("{from} -> {to}") }
}

/// URL with its secret parts redacted, as `Debug` shows it.
fn redacted_url(url: &WebhookUrl) -> String {
    format!("{url:?}")
}

fn join_types(types: &[WebhookEventType]) -> String {
    types.iter().map(WebhookEventType::as_str).collect::<Vec<_>>().join(", ")
}

fn setting_lines(change: &SettingChange) -> Vec<String> {
    let SettingChange { name, from, to } = change;
    if *name == "custom_categories" {
        let mut lines = vec![format!("  ~ {name}")];
        lines.extend(category_lines(from, to));
        return lines;
    }
    match (from.as_str().unwrap_or_default(), to.as_str().unwrap_or_default()) {
        (from, to) if from.contains('\n') || to.contains('\n') => {
            let mut lines = vec![format!("  ~ {name}")];
            lines.extend(text_lines(from, to));
            lines
        }
        _ => vec![format!("  ~ {name}: {} -> {}", format_value(from), format_value(to))],
    }
}

fn format_value(value: &Value) -> String {
    match value {
        Value::Null => "not set".to_owned(),
        Value::String(text) if text.is_empty() => "not set".to_owned(),
        Value::String(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}

/// Changed categories, by name.
fn category_lines(from: &Value, to: &Value) -> Vec<String> {
    let (from, to) = (descriptions(from), descriptions(to));
    let format_category = |(name, description): (&String, &Option<String>)| match description {
        Some(description) => format!("{name:?}: {description:?}"),
        None => format!("{name:?}"),
    };
    let names: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    let mut lines = Vec::new();
    for name in names {
        let (old, new) = (from.get(name), to.get(name));
        if old != new {
            lines.extend(old.map(|old| format!("      - {}", format_category((name, old)))));
            lines.extend(new.map(|new| format!("      + {}", format_category((name, new)))));
        }
    }
    if to.is_empty() {
        lines.push("      (default categories of the platform)".to_owned());
    }
    lines
}

/// Descriptions of categories, by name.
fn descriptions(value: &Value) -> BTreeMap<String, Option<String>> {
    let list: Vec<CustomCategory> = serde_json::from_value(value.clone()).unwrap_or_default();
    list.iter().map(|one| (one.name().to_owned(), one.description().map(str::to_owned))).collect()
}

/// Line diff of two texts, based on their longest common subsequence of lines.
fn text_lines(from: &str, to: &str) -> Vec<String> {
    let (from, to): (Vec<&str>, Vec<&str>) = (from.lines().collect(), to.lines().collect());
    let common = common_lines(&from, &to);
    let (mut lines, mut from_start, mut to_start) = (Vec::new(), 0, 0);
    for (in_from, in_to) in common.into_iter().chain([(from.len(), to.len())]) {
        lines.extend(
            from.get(from_start..in_from).unwrap_or_default().iter().map(|line| format!("      - {line}")),
        );
        lines
            .extend(to.get(to_start..in_to).unwrap_or_default().iter().map(|line| format!("      + {line}")));
        lines.extend(from.get(in_from).map(|line| format!("        {line}")));
        (from_start, to_start) = (in_from + 1, in_to + 1);
    }
    lines
}

/// Indices of the common lines in `from` and in `to`.
fn common_lines(from: &[&str], to: &[&str]) -> Vec<(usize, usize)> {
    if from.len() > MAX_DIFF_LINES || to.len() > MAX_DIFF_LINES {
        return Vec::new();
    }
    // Length of the longest common subsequence of the remaining lines.
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
        for (from, to, lines) in [
            ("a\nb\nc", "a\nx\nc", vec!["        a", "      - b", "      + x", "        c"]),
            ("", "a\nb", vec!["      + a", "      + b"]),
            ("a\nb", "", vec!["      - a", "      - b"]),
            ("b\nc", "a\nb\nc", vec!["      + a", "        b", "        c"]),
        ] {
            assert_eq!(text_lines(from, to), lines, "{from:?} {to:?}");
        }
    }
}
