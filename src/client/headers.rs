//! Request headers of the client and of its callers.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::error::{Error, Result};

/// This crate's entry in `User-Agent` and `X-Mem0-Client`.
pub(crate) const USER_AGENT: &str = concat!("mem0-sdk-rust/", env!("CARGO_PKG_VERSION"));

pub(crate) const CLIENT_STACK: HeaderName = HeaderName::from_static("x-mem0-client");

/// Maximum number of entries and characters of `X-Mem0-Client`: see `docs/platform-api.md#request-headers`.
const MAX_STACK_ENTRIES: usize = 4;
const MAX_STACK_LEN: usize = 200;

/// Headers that the client or the HTTP library sets itself.
const RESERVED: [HeaderName; 9] = [
    header::AUTHORIZATION,
    // The credentials are a part of the proxy URL: only the HTTP library knows which requests are for the proxy.
    header::PROXY_AUTHORIZATION,
    header::HOST,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::TRANSFER_ENCODING,
    header::ACCEPT_ENCODING,
    header::CONNECTION,
    header::EXPECT,
];

/// Adds a caller's headers, in place of existing ones of the same name.
pub(crate) fn add_headers(headers: &mut HeaderMap, extra: &[(String, String)]) -> Result<()> {
    for (name, value) in extra {
        let name = HeaderName::try_from(name.as_str())
            .map_err(|_| Error::config("header", "has an invalid name; use a valid HTTP header name"))?;
        if RESERVED.contains(&name) {
            let message = format!("`{name}` is set by the client itself; remove it");
            return Err(Error::config("header", message));
        }
        let checked = header_value("header", value)?;
        // Every layer appends its own entry.
        let mut value = if name == CLIENT_STACK { client_stack(Some(value)) } else { checked };
        // It may contain a secret.
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(())
}

pub(crate) fn header_value(field: &'static str, value: &str) -> Result<HeaderValue> {
    if value.chars().all(|character| (' '..='~').contains(&character))
        && let Ok(value) = HeaderValue::try_from(value)
    {
        return Ok(value);
    }
    Err(Error::config(
        field,
        "contains characters that are not allowed in a header value; use printable ASCII",
    ))
}

/// Value of `X-Mem0-Client`: the callers' entries, then this crate's. Entries over the limits are left out.
pub(crate) fn client_stack(callers: Option<&str>) -> HeaderValue {
    let mut stack = String::new();
    let mut entries = 1;
    for entry in callers.unwrap_or_default().split(',').map(str::trim) {
        let is_printable = entry.chars().all(|character| (' '..='~').contains(&character));
        let fits = stack.len() + entry.len() + ", ".len() + USER_AGENT.len() <= MAX_STACK_LEN;
        if entry.is_empty() || !is_printable || !fits || entries == MAX_STACK_ENTRIES {
            continue;
        }
        stack.push_str(entry);
        stack.push_str(", ");
        entries += 1;
    }
    if stack.is_empty() {
        return HeaderValue::from_static(USER_AGENT);
    }
    stack.push_str(USER_AGENT);
    HeaderValue::try_from(stack).unwrap_or(HeaderValue::from_static(USER_AGENT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_stack_keeps_whole_entries_within_its_limits() {
        assert_eq!(client_stack(Some("a,b,c,d,e")), format!("a, b, c, {USER_AGENT}"));
        let long = "x".repeat(150);
        assert_eq!(client_stack(Some(&format!("{long},{long},b"))), format!("{long}, b, {USER_AGENT}"));
        assert_eq!(client_stack(Some("é,b")), format!("b, {USER_AGENT}"));
        let longest = client_stack(Some(&format!("{},b", "x".repeat(198 - USER_AGENT.len()))));
        assert_eq!(longest.len(), MAX_STACK_LEN);
    }
}
