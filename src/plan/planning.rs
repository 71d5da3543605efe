//! Creation of a plan from two states.

use std::collections::{BTreeMap, BTreeSet};

use super::matching::match_existing;
use super::read_only::read_only;
use super::setting::changed_settings;
use super::step::{Change, ProjectReference, Step};
use super::text::is_same_text;
use super::{
    CurrentOrganization, CurrentProject, DesiredMembers, DesiredOrganization, DesiredProject, DesiredWebhook,
    Email, Plan, Unmanaged, UnmanagedKind, refusal,
};
use crate::error::Result;
use crate::ids::WebhookId;
use crate::types::{Role, Webhook, WebhookEventType};

/// Handling of existing objects that are not in the desired state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Prune {
    /// Keeps these objects, and lists them as unmanaged.
    #[default]
    No,
    /// Deletes these objects: members, webhooks, and projects **with all their memories**. Objects of an omitted list
    /// are kept, as are the default project and the project of the caller's key.
    Yes,
}

/// Steps by phase, in the order of the fields. Additions come before removals, and removals of the caller come last.
#[derive(Default)]
struct Steps {
    additions: Vec<Step>,
    project_removals: Vec<Step>,
    deletions: Vec<Step>,
    organization_removals: Vec<Step>,
    caller_project_removals: Vec<Step>,
    caller_organization_removals: Vec<Step>,
}

/// Members of a project after its own steps, before members leave the organization.
struct Remaining {
    project: ProjectReference,
    members: BTreeMap<Email, Role>,
}

/// State of the planner.
struct Planner<'a> {
    current: &'a CurrentOrganization,
    prune: bool,
    caller: Email,
    steps: Steps,
    unmanaged: Vec<Unmanaged>,
    remaining: Vec<Remaining>,
}

pub(super) fn plan(
    current: &CurrentOrganization,
    desired: &DesiredOrganization,
    prune: Prune,
) -> Result<Plan> {
    desired.check()?;
    check_identity(current, desired)?;
    let mut planner = Planner {
        current,
        prune: prune == Prune::Yes,
        caller: current.caller()?,
        steps: Steps::default(),
        unmanaged: Vec::new(),
        remaining: Vec::new(),
    };
    if let Some(members) = &desired.members {
        planner.plan_organization_members(members, desired)?;
    }
    let indices = current.project_indices(desired)?;
    for ((key, project), index) in desired.projects.iter().flatten().zip(&indices) {
        let current = index.and_then(|index| current.projects.get(index));
        planner.plan_project(key, project, current)?;
    }
    for (index, project) in current.projects.iter().enumerate() {
        if !indices.contains(&Some(index)) {
            planner.plan_unlisted_project(project, desired.projects.is_some())?;
        }
    }
    planner.remove_from_projects()?;
    let Steps {
        additions,
        project_removals,
        deletions,
        organization_removals,
        caller_project_removals,
        caller_organization_removals,
    } = planner.steps;
    let phases = [
        additions,
        project_removals,
        deletions,
        organization_removals,
        caller_project_removals,
        caller_organization_removals,
    ];
    let steps: Vec<Step> = phases.into_iter().flatten().collect();
    Ok(Plan {
        org_id: current.organization.org_id.clone(),
        organization: current.organization.name.clone(),
        read_only: read_only(&steps, current),
        steps,
        unmanaged: planner.unmanaged,
    })
}

/// Refuses a desired state of another organization.
fn check_identity(current: &CurrentOrganization, desired: &DesiredOrganization) -> Result<()> {
    let Some(identity) = &desired.organization else { return Ok(()) };
    let (org_id, name) = (&current.organization.org_id, &current.organization.name);
    if identity.id.as_ref().is_some_and(|id| Some(id) != org_id.as_ref()) {
        let shown = org_id.as_ref().map_or("unknown", |id| id.as_str());
        return Err(refusal("organization", format!("id mismatch: the current organization is `{shown}`")));
    }
    if identity
        .name
        .as_deref()
        .is_some_and(|desired| !name.as_deref().is_some_and(|name| is_same_text(name, desired)))
    {
        let shown = name.as_deref().unwrap_or("unnamed");
        let message = format!(
            "name mismatch: the organization is {shown:?} and can't be renamed; correct the name or omit it"
        );
        return Err(refusal("organization", message));
    }
    Ok(())
}

impl Planner<'_> {
    /// Plans the members of the organization.
    fn plan_organization_members(
        &mut self,
        members: &DesiredMembers,
        desired: &DesiredOrganization,
    ) -> Result<()> {
        let current = self.current.members()?;
        // A member of a project has to be a member of the organization.
        let project_members: BTreeSet<&Email> = desired
            .projects
            .iter()
            .flatten()
            .filter_map(|(_, project)| project.members.as_ref())
            .flat_map(|members| members.iter().map(|(email, _)| email))
            .collect();
        let mut all: BTreeMap<&Email, Option<&Role>> =
            project_members.into_iter().map(|email| (email, None)).collect();
        all.extend(members.iter().map(|(email, role)| (email, Some(role))));
        for (email, role) in &all {
            match (current.get(*email), role) {
                // The platform adds members of a project to the organization; a READER may not do it explicitly.
                (None, None) if self.current.organization.user_role == Some(Role::Reader) => {}
                (None, role) => self.steps.additions.push(Step::AddMember {
                    project: None,
                    email: (*email).clone(),
                    role: role.cloned().unwrap_or(Role::Reader),
                }),
                (Some(from), Some(to)) => self.change_role(None, email, from, to),
                // Only a member of a project in the desired state, so the OWNER role in the organization is unmanaged.
                (Some(Role::Owner), None) => {
                    let kind = UnmanagedKind::Member { email: (*email).clone(), role: Role::Owner };
                    self.unmanaged.push(Unmanaged { project: None, kind });
                }
                (Some(_), None) => {}
            }
        }
        for (email, role) in current.iter().filter(|(email, _)| !all.contains_key(email)) {
            self.plan_unlisted_member(None, email, role);
        }
        Ok(())
    }

    /// Plans a project of the desired state.
    fn plan_project(
        &mut self,
        key: &str,
        desired: &DesiredProject,
        current: Option<&CurrentProject>,
    ) -> Result<()> {
        let name = desired.name(key);
        let project = match current {
            Some(current) => {
                ProjectReference { name: current.name()?.to_owned(), id: Some(current.id()?.clone()) }
            }
            None => ProjectReference { name: name.to_owned(), id: None },
        };
        if current.is_none() {
            self.steps.additions.push(Step::CreateProject { project: project.clone() });
        }
        let settings = changed_settings(name, desired, current);
        if !settings.is_empty() {
            self.steps.additions.push(Step::UpdateProject { project: project.clone(), settings });
        }
        let current_members = match current {
            Some(current) => current.members(),
            // The creator of a project becomes its OWNER.
            None => Ok(BTreeMap::from([(self.caller.clone(), Role::Owner)])),
        };
        if let Some(members) = &desired.members {
            self.plan_project_members(&project, members, &current_members?);
        } else if let Ok(members) = current_members {
            // Unmanaged members only matter if one of them leaves the organization.
            self.remaining.push(Remaining { project: project.clone(), members });
        }
        if let Some(webhooks) = &desired.webhooks {
            self.plan_webhooks(&project, webhooks, current)?;
        }
        Ok(())
    }

    /// Plans the members of a project.
    fn plan_project_members(
        &mut self,
        project: &ProjectReference,
        desired: &DesiredMembers,
        current: &BTreeMap<Email, Role>,
    ) {
        let mut remaining = current.clone();
        for (email, role) in desired.iter() {
            match current.get_key_value(email) {
                None => self.steps.additions.push(Step::AddMember {
                    project: Some(project.clone()),
                    email: email.clone(),
                    role: role.clone(),
                }),
                Some((email, from)) => self.change_role(Some(project), email, from, role),
            }
            remaining.insert(email.clone(), role.clone());
        }
        for (email, role) in current.iter().filter(|(email, _)| desired.role(email).is_none()) {
            self.plan_unlisted_member(Some(project), email, role);
            if self.prune {
                remaining.remove(email);
            }
        }
        self.remaining.push(Remaining { project: project.clone(), members: remaining });
    }

    /// Adds a step for a changed role.
    fn change_role(&mut self, project: Option<&ProjectReference>, email: &Email, from: &Role, to: &Role) {
        if from == to {
            return;
        }
        let step = Step::ChangeRole {
            project: project.cloned(),
            email: email.clone(),
            from: from.clone(),
            to: to.clone(),
        };
        if *to == Role::Owner {
            self.steps.additions.push(step);
        } else {
            self.removals(project.is_some(), email).push(step);
        }
    }

    /// Plans an existing member that is not in the desired state.
    fn plan_unlisted_member(&mut self, project: Option<&ProjectReference>, email: &Email, role: &Role) {
        let (project, email, role) = (project.cloned(), email.clone(), role.clone());
        if self.prune {
            let removals = self.removals(project.is_some(), &email);
            removals.push(Step::RemoveMember { project, email, role, also_from: Vec::new() });
        } else {
            self.unmanaged.push(Unmanaged { project, kind: UnmanagedKind::Member { email, role } });
        }
    }

    /// Phase for the removal or demotion of a member.
    fn removals(&mut self, of_project: bool, email: &Email) -> &mut Vec<Step> {
        match (of_project, *email == self.caller) {
            (true, false) => &mut self.steps.project_removals,
            (true, true) => &mut self.steps.caller_project_removals,
            (false, false) => &mut self.steps.organization_removals,
            (false, true) => &mut self.steps.caller_organization_removals,
        }
    }

    /// Plans the webhooks of a project.
    fn plan_webhooks(
        &mut self,
        project: &ProjectReference,
        desired: &[DesiredWebhook],
        current: Option<&CurrentProject>,
    ) -> Result<()> {
        let existing = match current.map(|current| &current.webhooks) {
            None => &[][..],
            Some(Some(webhooks)) => webhooks,
            Some(None) => {
                let message = format!("project {project}: the webhooks were not read; read them first");
                return Err(refusal("webhooks", message));
            }
        };
        let names: Vec<_> = desired
            .iter()
            .map(|webhook| (webhook.id.as_ref().map(WebhookId::as_str), webhook.name.as_str()))
            .collect();
        let known: Vec<(&str, &str)> = existing
            .iter()
            .map(|webhook| (id(webhook), webhook.name.as_deref().unwrap_or_default()))
            .collect();
        let indices = match_existing("webhook", &names, &known)?;
        for (webhook, index) in desired.iter().zip(&indices) {
            let step = match index.and_then(|index| existing.get(index)) {
                Some(current) => changed_webhook(project, webhook, current)?,
                None => Some(new_webhook(project, webhook)?),
            };
            self.steps.additions.extend(step);
        }
        for (index, webhook) in
            existing.iter().enumerate().filter(|(index, _)| !indices.contains(&Some(*index)))
        {
            let (project, webhook_id) = (project.clone(), WebhookId::from(id(webhook)));
            let name = known.get(index).map(|(_, name)| (*name).to_owned()).unwrap_or_default();
            if self.prune {
                self.steps.deletions.push(Step::DeleteWebhook { project, webhook_id, name });
            } else {
                let kind = UnmanagedKind::Webhook { webhook_id, name };
                self.unmanaged.push(Unmanaged { project: Some(project), kind });
            }
        }
        Ok(())
    }

    /// Plans an existing project that is not in the desired state.
    fn plan_unlisted_project(&mut self, current: &CurrentProject, is_managed: bool) -> Result<()> {
        let project = ProjectReference { name: current.name()?.to_owned(), id: Some(current.id()?.clone()) };
        let is_own = self.current.identity.project_id.as_ref() == project.id.as_ref();
        let is_kept = is_own || current.project.is_default == Some(true);
        if self.prune && is_managed && !is_kept {
            self.steps.deletions.push(Step::DeleteProject { project });
            return Ok(());
        }
        if let Ok(members) = current.members() {
            self.remaining.push(Remaining { project: project.clone(), members });
        }
        if is_managed {
            let kind = match (is_own, is_kept) {
                (true, _) => UnmanagedKind::OwnProject,
                (false, true) => UnmanagedKind::DefaultProject,
                (false, false) => UnmanagedKind::Project,
            };
            self.unmanaged.push(Unmanaged { project: Some(project), kind });
        }
        Ok(())
    }

    /// Removes members that leave the organization from its projects. Every project has to keep an OWNER.
    fn remove_from_projects(&mut self) -> Result<()> {
        let removals = self.steps.organization_removals.iter_mut();
        for step in removals.chain(&mut self.steps.caller_organization_removals) {
            let Step::RemoveMember { email, also_from, .. } = step else { continue };
            for Remaining { project, members } in &mut self.remaining {
                let Some(role) = members.remove(email) else { continue };
                if role == Role::Owner && !members.values().any(|role| *role == Role::Owner) {
                    let message = format!(
                        "project {project} would have no OWNER, because its last one leaves the organization; name \
                         another OWNER of the project"
                    );
                    return Err(refusal("members", message));
                }
                also_from.push(project.clone());
            }
        }
        Ok(())
    }
}

fn id(webhook: &Webhook) -> &str {
    webhook.webhook_id.as_ref().map(WebhookId::as_str).unwrap_or_default()
}

/// Refuses unknown event types, unless the existing webhook has them.
fn check_event_types(
    project: &ProjectReference,
    desired: &DesiredWebhook,
    current: &[WebhookEventType],
) -> Result<()> {
    let is_new =
        |kind: &&WebhookEventType| matches!(kind, WebhookEventType::Other(_)) && !current.contains(kind);
    let Some(unknown) = desired.event_types.iter().find(is_new) else { return Ok(()) };
    let message = format!(
        "project {project}: webhook {:?} has the unknown event type {:?}; expected one such as memory_add",
        desired.name,
        unknown.as_str()
    );
    Err(refusal("webhooks", message))
}

fn new_webhook(project: &ProjectReference, desired: &DesiredWebhook) -> Result<Step> {
    check_event_types(project, desired, &[])?;
    Ok(Step::CreateWebhook {
        project: project.clone(),
        name: desired.name.clone(),
        url: desired.url.clone(),
        event_types: desired.event_types.clone(),
        is_active: desired.is_active.unwrap_or(true),
    })
}

fn changed_webhook(
    project: &ProjectReference,
    desired: &DesiredWebhook,
    current: &Webhook,
) -> Result<Option<Step>> {
    let url = (current.url.as_ref() != Some(&desired.url))
        .then(|| Change { from: current.url.clone(), to: desired.url.clone() });
    let types = |types: &[WebhookEventType]| -> BTreeSet<String> {
        types.iter().map(|kind| kind.as_str().to_owned()).collect()
    };
    let current_types = current.event_types.as_deref().map(types);
    let event_types = (current_types != Some(types(&desired.event_types)))
        .then(|| Change { from: current.event_types.clone(), to: desired.event_types.clone() });
    if event_types.is_some() && desired.event_types.is_empty() {
        let message =
            format!("project {project}: webhook {:?} has no event types; name at least one", desired.name);
        return Err(refusal("webhooks", message));
    }
    check_event_types(project, desired, current.event_types.as_deref().unwrap_or_default())?;
    let is_active = desired
        .is_active
        .filter(|is_active| current.is_active != Some(*is_active))
        .map(|to| Change { from: current.is_active, to });
    let name = current.name.clone().unwrap_or_default();
    let new_name = Some(desired.name.clone()).filter(|new_name| !is_same_text(new_name, &name));
    if url.is_none() && event_types.is_none() && is_active.is_none() && new_name.is_none() {
        return Ok(None);
    }
    let webhook_id = WebhookId::from(id(current));
    Ok(Some(Step::UpdateWebhook {
        project: project.clone(),
        webhook_id,
        name,
        new_name,
        url,
        event_types,
        is_active,
    }))
}
