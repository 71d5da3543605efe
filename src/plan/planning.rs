//! From two states to a plan.

use std::collections::{BTreeMap, BTreeSet};

use super::matching::matched;
use super::read_only::read_only;
use super::setting::changed_settings;
use super::step::{Changed, ProjectRef, Step};
use super::text::is_same_text;
use super::{
    CurrentOrganization, CurrentProject, DesiredMembers, DesiredOrganization, DesiredProject, DesiredWebhook,
    Email, Plan, Unmanaged, UnmanagedKind, refusal,
};
use crate::error::Result;
use crate::ids::WebhookId;
use crate::types::{Role, Webhook, WebhookEventType};

/// What is to be done with what the desired state does not name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Prune {
    /// It is left alone, and listed.
    #[default]
    No,
    /// It is deleted: members, webhooks, and projects with all their memories. A list that is not mentioned at all is
    /// left alone still, and so are the default project and the project of the caller's key.
    Yes,
}

/// The steps by when they may be done. Whoever loses something does so when everything is there that is to be gained,
/// and the caller when nothing else is left to do.
#[derive(Default)]
struct Steps {
    gains: Vec<Step>,
    project_losses: Vec<Step>,
    deletions: Vec<Step>,
    organization_losses: Vec<Step>,
    callers_project_losses: Vec<Step>,
    callers_organization_loss: Vec<Step>,
}

/// The members of a project as they will be, but for who leaves the organization.
struct Remaining {
    project: ProjectRef,
    members: BTreeMap<Email, Role>,
}

struct Planning<'a> {
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
    is_the_same(current, desired)?;
    let mut planning = Planning {
        current,
        prune: prune == Prune::Yes,
        caller: current.caller()?,
        steps: Steps::default(),
        unmanaged: Vec::new(),
        remaining: Vec::new(),
    };
    if let Some(members) = &desired.members {
        planning.organization_members(members, desired)?;
    }
    let places = current.places(desired)?;
    for ((key, project), place) in desired.projects.iter().flatten().zip(&places) {
        let current = place.and_then(|place| current.projects.get(place));
        planning.project(key, project, current)?;
    }
    for (place, project) in current.projects.iter().enumerate() {
        if !places.contains(&Some(place)) {
            planning.unnamed_project(project, desired.projects.is_some())?;
        }
    }
    planning.leave_projects_with_the_organization()?;
    let Steps {
        gains,
        project_losses,
        deletions,
        organization_losses,
        callers_project_losses,
        callers_organization_loss,
    } = planning.steps;
    let phases = [
        gains,
        project_losses,
        deletions,
        organization_losses,
        callers_project_losses,
        callers_organization_loss,
    ];
    let steps: Vec<Step> = phases.into_iter().flatten().collect();
    Ok(Plan {
        org_id: current.organization.org_id.clone(),
        organization: current.organization.name.clone(),
        read_only: read_only(&steps, current),
        steps,
        unmanaged: planning.unmanaged,
    })
}

/// Refuses a state that is about another organization: nothing renames one.
fn is_the_same(current: &CurrentOrganization, desired: &DesiredOrganization) -> Result<()> {
    let Some(identity) = &desired.organization else { return Ok(()) };
    let (org_id, name) = (&current.organization.org_id, &current.organization.name);
    if identity.id.as_ref().is_some_and(|id| Some(id) != org_id.as_ref()) {
        let shown = org_id.as_ref().map_or("another", |id| id.as_str());
        return Err(refusal("organization", format!("has another id: this is {shown}")));
    }
    if identity
        .name
        .as_deref()
        .is_some_and(|desired| !name.as_deref().is_some_and(|name| is_same_text(name, desired)))
    {
        let shown = name.as_deref().unwrap_or("without a name");
        let message =
            format!("is called {shown:?}, which can't be changed; correct the name or leave it out");
        return Err(refusal("organization", message));
    }
    Ok(())
}

impl Planning<'_> {
    fn organization_members(
        &mut self,
        members: &DesiredMembers,
        desired: &DesiredOrganization,
    ) -> Result<()> {
        let there = self.current.members()?;
        // Whoever is desired in a project has to be in its organization, and is no stranger to the file.
        let of_projects: BTreeSet<&Email> = desired
            .projects
            .iter()
            .flatten()
            .filter_map(|(_, project)| project.members.as_ref())
            .flat_map(|members| members.iter().map(|(email, _)| email))
            .collect();
        let mut all: BTreeMap<&Email, Option<&Role>> =
            of_projects.into_iter().map(|email| (email, None)).collect();
        all.extend(members.iter().map(|(email, role)| (email, Some(role))));
        for (email, role) in &all {
            match (there.get(*email), role) {
                // Whoever joins a project joins its organization, which a READER of that could not ask for.
                (None, None) if self.current.organization.user_role == Some(Role::Reader) => {}
                (None, role) => self.steps.gains.push(Step::AddMember {
                    project: None,
                    email: (*email).clone(),
                    role: role.cloned().unwrap_or(Role::Reader),
                }),
                (Some(from), Some(to)) => self.change_role(None, email, from, to),
                // Named in a project only, where nothing is said of such a role.
                (Some(Role::Owner), None) => {
                    let what = UnmanagedKind::Member { email: (*email).clone(), role: Role::Owner };
                    self.unmanaged.push(Unmanaged { project: None, what });
                }
                (Some(_), None) => {}
            }
        }
        for (email, role) in there.iter().filter(|(email, _)| !all.contains_key(email)) {
            self.unnamed_member(None, email, role);
        }
        Ok(())
    }

    fn project(
        &mut self,
        key: &str,
        desired: &DesiredProject,
        current: Option<&CurrentProject>,
    ) -> Result<()> {
        let name = desired.name(key);
        let project = match current {
            Some(current) => ProjectRef { name: current.name()?.to_owned(), id: Some(current.id()?.clone()) },
            None => ProjectRef { name: name.to_owned(), id: None },
        };
        if current.is_none() {
            self.steps.gains.push(Step::CreateProject { project: project.clone() });
        }
        let settings = changed_settings(name, desired, current);
        if !settings.is_empty() {
            self.steps.gains.push(Step::UpdateProject { project: project.clone(), settings });
        }
        let there = match current {
            Some(current) => current.members(),
            // Whoever makes a project is its OWNER.
            None => Ok(BTreeMap::from([(self.caller.clone(), Role::Owner)])),
        };
        if let Some(members) = &desired.members {
            self.project_members(&project, members, &there?);
        } else if let Ok(members) = there {
            // What is not managed only matters where somebody leaves the organization.
            self.remaining.push(Remaining { project: project.clone(), members });
        }
        if let Some(webhooks) = &desired.webhooks {
            self.webhooks(&project, webhooks, current)?;
        }
        Ok(())
    }

    fn project_members(
        &mut self,
        project: &ProjectRef,
        desired: &DesiredMembers,
        there: &BTreeMap<Email, Role>,
    ) {
        let mut remaining = there.clone();
        for (email, role) in desired.iter() {
            match there.get_key_value(email) {
                None => self.steps.gains.push(Step::AddMember {
                    project: Some(project.clone()),
                    email: email.clone(),
                    role: role.clone(),
                }),
                Some((email, from)) => self.change_role(Some(project), email, from, role),
            }
            remaining.insert(email.clone(), role.clone());
        }
        for (email, role) in there.iter().filter(|(email, _)| desired.role(email).is_none()) {
            self.unnamed_member(Some(project), email, role);
            if self.prune {
                remaining.remove(email);
            }
        }
        self.remaining.push(Remaining { project: project.clone(), members: remaining });
    }

    fn change_role(&mut self, project: Option<&ProjectRef>, email: &Email, from: &Role, to: &Role) {
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
            self.steps.gains.push(step);
        } else {
            self.losses(project.is_some(), email).push(step);
        }
    }

    fn unnamed_member(&mut self, project: Option<&ProjectRef>, email: &Email, role: &Role) {
        let (project, email, role) = (project.cloned(), email.clone(), role.clone());
        if self.prune {
            let losses = self.losses(project.is_some(), &email);
            losses.push(Step::RemoveMember { project, email, role, also_from: Vec::new() });
        } else {
            self.unmanaged.push(Unmanaged { project, what: UnmanagedKind::Member { email, role } });
        }
    }

    fn losses(&mut self, of_project: bool, email: &Email) -> &mut Vec<Step> {
        match (of_project, *email == self.caller) {
            (true, false) => &mut self.steps.project_losses,
            (true, true) => &mut self.steps.callers_project_losses,
            (false, false) => &mut self.steps.organization_losses,
            (false, true) => &mut self.steps.callers_organization_loss,
        }
    }

    fn webhooks(
        &mut self,
        project: &ProjectRef,
        desired: &[DesiredWebhook],
        current: Option<&CurrentProject>,
    ) -> Result<()> {
        let there = match current.map(|current| &current.webhooks) {
            None => &[][..],
            Some(Some(webhooks)) => webhooks,
            Some(None) => {
                let message = format!("of the project {project} were not read; read them first");
                return Err(refusal("webhooks", message));
            }
        };
        let names: Vec<_> = desired
            .iter()
            .map(|webhook| (webhook.id.as_ref().map(WebhookId::as_str), webhook.name.as_str()))
            .collect();
        let known: Vec<(&str, &str)> =
            there.iter().map(|webhook| (id(webhook), webhook.name.as_deref().unwrap_or_default())).collect();
        let places = matched("webhook", &names, &known)?;
        for (webhook, place) in desired.iter().zip(&places) {
            let step = match place.and_then(|place| there.get(place)) {
                Some(current) => changed_webhook(project, webhook, current)?,
                None => Some(made_webhook(project, webhook)?),
            };
            self.steps.gains.extend(step);
        }
        for (place, webhook) in there.iter().enumerate().filter(|(place, _)| !places.contains(&Some(*place)))
        {
            let (project, webhook_id) = (project.clone(), WebhookId::from(id(webhook)));
            let name = known.get(place).map(|(_, name)| (*name).to_owned()).unwrap_or_default();
            if self.prune {
                self.steps.deletions.push(Step::DeleteWebhook { project, webhook_id, name });
            } else {
                let what = UnmanagedKind::Webhook { webhook_id, name };
                self.unmanaged.push(Unmanaged { project: Some(project), what });
            }
        }
        Ok(())
    }

    fn unnamed_project(&mut self, current: &CurrentProject, is_list: bool) -> Result<()> {
        let project = ProjectRef { name: current.name()?.to_owned(), id: Some(current.id()?.clone()) };
        let is_own = self.current.identity.project_id.as_ref() == project.id.as_ref();
        let is_kept = is_own || current.project.is_default == Some(true);
        if self.prune && is_list && !is_kept {
            self.steps.deletions.push(Step::DeleteProject { project });
            return Ok(());
        }
        if let Ok(members) = current.members() {
            self.remaining.push(Remaining { project: project.clone(), members });
        }
        if is_list {
            let what = match (is_own, is_kept) {
                (true, _) => UnmanagedKind::OwnProject,
                (false, true) => UnmanagedKind::DefaultProject,
                (false, false) => UnmanagedKind::Project,
            };
            self.unmanaged.push(Unmanaged { project: Some(project), what });
        }
        Ok(())
    }

    /// Who leaves the organization leaves its projects, none of which may be without an OWNER then.
    fn leave_projects_with_the_organization(&mut self) -> Result<()> {
        let losses = self.steps.organization_losses.iter_mut();
        for step in losses.chain(&mut self.steps.callers_organization_loss) {
            let Step::RemoveMember { email, also_from, .. } = step else { continue };
            for Remaining { project, members } in &mut self.remaining {
                let Some(role) = members.remove(email) else { continue };
                if role == Role::Owner && !members.values().any(|role| *role == Role::Owner) {
                    let message = format!(
                        "of the project {project} would have no OWNER among them: the last one would leave the \
                         organization; name another OWNER in it first"
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

/// Refuses event types that are unknown, unless the webhook has them: then the file only says what is there.
fn check_event_types(project: &ProjectRef, desired: &DesiredWebhook, has: &[WebhookEventType]) -> Result<()> {
    let is_new = |kind: &&WebhookEventType| matches!(kind, WebhookEventType::Other(_)) && !has.contains(kind);
    let Some(unknown) = desired.event_types.iter().find(is_new) else { return Ok(()) };
    let message = format!(
        "of the project {project} have one, {:?}, with the unknown event type {:?}; expected one such as memory_add",
        desired.name,
        unknown.as_str()
    );
    Err(refusal("webhooks", message))
}

fn made_webhook(project: &ProjectRef, desired: &DesiredWebhook) -> Result<Step> {
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
    project: &ProjectRef,
    desired: &DesiredWebhook,
    current: &Webhook,
) -> Result<Option<Step>> {
    let url = (current.url.as_ref() != Some(&desired.url))
        .then(|| Changed { from: current.url.clone(), to: desired.url.clone() });
    let types = |types: &[WebhookEventType]| -> BTreeSet<String> {
        types.iter().map(|kind| kind.as_str().to_owned()).collect()
    };
    let has_types = current.event_types.as_deref().map(types);
    let event_types = (has_types != Some(types(&desired.event_types)))
        .then(|| Changed { from: current.event_types.clone(), to: desired.event_types.clone() });
    if event_types.is_some() && desired.event_types.is_empty() {
        let message = format!(
            "of the project {project} would leave one, {:?}, without event types; name at least one",
            desired.name
        );
        return Err(refusal("webhooks", message));
    }
    check_event_types(project, desired, current.event_types.as_deref().unwrap_or_default())?;
    let is_active = desired
        .is_active
        .filter(|is_active| current.is_active != Some(*is_active))
        .map(|to| Changed { from: current.is_active, to });
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
