//! Links from one page to the next: read for their page number, never followed.

/// Reads the number of the page a link leads to, which has to be beyond `current`.
///
/// Scheme, host and path of the link are ignored: behind a gateway they name whatever that makes of them, and a link
/// that was followed could send the API key anywhere. The next request is built from the caller's own, with the
/// number that is returned here. Messages do not repeat the link.
pub(crate) fn number_of_next_page(link: &str, current: u64) -> Result<u64, &'static str> {
    let link = link.split('#').next().unwrap_or_default();
    let query = link.split_once('?').map_or("", |(_, query)| query);
    let mut numbers = query.split('&').filter_map(|pair| pair.strip_prefix("page="));
    let number = match (numbers.next(), numbers.next()) {
        (Some(number), None) => number,
        (Some(_), Some(_)) => return Err("names several pages"),
        (None, _) => return Err("names no page"),
    };
    let number = number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok()).flatten();
    match number {
        Some(number) if number > current => Ok(number),
        Some(_) => Err("does not advance: it names the same page or an earlier one"),
        None => Err("names a page that is not a valid number"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(link: &str) -> Result<u64, &'static str> {
        number_of_next_page(link, 2)
    }

    #[test]
    fn the_number_alone_is_taken_from_a_link_wherever_it_points() {
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
    fn links_that_lead_nowhere_are_refused() {
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
            let refused = number(link);
            assert!(refused.is_err(), "{link}: {refused:?}");
        }
    }
}
