//! Identifiers in a path.

/// Identifiers that a path holds, decoded, by the name of their placeholder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PathIds(Vec<(String, String)>);

impl PathIds {
    /// Identifier of that name; empty if the path has none, which no stored row has as its own.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

impl FromIterator<(String, String)> for PathIds {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(ids: I) -> Self {
        Self(ids.into_iter().collect())
    }
}
