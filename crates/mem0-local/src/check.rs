//! Validation of request values. The messages are those of Django's REST framework.

use jiff::civil::Date;
use serde_json::Value;

use mem0::Role;

pub(crate) const REQUIRED: &str = "This field is required.";
pub(crate) const MAX_NAME_LEN: usize = 255;
const NULL: &str = "This field may not be null.";
const BLANK: &str = "This field may not be blank.";
const NOT_A_STRING: &str = "Not a valid string.";

/// Checks that a value is a string. `""` is valid, `null` is not.
pub(crate) fn text(value: &Value) -> Result<&str, &'static str> {
    match value {
        Value::String(text) => Ok(text),
        Value::Null => Err(NULL),
        _ => Err(NOT_A_STRING),
    }
}

/// Checks a name: a string that is not blank and has at most 255 characters.
pub(crate) fn name(value: &Value) -> Result<&str, &'static str> {
    let name = text(value)?;
    if name.trim().is_empty() {
        return Err(BLANK);
    }
    if name.chars().count() > MAX_NAME_LEN {
        return Err("Ensure this field has no more than 255 characters.");
    }
    Ok(name)
}

/// Checks that a value is a string of at least one character.
pub(crate) fn non_empty(value: &Value) -> Result<&str, &'static str> {
    let text = text(value)?;
    if text.is_empty() { Err(BLANK) } else { Ok(text) }
}

/// Checks an e-mail address: text on both sides of the last `@`, and no white space.
pub(crate) fn email(value: &Value) -> Result<&str, &'static str> {
    let email = text(value)?;
    if email.is_empty() {
        return Err(BLANK);
    }
    let has_both_parts =
        email.rsplit_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
    if !has_both_parts || email.len() > 254 || email.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("Enter a valid email address.");
    }
    Ok(email)
}

/// Checks a role: `OWNER` or `READER`.
pub(crate) fn role(value: &Value) -> Result<Role, String> {
    match Role::from_wire(text(value)?) {
        Role::Other(other) => Err(format!("\"{other}\" is not a valid choice.")),
        role => Ok(role),
    }
}

/// Checks a date: `YYYY-MM-DD`.
pub(crate) fn date(value: &Value) -> Result<String, String> {
    let text = text(value)?;
    match text.parse::<Date>() {
        // `parse` also accepts other ISO 8601 forms, a time after the date, and negative years.
        Ok(date) if date.to_string() == text && text.len() == 10 => Ok(text.to_owned()),
        _ => Err("Date has wrong format. Use one of these formats instead: YYYY-MM-DD.".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn date_accepts_only_year_month_day() {
        assert_eq!(date(&json!("2026-02-28")), Ok("2026-02-28".to_owned()));
        for invalid in
            ["2026-02-29", "2026-2-1", "20260201", "2026-02-01T00:00:00", "", "tomorrow", " 2026-02-01"]
        {
            assert!(date(&json!(invalid)).is_err(), "{invalid}");
        }
        assert!(date(&json!(20_260_201)).is_err());
    }
}
