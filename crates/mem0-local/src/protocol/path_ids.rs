//! Identifiers in a request path.

/// Decoded identifiers of a path, by the name of their placeholder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PathIds(Vec<(String, String)>);

impl PathIds {
    /// Returns an identifier; empty if the path has none. No stored row has an empty identifier.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

impl FromIterator<(String, String)> for PathIds {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(ids: I) -> Self {
        Self(ids.into_iter().collect())
    }
}
