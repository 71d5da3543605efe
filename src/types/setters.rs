//! How what is sent gets its fields: builders by value, with a method a field.

/// Methods of a builder whose `body` is a `Body`, each named as the field it sets: a `text`, a `flag`, a `moment`, or
/// any `json`.
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
    (@moment $(#[$doc:meta])* $field:ident) => {
        $(#[$doc])*
        pub fn $field(self, $field: impl Into<crate::types::DateOrTimestamp>) -> Self {
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

/// The method for fields without one of their own, and what the others are made of.
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
            self.body.set(name.into(), crate::types::body::Setting::Other(value.into()));
            self
        }
    };
}
