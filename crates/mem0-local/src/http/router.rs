//! Router: from a method and path to an operation.

use http::Method;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use crate::operations::Operation;
use crate::protocol::path_ids::PathIds;
use crate::protocol::request::Request;

/// Characters that are encoded again in a decoded segment, so that it stays one segment.
const SEPARATORS: &AsciiSet = &CONTROLS.add(b'/').add(b'%');

/// Router for all operations.
#[derive(Debug)]
pub(crate) struct Router {
    resources: matchit::Router<Vec<Operation>>,
}

impl Router {
    /// Creates a router with every row of the table.
    pub(crate) fn new() -> Self {
        let mut paths: Vec<(&'static str, Vec<Operation>)> = Vec::new();
        for operation in Operation::ALL.iter().copied() {
            match paths.iter_mut().find(|(path, _)| *path == operation.path()) {
                Some((_, operations)) => operations.push(operation),
                None => paths.push((operation.path(), vec![operation])),
            }
        }
        let mut resources = matchit::Router::new();
        for (path, operations) in paths {
            let inserted = resources.insert(path, operations);
            debug_assert!(inserted.is_ok(), "{path}: {inserted:?}");
        }
        Self { resources }
    }

    /// Finds the resource of a percent-encoded path.
    pub(crate) fn find(&self, path: &str) -> Option<Resource> {
        let path = normalized(path)?;
        let found = self.resources.at(&path).ok()?;
        let ids = found.params.iter().map(|(name, id)| Some((name.to_owned(), decode(id)?)));
        Some(Resource { operations: found.value.clone(), ids: ids.collect::<Option<_>>()? })
    }

    /// Finds the resource of a request.
    pub(crate) fn route(&self, request: Request) -> RoutedRequest {
        RoutedRequest { resource: self.find(&request.path), request }
    }
}

/// A request with the resource of its path.
pub(crate) struct RoutedRequest {
    pub(crate) request: Request,
    /// `None` for an unknown path.
    pub(crate) resource: Option<Resource>,
}

impl RoutedRequest {
    /// Returns the operation of the request; `None` for an unknown path or an unsupported method.
    pub(crate) fn operation(&self) -> Option<Operation> {
        self.resource.as_ref().and_then(|resource| resource.operation(&self.request.method))
    }
}

/// Resource of a path: its operations, one per method, and the identifiers in the path.
#[derive(Debug)]
pub(crate) struct Resource {
    operations: Vec<Operation>,
    pub(crate) ids: PathIds,
}

impl Resource {
    /// Returns the operation of a method. HEAD is a GET whose body is not sent.
    pub(crate) fn operation(&self, method: &Method) -> Option<Operation> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.operations.iter().copied().find(|operation| operation.method() == method)
    }

    /// Returns the methods of the resource for an `Allow` header.
    pub(crate) fn allow(&self) -> String {
        let mut methods: Vec<String> = Vec::new();
        for operation in &self.operations {
            methods.push(operation.method().to_string());
            if operation.method() == Method::GET {
                methods.push("HEAD".to_owned());
            }
        }
        methods.push("OPTIONS".to_owned());
        methods.join(", ")
    }
}

/// Decodes all characters but segment separators: `/v1/%70ing/` is `/v1/ping/`. `None` for an empty segment or one that
/// is not UTF-8.
fn normalized(path: &str) -> Option<String> {
    let inner = path.strip_prefix('/')?;
    let mut normalized = String::with_capacity(path.len());
    for segment in inner.strip_suffix('/').unwrap_or(inner).split('/') {
        let segment = decode(segment).filter(|segment| !segment.is_empty())?;
        normalized.push('/');
        normalized.extend(utf8_percent_encode(&segment, SEPARATORS));
    }
    if inner.ends_with('/') {
        normalized.push('/');
    }
    Some(normalized)
}

/// Decodes a segment; `None` if it is not UTF-8.
fn decode(segment: &str) -> Option<String> {
    percent_decode_str(segment).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn path_is_split_before_it_is_decoded() {
        let router = Router::new();
        let found = router.find("/api/v1/orgs/organizations/a%2Fb%20c/projects/%2e%2e/").unwrap();
        assert_eq!((found.ids.get("org_id"), found.ids.get("project_id")), ("a/b c", ".."));
        assert_eq!(found.operation(&Method::PATCH), Some(Operation::UpdateProject));
        assert_eq!(found.allow(), "GET, HEAD, PATCH, DELETE, OPTIONS");
        assert_eq!(found.operation(&Method::POST), None);
        for nowhere in
            ["", "/", "*", "/v1/ping", "//v1/ping/", "/v1/ping//", "/api/v1/orgs/organizations//members/"]
        {
            assert!(router.find(nowhere).is_none(), "{nowhere}");
        }
        assert!(router.find("/api/v1/orgs/organizations/%ff/").is_none(), "not UTF-8");
        assert!(router.find("/api/v1/orgs/organizations/{org_id}/%7Bproject%7D/").is_none());
    }

    #[test]
    fn identifier_is_decoded_once() {
        let router = Router::new();
        for (sent, id) in
            [("%2541", "%41"), ("%25", "%"), ("%7Bid%7D", "{id}"), ("%E2%82%AC", "€"), ("a+b", "a+b")]
        {
            let found = router.find(&format!("/v1/memories/{sent}/")).unwrap();
            assert_eq!(found.ids.get("memory_id"), id);
        }
        let ping = router.find("/%761/%70ing/").unwrap();
        assert_eq!(ping.operation(&Method::GET), Some(Operation::Ping), "static segments are decoded too");
    }

    #[test]
    fn static_segment_takes_precedence_over_identifier() {
        let router = Router::new();
        for (path, operation, allow) in [
            ("/v1/memories/events/", Operation::ListMemoryEvents, "GET, HEAD, OPTIONS"),
            ("/v1/memories/event/", Operation::GetMemory, "GET, HEAD, PUT, DELETE, OPTIONS"),
            ("/v1/memories/user/history/", Operation::GetMemoryHistory, "GET, HEAD, OPTIONS"),
            ("/v1/memories/events/history/", Operation::GetMemoryHistory, "GET, HEAD, OPTIONS"),
            ("/v1/memories/search/x/", Operation::ListEntityMemories, "GET, HEAD, OPTIONS"),
            ("/v2/entities/user/profile/", Operation::GetEntity, "GET, HEAD, DELETE, OPTIONS"),
            ("/v2/entities/user/x/profile/", Operation::GetProfile, "GET, HEAD, OPTIONS"),
            ("/v2/profiles/jobs/settings/", Operation::GetProfileJob, "GET, HEAD, OPTIONS"),
        ] {
            let found = router.find(path).unwrap();
            assert_eq!(found.operation(&Method::GET), Some(operation), "{path}");
            assert_eq!(found.allow(), allow, "{path}");
        }
        assert!(router.find("/v2/entities/agent/x/profile/").is_none());
    }

    #[test]
    fn every_operation_is_found_by_its_method_and_path() {
        let router = Router::new();
        for operation in Operation::ALL.iter().copied() {
            let path = operation.path().replace('{', "a-").replace('}', "");
            assert_eq!(router.find(&path).unwrap().operation(&operation.method()), Some(operation));
        }
    }
}
