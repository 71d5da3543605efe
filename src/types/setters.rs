//! Setters of request types: builders by value, with one method per field.

/// Declares setters of a type with a `body: Body`, each named after its field. The kind is `text`, `flag`, `time` or `json`.
macro_rules! setters {
    ($($(#[$doc:meta])* $field:ident: $kind:ident,)*) => {
        $(setters!(@$kind $(#[$doc])* $field);)*
    };
    (@text $(#[$doc:meta])* $field:ident) => {
        $(#[$doc])*
        pub fn $field(self, $field: impl Into<String>) -> Self {
            let text: String = $field.into();
            self.with(stringify!($field), text)
        }
    };
    (@flag $(#[$doc:meta])* $field:ident) => {
        $(#[$doc])*
        pub fn $field(self, $field: bool) -> Self {
            self.with(stringify!($field), $field)
        }
    };
    (@time $(#[$doc:meta])* $field:ident) => {
        $(#[$doc])*
        pub fn $field(self, $field: impl Into<crate::filter::DateOrTimestamp>) -> Self {
            self.with(stringify!($field), $field.into().into_value())
        }
    };
    (@json $(#[$doc:meta])* $field:ident) => {
        $(#[$doc])*
        pub fn $field(self, $field: impl Into<serde_json::Value>) -> Self {
            self.with(stringify!($field), $field)
        }
    };
}

/// Declares `set`, for fields without their own method, and `with`, on which all setters are built.
macro_rules! set_any {
    ($(#[$doc:meta])*) => {
        $(#[$doc])*
        pub fn set(self, name: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
            self.with(name.into(), value)
        }

        fn with(
            mut self,
            name: impl Into<std::borrow::Cow<'static, str>>,
            value: impl Into<serde_json::Value>,
        ) -> Self {
            self.body.set(name.into(), crate::types::body::FieldValue::Other(value.into()));
            self
        }
    };
}
