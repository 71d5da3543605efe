//! Links in answers, reduced to a path of the platform.

use percent_encoding::percent_decode_str;

use crate::client::base_url::BaseUrl;
use crate::error::{Error, Result};
use crate::id::is_dots;

/// The segments of a link, decoded. The link is a path, or a URL of the very origin the client talks to, and
/// the base URL's own path is no part of what is returned. No message repeats the link.
pub(crate) fn status_segments(link: &str, base: &BaseUrl) -> Result<Vec<String>> {
    let refused = |message: &str| Error::invalid("status_url", message);
    let (origin, base_path) = base.as_str().split_at(base.path_start());
    let path = if link.starts_with('/') {
        link
    } else {
        match link.get(..origin.len()) {
            Some(start) if start.eq_ignore_ascii_case(origin) => &link[origin.len()..],
            _ => return Err(refused("is no path, and no URL of the client's own host")),
        }
    };
    if !path.starts_with('/') || path.starts_with("//") {
        return Err(refused("leads to another host than the client's"));
    }
    if path.chars().any(|character| character.is_control() || " ?#\\".contains(character)) {
        return Err(refused("has a query, a fragment or a character that belongs in no path"));
    }
    let path = match path.strip_prefix(base_path) {
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    };
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    let decoded = |segment: &str| {
        if segment.is_empty() || is_dots(segment) {
            return Err(refused("has an empty, `.` or `..` segment in its path"));
        }
        let text = percent_decode_str(segment).decode_utf8();
        Ok(text.map_err(|_| refused("has a segment that is no text"))?.into_owned())
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
    fn another_host_is_refused_however_it_is_written() {
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
}
