//! Links in responses. They are parsed and never followed: the API key is sent to the client's base URL only.

use percent_encoding::percent_decode_str;

use crate::client::base_url::BaseUrl;
use crate::error::{Error, Result};
use crate::ids::is_dot_segment;

/// Parses the page number of a link, which must be greater than `current`.
///
/// Scheme, host and path of the link are ignored: a gateway may have changed them, and following the link could send
/// the API key to another host. The next request is built from the caller's own with this number. Messages do not
/// repeat the link.
pub(crate) fn number_of_next_page(link: &str, current: u64) -> Result<u64, &'static str> {
    let link = link.split('#').next().unwrap_or_default();
    let query = link.split_once('?').map_or("", |(_, query)| query);
    let mut numbers = query.split('&').filter_map(|pair| pair.strip_prefix("page="));
    let number = match (numbers.next(), numbers.next()) {
        (Some(number), None) => number,
        (Some(_), Some(_)) => return Err("has more than one page number"),
        (None, _) => return Err("has no page number"),
    };
    let number = number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok()).flatten();
    match number {
        Some(number) if number > current => Ok(number),
        Some(_) => Err("does not advance: its page number is that of the same page or an earlier one"),
        None => Err("has an invalid page number"),
    }
}

/// Parses the path segments of a link, decoded. The link is a path, or a URL of the base URL's origin. The path of the
/// base URL is removed. No message repeats the link.
pub(crate) fn status_segments(link: &str, base: &BaseUrl) -> Result<Vec<String>> {
    let invalid = |message: &str| Error::invalid("status_url", message);
    let (origin, base_path) = base.as_str().split_at(base.path_start());
    let path = if link.starts_with('/') {
        link
    } else {
        match link.get(..origin.len()) {
            Some(start) if start.eq_ignore_ascii_case(origin) => &link[origin.len()..],
            _ => return Err(invalid("is neither a path nor a URL of the base URL's origin")),
        }
    };
    if !path.starts_with('/') || path.starts_with("//") {
        return Err(invalid("has an invalid path after the host"));
    }
    if path.chars().any(|character| character.is_control() || " ?#\\".contains(character)) {
        return Err(invalid("has a query, a fragment or a character that is not allowed in a path"));
    }
    let path = match path.strip_prefix(base_path) {
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    };
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    let decoded = |segment: &str| {
        if segment.is_empty() || is_dot_segment(segment) {
            return Err(invalid("has an empty, `.` or `..` path segment"));
        }
        let text = percent_decode_str(segment).decode_utf8();
        Ok(text.map_err(|_| invalid("has a path segment that is not valid UTF-8"))?.into_owned())
    };
    path.split('/').map(decoded).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(link: &str, base: &str) -> Result<Vec<String>> {
        status_segments(link, &base.parse().unwrap())
    }

    #[test]
    fn paths_and_urls_of_the_same_origin_are_read() {
        for (link, base) in [
            ("/v2/profiles/jobs/a%2Fb/", "https://h.example"),
            ("/v2/profiles/jobs/a%2Fb", "https://h.example"),
            ("https://h.example/v2/profiles/jobs/a%2Fb/", "https://h.example"),
            ("HTTPS://H.example/v2/profiles/jobs/a%2Fb/", "https://h.example"),
            ("/gate/v2/profiles/jobs/a%2Fb/", "https://h.example/gate"),
            ("/v2/profiles/jobs/a%2Fb/", "https://h.example/gate"),
            ("https://h.example/gate/v2/profiles/jobs/a%2Fb/", "https://h.example/gate/"),
        ] {
            assert_eq!(read(link, base).unwrap(), ["v2", "profiles", "jobs", "a/b"], "{link} {base}");
        }
    }

    #[test]
    fn links_to_other_hosts_and_invalid_paths_are_rejected() {
        for link in [
            "",
            "/",
            "job_1",
            "//evil.example/v2/profiles/jobs/1/",
            "/\\evil.example/",
            "https://evil.example/v2/",
            "https://h.example.evil.example/v2/",
            "https://h.example@evil.example/v2/",
            "https://h.example:8443/v2/",
            "http://h.example/v2/",
            "https://h.example",
            "https://h.example//evil.example/",
            "/v2/../../v1/memories/",
            "/v2/%2e%2E/",
            "/v2//jobs/",
            "/v2/jobs/1/?next=1",
            "/v2/jobs/1/#x",
            "/v2/jobs/1 /",
            "/v2/jobs/%ff/",
            "/v2/jobs/\r\nhost: x/",
        ] {
            let error = read(link, "https://h.example").unwrap_err();
            assert!(matches!(error, Error::Invalid { field: "status_url", .. }), "{link}: {error}");
            assert!(!error.to_string().contains("evil"), "{error}");
        }
    }

    fn number(link: &str) -> Result<u64, &'static str> {
        number_of_next_page(link, 2)
    }

    #[test]
    fn only_the_page_number_of_a_link_is_used() {
        for link in [
            "https://api.mem0.ai/v3/memories/?page=3&page_size=50",
            "http://API.mem0.ai:8443/anything?page_size=50&page=3",
            "https://internal.gateway:8080/?page=3",
            "https://user:password@evil.example/?page=3",
            "ftp://evil.example/?page=3",
            "//evil.example/?page=3",
            "http://[::1]:8080/?page=3#?page=7",
            "http://no such host/?page=3",
            "/v3/memories/?page=3",
            "memories/?page=3",
            "?page=3",
        ] {
            assert_eq!(number(link), Ok(3), "{link}");
        }
    }

    #[test]
    fn links_without_a_later_page_number_are_rejected() {
        for link in [
            "https://api.mem0.ai/?page=2",
            "https://api.mem0.ai/?page=1",
            "https://api.mem0.ai/?page=0",
            "https://api.mem0.ai/?page=-3",
            "https://api.mem0.ai/?page=+3",
            "https://api.mem0.ai/?page=3.5",
            "https://api.mem0.ai/?page=",
            "https://api.mem0.ai/?page=99999999999999999999",
            "https://api.mem0.ai/?page=3&page=4",
            "https://api.mem0.ai/?page_size=3",
            "https://api.mem0.ai/page=3",
            "https://api.mem0.ai/#?page=3",
            "https://api.mem0.ai/",
            "",
            "not a link",
        ] {
            let parsed = number(link);
            assert!(parsed.is_err(), "{link}: {parsed:?}");
        }
    }
}
