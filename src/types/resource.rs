//! What every object of an answer has in common.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::redact::Redacted;

/// Declares an object of an answer: optional fields, and `extra` for those this version does not know. A field
/// whose name is not its key says so: `pub kind = "type": EntityKind`; one that is read more leniently than its type
/// names how: `pub members: Vec<Member> as NonNull<Member>`.
///
/// `Deserialize` is written out rather than derived, for three reasons: serde's derive would take `[]` for
/// an object whose fields all default, `#[serde(flatten)]` buffers the whole object before it reads it, and
/// a field sent twice would be an error. `Debug` shows the fields that are set, with the e-mail addresses and
/// keys in them redacted; those marked `private` are shown as set only, and so is everything in `extra`. Under `also` stand
/// other names a field is sent by; the name it has here wins where both are sent.
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
            /// The fields this version of the crate does not know, as they were sent.
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

/// The key of a field: its name, unless it has another.
macro_rules! key {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $key:literal) => {
        $key
    };
}

/// The next value of a map, read as the field's own type or as the one that is named.
macro_rules! field_value {
    ($map:ident) => {
        $map.next_value()?
    };
    ($map:ident $lenient:ty) => {
        $map.next_value::<Option<$lenient>>()?.map(|value| value.0)
    };
}

/// The items of a list, without the `null`s among them.
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

/// Reads a list without the `null`s in it.
pub(crate) fn non_null<'de, D: Deserializer<'de>, V: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<V>, D::Error> {
    NonNull::deserialize(deserializer).map(|items| items.0)
}

/// A key of an object, borrowed from the text where it has no escapes.
pub(crate) struct Key<'a>(Cow<'a, str>);

impl Key<'_> {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn into_string(self) -> String {
        self.0.into_owned()
    }

    /// The name of a field that is not known. A number, which `serde_json` gives as an object of one key where an
    /// application has its `arbitrary_precision` on, has none.
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

/// A value that is there and is not shown.
pub(crate) struct Hidden;

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// The keys of an object whose values are not shown.
pub(crate) struct KeysOf<'a>(pub(crate) &'a Map<String, Value>);

impl fmt::Debug for KeysOf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys().map(Redacted)).finish()
    }
}
