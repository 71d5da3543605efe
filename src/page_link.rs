//! Links from one page to the next: read for their page number, never followed.

use http::Uri;

use crate::base_url::BaseUrl;

/// The number of the page a link leads to, which has to be beyond `current`.
///
/// The link itself is not trusted: whoever writes it could send the key, and the caller, anywhere. The request is
/// built anew with the number that is returned here. What is wrong with a link is said without repeating it.
pub(crate) fn number_of_next_page(link: &str, base: &BaseUrl, current: u64) -> Result<u64, &'static str> {
    if link.starts_with("//") {
        return Err("leads to another server, and is not followed");
    }
    let query = if let Some(query) = link.strip_prefix('?') {
        query.to_owned()
    } else {
        let link = link.parse::<Uri>().map_err(|_| "is no URL")?;
        if link.authority().is_some() && !has_origin_of(&link, base) {
            return Err("leads to another server, and is not followed");
        }
        link.query().unwrap_or_default().to_owned()
    };
    let query = query.split('#').next().unwrap_or_default();
    let mut numbers = query.split('&').filter_map(|pair| pair.strip_prefix("page="));
    let (Some(number), None) = (numbers.next(), numbers.next()) else {
        return Err("names no page, or several");
    };
    let number = number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok()).flatten();
    match number {
        Some(number) if number > current => Ok(number),
        Some(_) => Err("does not lead on: it names the same page, or one before it"),
        None => Err("names a page that is no number"),
    }
}

/// Whether a link names the base URL's host and port, and nothing before them.
///
/// Its scheme may be the plain one where the base URL is `https`, as of a server behind a proxy that ends TLS: the
/// link is not followed, so nothing travels in the open.
fn has_origin_of(link: &Uri, base: &BaseUrl) -> bool {
    let Ok(base) = base.as_str().parse::<Uri>() else { return false };
    let (Some(link_authority), Some(base_authority)) = (link.authority(), base.authority()) else {
        return false;
    };
    let usual_port = |scheme| if scheme == Some("https") { 443 } else { 80 };
    let link_port = link_authority.port_u16().unwrap_or_else(|| usual_port(link.scheme_str()));
    let base_port = base_authority.port_u16().unwrap_or_else(|| usual_port(base.scheme_str()));
    let is_behind_tls = (base.scheme_str(), base_port) == (Some("https"), 443)
        && (link.scheme_str(), link_port) == (Some("http"), 80);
    let is_same = link.scheme() == base.scheme() && link_port == base_port;
    !link_authority.as_str().contains('@')
        && link_authority.host().eq_ignore_ascii_case(base_authority.host())
        && (is_same || is_behind_tls)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn number(link: &str, base: &str) -> Result<u64, &'static str> {
        number_of_next_page(link, &base.parse().unwrap(), 2)
    }

    #[test]
    fn the_number_alone_is_taken_from_a_link_of_the_same_origin() {
        for (base, link) in [
            ("https://api.mem0.ai", "https://api.mem0.ai/v3/memories/?page=3&page_size=50"),
            ("https://api.mem0.ai", "https://API.mem0.ai:443/anything?page_size=50&page=3"),
            ("https://api.mem0.ai", "http://api.mem0.ai/v3/memories/?page=3"),
            ("http://127.0.0.1:8080/gate", "http://127.0.0.1:8080/v3/memories/?page=3"),
            ("http://[::1]:8080", "http://[::1]:8080/?page=3#x"),
            ("https://api.mem0.ai", "/v3/memories/?page=3"),
            ("https://api.mem0.ai", "?page=3"),
        ] {
            assert_eq!(number(link, base), Ok(3), "{link}");
        }
    }

    #[test]
    fn links_that_lead_away_or_nowhere_are_refused() {
        for link in [
            "https://evil.example/v3/memories/?page=3",
            "https://api.mem0.ai@evil.example/?page=3",
            "https://user@api.mem0.ai/?page=3",
            "https://api.mem0.ai.evil.example/?page=3",
            "https://api.mem0.ai:8443/?page=3",
            "http://api.mem0.ai:443/?page=3",
            "//evil.example/?page=3",
            "ftp://api.mem0.ai/?page=3",
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
            "https://api.mem0.ai/",
            "",
            "not a link",
            "\r\nhost: evil.example",
        ] {
            let refused = number(link, "https://api.mem0.ai");
            assert!(refused.is_err(), "{link}: {refused:?}");
        }
        assert!(number("https://127.0.0.1/?page=3", "http://127.0.0.1").is_err());
    }
}
