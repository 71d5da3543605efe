//! Which thing that is there is the one that is desired.

use super::refusal;
use super::text::is_same_text;
use crate::error::Result;

/// An identifier, if there is one, and a name.
type Desired<'a> = (Option<&'a str>, &'a str);

/// For each desired thing its place among those that are there, by identifier or else by name; `None` for one that is
/// to be made. What an identifier stands for is nobody else's, whatever it is called.
pub(super) fn matched(
    what: &'static str,
    desired: &[Desired<'_>],
    there: &[(&str, &str)],
) -> Result<Vec<Option<usize>>> {
    let mut places = vec![None; desired.len()];
    for (place, (id, name)) in places.iter_mut().zip(desired) {
        let Some(id) = id else { continue };
        *place = there.iter().position(|(known, _)| known == id);
        if place.is_none() {
            let message = format!(
                "{id} of {name:?} is not there, or not yours to see; leave the id out to have one made, or correct it"
            );
            return Err(refusal(what, message));
        }
    }
    let claimed: Vec<usize> = places.iter().flatten().copied().collect();
    for (place, (id, name)) in places.iter_mut().zip(desired) {
        if id.is_some() {
            continue;
        }
        let free = |is_named: &dyn Fn(&str) -> bool| -> Vec<usize> {
            let free =
                there.iter().enumerate().filter(|(at, (_, known))| is_named(known) && !claimed.contains(at));
            free.map(|(at, _)| at).collect()
        };
        let mut found = free(&|known| known == *name);
        if found.is_empty() {
            found = free(&|known| is_same_text(known, name));
        }
        if found.len() > 1 {
            let ids: Vec<&str> = found.iter().filter_map(|at| there.get(*at)).map(|(id, _)| *id).collect();
            let message = format!(
                "{name:?} is there {} times: say by its id which is meant, {}",
                ids.len(),
                ids.join(" or ")
            );
            return Err(refusal(what, message));
        }
        *place = found.first().copied();
    }
    Ok(places)
}
