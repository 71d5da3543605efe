//! Fills a JSON Schema from memories without a model.
//!
//! The rules are simple, so that a reader can trace each value to its memory. No text is generated: texts of memories
//! become values. A memory *matches* a property if it shares a word with the name of the property or, if no memory
//! does, with its title or description. Every memory matches a name that contains `memory`, `fact`, `note` or `text`.
//! - A string is the newest matching memory, or the choice of an `enum` that it contains.
//! - An array of strings contains every matching memory, newest first; an array of objects has one object for each.
//! - An object is filled property by property.
//! - Any other value, such as a number or a date, is its `default` or null.

use std::cell::Cell;

use serde_json::{Map, Value};

use crate::store::memories::Memory;
use crate::store::tokenizer::Tokenizer;

/// Maximum depth of a schema, references included. A schema may refer to itself.
const MAX_DEPTH: usize = 12;

/// Maximum number of comparisons of a property and a memory: a schema that refers to itself several times would grow
/// without end. Later values are null.
const MAX_COMPARISONS: usize = 2_000_000;

/// Maximum number of words of a description that are compared.
const MAX_DESCRIPTION_WORDS: usize = 50;

/// Stems in property names that match any memory.
const ANY_MEMORY: [&str; 4] = ["memori", "fact", "note", "text"];

/// Stems that are too common in descriptions of schemas, in addition to the stop words.
const IGNORED_STEMS: [&str; 4] = ["list", "option", "person", "valu"];

/// Text of a memory and the stems of its words.
#[derive(Clone)]
struct Candidate<'a> {
    text: &'a str,
    stems: Vec<String>,
}

/// Fills a schema. The memories are sorted newest first.
pub(crate) fn fill(schema: &Value, memories: &[Memory]) -> Map<String, Value> {
    let candidates: Vec<Candidate<'_>> = memories
        .iter()
        .map(|memory| Candidate { text: &memory.memory, stems: stems(&memory.memory) })
        .collect();
    let filler = SchemaFiller { root: schema, comparisons: Cell::new(MAX_COMPARISONS) };
    match filler.object(schema, &candidates, 0) {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// Whether a value contains text at any depth.
pub(crate) fn has_content(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => items.iter().any(has_content),
        Value::Object(fields) => fields.values().any(has_content),
        _ => true,
    }
}

struct SchemaFiller<'a> {
    root: &'a Value,
    /// Remaining number of comparisons.
    comparisons: Cell<usize>,
}

impl<'a> SchemaFiller<'a> {
    /// Resolves references and selects the first alternative that is not null.
    fn resolve(&self, mut schema: &'a Value, depth: usize) -> &'a Value {
        for _ in depth..MAX_DEPTH {
            if let Some(found) = schema["$ref"].as_str().and_then(|path| path.strip_prefix('#')) {
                schema = self.root.pointer(found).unwrap_or(&Value::Null);
                continue;
            }
            let alternatives = ["anyOf", "oneOf", "allOf"].iter().find_map(|name| schema[name].as_array());
            match alternatives.and_then(|all| all.iter().find(|one| one["type"] != "null")) {
                Some(alternative) => schema = alternative,
                None => return schema,
            }
        }
        &Value::Null
    }

    fn object(&self, schema: &'a Value, candidates: &[Candidate<'_>], depth: usize) -> Value {
        let resolved = self.resolve(schema, depth);
        let Some(properties) = resolved["properties"].as_object() else { return Value::Null };
        properties
            .iter()
            .map(|(name, property)| (name.clone(), self.property(name, property, candidates, depth + 1)))
            .collect::<Map<_, _>>()
            .into()
    }

    fn property(&self, name: &str, property: &'a Value, candidates: &[Candidate<'_>], depth: usize) -> Value {
        let resolved = self.resolve(property, depth);
        if let Some(constant) = resolved.get("const") {
            return constant.clone();
        }
        let Some(comparisons) = self.comparisons.get().checked_sub(candidates.len() + 1) else {
            return Value::Null;
        };
        self.comparisons.set(comparisons);
        let matching = || matching(name, [property, resolved], candidates);
        let filled = match kind(resolved) {
            _ if depth >= MAX_DEPTH => Value::Null,
            Some("object") => self.object(resolved, candidates, depth),
            Some("array") => return self.list(resolved, &matching(), depth),
            Some("string") => {
                matching().iter().find_map(|candidate| text(resolved, candidate)).unwrap_or_default()
            }
            _ => Value::Null,
        };
        if filled.is_null() { default(property, resolved) } else { filled }
    }

    fn list(&self, schema: &'a Value, matching: &[Candidate<'_>], depth: usize) -> Value {
        let items = self.resolve(&schema["items"], depth);
        let item = |candidate: &Candidate<'_>| match kind(items) {
            Some("object") => {
                Some(self.object(items, std::slice::from_ref(candidate), depth)).filter(has_content)
            }
            Some("string") => text(items, candidate),
            _ => None,
        };
        let limit = schema["maxItems"].as_u64().and_then(|limit| usize::try_from(limit).ok());
        let mut list: Vec<Value> = Vec::new();
        for item in matching.iter().filter_map(item) {
            if limit.is_some_and(|limit| list.len() >= limit) {
                break;
            }
            // Choices of an `enum` are not repeated.
            if items.get("enum").is_none() || !list.contains(&item) {
                list.push(item);
            }
        }
        list.into()
    }
}

/// Type of a schema; the first that is not null if there are several. A schema with properties is an object.
fn kind(schema: &Value) -> Option<&str> {
    match &schema["type"] {
        Value::String(kind) => Some(kind),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        _ if schema["properties"].is_object() => Some("object"),
        _ if schema["enum"].is_array() => Some("string"),
        _ => None,
    }
}

fn default(property: &Value, resolved: &Value) -> Value {
    property.get("default").or_else(|| resolved.get("default")).cloned().unwrap_or_default()
}

/// String value from a memory: its text, or the choice it contains. A string with a format, such as a date, gets no
/// text.
fn text(schema: &Value, candidate: &Candidate<'_>) -> Option<Value> {
    if let Some(choices) = schema["enum"].as_array() {
        let is_contained = |choice: &&Value| {
            let choice_stems = choice.as_str().map(stems).unwrap_or_default();
            !choice_stems.is_empty() && choice_stems.iter().all(|stem| candidate.stems.contains(stem))
        };
        return choices.iter().find(is_contained).cloned();
    }
    let length = u64::try_from(candidate.text.chars().count()).unwrap_or(u64::MAX);
    let is_valid = schema.get("format").is_none()
        && schema.get("pattern").is_none()
        && schema["maxLength"].as_u64().is_none_or(|limit| length <= limit);
    is_valid.then(|| candidate.text.into())
}

fn matching<'a>(name: &str, schemas: [&Value; 2], candidates: &[Candidate<'a>]) -> Vec<Candidate<'a>> {
    let in_name = stems(name);
    if in_name.iter().any(|stem| ANY_MEMORY.contains(&stem.as_str())) {
        return candidates.to_vec();
    }
    let with_any_stem = |name_stems: &[String]| -> Vec<Candidate<'a>> {
        candidates
            .iter()
            .filter(|candidate| name_stems.iter().any(|stem| candidate.stems.contains(stem)))
            .cloned()
            .collect()
    };
    let by_name = with_any_stem(&in_name);
    if !by_name.is_empty() {
        return by_name;
    }
    let described = schemas.iter().flat_map(|schema| [&schema["title"], &schema["description"]]);
    let described: Vec<String> =
        described.filter_map(Value::as_str).flat_map(stems).take(MAX_DESCRIPTION_WORDS).collect();
    with_any_stem(&described)
}

/// Stems of the words of a text, or of a name such as `full_name` or `fullName`, without short and stop words.
fn stems(text: &str) -> Vec<String> {
    let mut spaced = String::with_capacity(text.len());
    let mut after_lowercase = false;
    for character in text.chars() {
        if after_lowercase && character.is_uppercase() {
            spaced.push(' ');
        }
        after_lowercase = character.is_lowercase();
        spaced.push(character);
    }
    let mut stems = Vec::new();
    Tokenizer::new().each(&spaced, |word| {
        let stem = word.stem();
        if word.whole.chars().count() > 2 && !word.is_stop_word() && !IGNORED_STEMS.contains(&stem.as_ref()) {
            stems.push(stem.into_owned());
        }
    });
    stems
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn filled(schema: &Value, texts: &[&str]) -> Value {
        let candidates: Vec<Candidate<'_>> =
            texts.iter().map(|text| Candidate { text, stems: stems(text) }).collect();
        SchemaFiller { root: schema, comparisons: Cell::new(MAX_COMPARISONS) }.object(schema, &candidates, 0)
    }

    #[test]
    fn a_string_is_the_newest_matching_memory() {
        let schema = json!({"properties": {
            "hobby": {"type": "string"},
            "currentWork": {"type": ["null", "string"]},
            "home": {"anyOf": [{"type": "null"}, {"type": "string"}], "description": "The town the person lives in"},
            "name": {"type": "string", "default": "unknown"},
            "born": {"type": "string", "format": "date"},
            "age": {"type": "integer", "description": "How many children"},
        }});
        let texts =
            ["Works as a baker", "Has two children", "Born in May", "Lives in Delft", "Worked as a cook"];
        let expected = json!({
            "hobby": null,
            "currentWork": "Works as a baker",
            "home": "Lives in Delft",
            "name": "unknown",
            "born": null,
            "age": null,
        });
        assert_eq!(filled(&schema, &texts), expected);
    }

    #[test]
    fn fills_arrays_and_nested_objects() {
        let schema = json!({
            "properties": {
                "facts": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
                "drinks": {"type": "array", "items": {"type": "string"}},
                "moods": {"type": "array", "items": {"enum": ["calm", "angry"]}},
                "pets": {"type": "array", "items": {"$ref": "#/$defs/Pet"}},
                "work": {"$ref": "#/$defs/Work"},
                "sizes": {"type": "array", "items": {"type": "number"}},
                "plan": {"enum": ["free", "pro"], "default": "free"},
                "kind": {"const": "person"},
            },
            "$defs": {
                "Pet": {"type": "object", "properties": {"pet": {"type": "string"}}},
                "Work": {"type": "object", "properties": {"place": {"type": "string", "description": "office"}}},
            }
        });
        let texts =
            ["Drinks tea", "Drank wine", "Pro plan since May", "Mood: calm", "The pet is a cat", "Calm mood"];
        let expected = json!({
            "facts": ["Drinks tea", "Drank wine"],
            "drinks": ["Drinks tea"],
            "moods": ["calm"],
            "pets": [{"pet": "The pet is a cat"}],
            "work": {"place": null},
            "sizes": [],
            "plan": "pro",
            "kind": "person",
        });
        assert_eq!(filled(&schema, &texts), expected);
    }

    #[test]
    fn handles_recursive_and_dangling_references() {
        let schema = json!({
            "properties": {
                "me": {"$ref": "#"},
                "mine": {"type": "array", "items": {"$ref": "#"}},
                "ours": {"$ref": "#"},
                "loop": {"$ref": "#/$defs/Loop"},
                "lost": {"$ref": "#/$defs/Lost"},
                "odd": 7,
                "text": {"type": "string", "maxLength": 3},
            },
            "$defs": {"Loop": {"$ref": "#/$defs/Loop"}},
        });
        let filled = filled(&schema, &["Ours is long enough"; 200]);
        assert!(!has_content(&filled), "{filled}");
        assert!(filled["me"]["me"].is_object());
        assert_eq!(
            (&filled["loop"], &filled["lost"], &filled["odd"]),
            (&Value::Null, &Value::Null, &Value::Null)
        );
    }

    #[test]
    fn words_are_compared_by_their_stems() {
        for (a, b) in [("work", "works"), ("memory", "memories"), ("allergy", "allergies"), ("job", "jobs")] {
            assert_eq!(stems(a), stems(b));
        }
        for (a, b) in [("cat", "category"), ("car", "care"), ("tea", "team"), ("interest", "interview")] {
            assert_ne!(stems(a), stems(b));
        }
        assert_eq!(stems("fullName, home_town: the É4x"), ["full", "name", "home", "town", "e4x"]);
        assert_eq!(stems("A list of the person's optional values"), [""; 0]);
    }
}
