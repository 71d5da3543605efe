//! Edits of the config file that keep comments and unknown fields.

use toml_edit::{DocumentMut, Item, RawString, Table, TableLike, value};

use crate::config::config_file::Key;
use crate::failure::{Failure, Outcome};

/// Table of a profile, created if missing.
pub(crate) fn table_of<'d>(document: &'d mut DocumentMut, name: &str) -> Outcome<&'d mut dyn TableLike> {
    table(document.as_table_mut(), "profiles", true)
        .and_then(|profiles| table(profiles, name, false))
        .ok_or_else(|| Failure::file("`profiles` must be a table of tables"))
}

/// Sets the key of a profile and removes its other key fields.
pub(crate) fn put_key(profile: &mut dyn TableLike, key: &Key) {
    let (field, text) = key.field();
    for other in ["api_key", "api_key_env", "key_command"] {
        if other == field {
            set(profile, field, text);
        } else {
            profile.remove(other);
        }
    }
}

/// Table in a table, created if missing.
fn table<'t>(table: &'t mut dyn TableLike, name: &str, is_implicit: bool) -> Option<&'t mut dyn TableLike> {
    if !table.contains_key(name) {
        let mut new = Table::new();
        new.set_implicit(is_implicit);
        table.insert(name, Item::Table(new));
    }
    table.get_mut(name)?.as_table_like_mut()
}

/// Sets a string and keeps the comments next to it.
pub(crate) fn set(table: &mut dyn TableLike, name: &str, text: &str) {
    match table.get_mut(name).and_then(Item::as_value_mut) {
        Some(current) => {
            let decor = current.decor().clone();
            *current = text.into();
            *current.decor_mut() = decor;
        }
        None => drop(table.insert(name, value(text))),
    }
}

/// Removes a profile. A comment above it that is followed by an empty line is kept, above the next table.
pub(crate) fn remove(document: &mut DocumentMut, name: &str) {
    let Some(profiles) = document.get_mut("profiles").and_then(Item::as_table_like_mut) else { return };
    let next =
        profiles.iter().skip_while(|(other, _)| *other != name).nth(1).map(|(next, _)| next.to_owned());
    let Some(Item::Table(removed)) = profiles.remove(name) else { return };
    let above = removed.decor().prefix().and_then(RawString::as_str).unwrap_or_default();
    let Some((comment, _)) = above.rsplit_once("\n\n").filter(|(comment, _)| comment.contains('#')) else {
        return;
    };
    let next = next.and_then(|next| profiles.get_mut(&next)).and_then(Item::as_table_mut);
    if let Some(next) = next {
        let below = next.decor().prefix().and_then(RawString::as_str).unwrap_or_default().to_owned();
        next.decor_mut().set_prefix(format!("{comment}\n{below}"));
    } else {
        let below = document.trailing().as_str().unwrap_or_default().to_owned();
        document.set_trailing(format!("{comment}\n{below}"));
    }
}
