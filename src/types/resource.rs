//! Parts shared by all response objects.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::redact::Redacted;

/// Declares a response object: optional fields, and `extra` for unknown fields. `pub kind = "type": EntityKind` declares a
/// field whose key is not its name; `pub members: Vec<Member> as NonNull<Member>` reads a field through another type.
///
/// `Deserialize` is written out instead of derived, for three reasons: the derived one accepts `[]` for an object whose
/// fields all have defaults, `#[serde(flatten)]` buffers the whole object, and a duplicate field is an error. `Debug` shows
/// the fields that are set, with e-mail addresses and keys redacted; of `private` fields and of `extra`, it shows no
/// values. `also` lists aliases of fields; where both names are sent, the field's own name wins.
macro_rules! resource {
    (
        $(#[$attribute:meta])*
        pub struct $name:ident {
            $($(#[$field_attribute:meta])* pub $field:ident $(= $key:literal)?: $type:ty $(as $lenient:ty)?,)*
            $(private { $($(#[$private_attribute:meta])* pub $private:ident: $private_type:ty,)* })?
            $(also { $($other_name:ident => $same:ident,)* })?
        }
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Default, PartialEq, serde::Serialize)]
        #[non_exhaustive]
        pub struct $name {
            $(
                $(#[$field_attribute])*
                $(#[serde(rename = $key)])?
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $field: Option<$type>,
            )*
            $($(
                $(#[$private_attribute])*
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $private: Option<$private_type>,
            )*)?
            /// Fields that this version of the crate does not know, unchanged.
            #[serde(flatten)]
            pub extra: serde_json::Map<String, serde_json::Value>,
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Fields;

                impl<'de> serde::de::Visitor<'de> for Fields {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str(concat!("an object (", stringify!($name), ")"))
                    }

                    fn visit_map<A>(self, mut map: A) -> Result<$name, A::Error>
                    where
                        A: serde::de::MapAccess<'de>,
                    {
                        let mut object = $name::default();
                        $($(let mut $other_name = None;)*)?
                        while let Some(key) = map.next_key::<$crate::types::resource::Key<'de>>()? {
                            match key.as_str() {
                                $(key!($field $($key)?) => object.$field = field_value!(map $($lenient)?),)*
                                $($(stringify!($private) => object.$private = map.next_value()?,)*)?
                                $($(stringify!($other_name) => $other_name = map.next_value()?,)*)?
                                _ => {
                                    object.extra.insert(key.into_name()?, map.next_value()?);
                                }
                            }
                        }
                        $($(object.$same = object.$same.or($other_name);)*)?
                        Ok(object)
                    }
                }

                deserializer.deserialize_map(Fields)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let mut shown = f.debug_struct(stringify!($name));
                $(if let Some(value) = &self.$field {
                    shown.field(stringify!($field), &$crate::redact::Redacted(value));
                })*
                $($(if self.$private.is_some() {
                    shown.field(stringify!($private), &$crate::types::resource::Hidden);
                })*)?
                if !self.extra.is_empty() {
                    shown.field("extra", &$crate::types::resource::KeysOf(&self.extra));
                }
                shown.finish()
            }
        }
    };
}

/// Key of a field: its name, unless another key is declared.
macro_rules! key {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $key:literal) => {
        $key
    };
}

/// Next value of a map, read as the type of the field or through the declared type.
macro_rules! field_value {
    ($map:ident) => {
        $map.next_value()?
    };
    ($map:ident $lenient:ty) => {
        $map.next_value::<Option<$lenient>>()?.map(|value| value.0)
    };
}

/// Items of a list, without `null`s.
pub(crate) struct NonNull<V>(pub(crate) Vec<V>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for NonNull<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items<V>(PhantomData<V>);

        impl<'de, V: Deserialize<'de>> Visitor<'de> for Items<V> {
            type Value = NonNull<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a sequence")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<NonNull<V>, A::Error> {
                let mut read = Vec::new();
                while let Some(item) = items.next_element::<Option<V>>()? {
                    if let Some(item) = item {
                        read.push(item);
                    }
                }
                Ok(NonNull(read))
            }
        }

        deserializer.deserialize_seq(Items(PhantomData))
    }
}

/// Reads a list and skips `null`s.
pub(crate) fn non_null<'de, D: Deserializer<'de>, V: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<V>, D::Error> {
    NonNull::deserialize(deserializer).map(|items| items.0)
}

/// Key of an object, borrowed from the input unless it has escapes.
pub(crate) struct Key<'a>(Cow<'a, str>);

impl Key<'_> {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn into_string(self) -> String {
        self.0.into_owned()
    }

    /// Name of an unknown field. Fails for a number, which `serde_json` presents as an object with one key if an application
    /// turns on its feature `arbitrary_precision`.
    pub(crate) fn into_name<E: de::Error>(self) -> Result<String, E> {
        if self.0.starts_with("$serde_json::private::") {
            return Err(E::custom("invalid type: number, expected an object"));
        }
        Ok(self.0.into_owned())
    }
}

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }

            fn visit_string<E: de::Error>(self, text: String) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text)))
            }
        }

        deserializer.deserialize_identifier(Text)
    }
}

/// Placeholder for a value that is not shown.
pub(crate) struct Hidden;

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// Keys of an object whose values are not shown.
pub(crate) struct KeysOf<'a>(pub(crate) &'a Map<String, Value>);

impl fmt::Debug for KeysOf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys().map(Redacted)).finish()
    }
}
