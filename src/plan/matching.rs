//! Matching of desired objects to existing ones.

use super::refusal;
use super::text::is_same_text;
use crate::error::Result;

/// Id, if any, and name.
type DesiredKey<'a> = (Option<&'a str>, &'a str);

/// Finds the index of the existing object for each desired one, by id or else by name; `None` for a new object. An
/// object that is matched by id is not available for a match by name.
pub(super) fn match_existing(
    kind: &'static str,
    desired: &[DesiredKey<'_>],
    existing: &[(&str, &str)],
) -> Result<Vec<Option<usize>>> {
    let mut indices = vec![None; desired.len()];
    for (index, (id, name)) in indices.iter_mut().zip(desired) {
        let Some(id) = id else { continue };
        *index = existing.iter().position(|(existing_id, _)| existing_id == id);
        if index.is_none() {
            let message = format!(
                "no {kind} with the id `{id}` of {name:?}, or no access to it; correct the id, or omit it to create a \
                 {kind}"
            );
            return Err(refusal(kind, message));
        }
    }
    let claimed: Vec<usize> = indices.iter().flatten().copied().collect();
    for (index, (id, name)) in indices.iter_mut().zip(desired) {
        if id.is_some() {
            continue;
        }
        let unclaimed = |is_match: &dyn Fn(&str) -> bool| -> Vec<usize> {
            let unclaimed =
                existing.iter().enumerate().filter(|(at, (_, name))| is_match(name) && !claimed.contains(at));
            unclaimed.map(|(at, _)| at).collect()
        };
        let mut found = unclaimed(&|existing_name| existing_name == *name);
        if found.is_empty() {
            found = unclaimed(&|existing_name| is_same_text(existing_name, name));
        }
        if found.len() > 1 {
            let ids: Vec<&str> = found.iter().filter_map(|at| existing.get(*at)).map(|(id, _)| *id).collect();
            let message = format!(
                "{name:?} is ambiguous: {} have this name; set the id to {}",
                ids.len(),
                ids.join(" or ")
            );
            return Err(refusal(kind, message));
        }
        *index = found.first().copied();
    }
    Ok(indices)
}
