//! What the platform answers. The fields are read from the source, so that one more is walked over too.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::*;
use mem0::*;

/// A field as the source declares it.
struct Field {
    name: String,
    key: String,
    kind: String,
    is_private: bool,
}

/// The fields of each object of an answer, by the name of its type.
struct Declared(BTreeMap<String, Vec<Field>>);

impl Declared {
    fn read() -> Self {
        let mut declared = BTreeMap::new();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/types");
        for file in fs::read_dir(folder).unwrap() {
            let source = fs::read_to_string(file.unwrap().path()).unwrap();
            for block in source.split("\nresource! {\n").skip(1) {
                let block = block.split("\n}\n").next().unwrap();
                let (name, fields) = declaration(block);
                declared.insert(name, fields);
            }
        }
        Self(declared)
    }

    /// An object of that type with every field set to what leaks, and with fields nobody knows.
    fn plant(&self, name: &str) -> Value {
        let fields = &self.0[name];
        let mut object: Map<String, Value> = fields
            .iter()
            .map(|field| (field.key.clone(), self.value(&field.kind, field.is_private)))
            .collect();
        object.insert("unknown".into(), json!({ "said": SAID, "by": leaky() }));
        object.insert(leaky(), json!(1));
        object.into()
    }

    fn value(&self, kind: &str, is_private: bool) -> Value {
        if let Some(item) = kind.strip_prefix("Vec<").and_then(|kind| kind.strip_suffix('>')) {
            return json!([self.value(item, is_private)]);
        }
        let text = if is_private { format!("{SAID} {}", leaky()) } else { leaky() };
        match kind {
            "bool" => json!(true),
            "f64" => json!(0.5),
            "i64" | "u64" => json!(1),
            "Map<String, Value>" | "Value" => json!({ "in": [text], leaky(): 1 }),
            // The one that tells by its `event` which object it is.
            "WebhookEvent" => event("MemoryEvent", "ADD", self),
            kind if self.0.contains_key(kind) => self.plant(kind),
            _ => json!(text),
        }
    }

    /// Reads an object with everything set, and prints it.
    fn print<T: DeserializeOwned + Serialize + Debug>(&self) -> Printed {
        let name = name_of::<T>();
        let planted = self.plant(&name);
        let value: T =
            serde_json::from_value(planted.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(serde_json::to_value(&value).unwrap(), planted, "{name} holds all that was planted");
        let printed = printed(&value);
        for field in &self.0[&name] {
            let shown = format!("{}: ", field.name);
            assert!(printed.text.contains(&shown), "{name} does not say that {} is set", field.name);
        }
        printed
    }
}

/// The name and the fields of the inside of a `resource!`.
fn declaration(block: &str) -> (String, Vec<Field>) {
    let mut name = None;
    let mut fields = Vec::new();
    let mut is_private = false;
    for line in block.lines().map(str::trim) {
        if let Some(declared) = line.strip_prefix("pub struct ") {
            name = Some(declared.trim_end_matches(" {").to_owned());
        } else if let Some(field) = line.strip_prefix("pub ") {
            let (field, kind) = field.trim_end_matches(',').split_once(": ").unwrap();
            let kind = kind.split(" as ").next().unwrap();
            let (name, key) = field.split_once(" = ").unwrap_or((field, field));
            let (name, key) = (name.to_owned(), key.trim_matches('"').to_owned());
            fields.push(Field { name, key, kind: kind.to_owned(), is_private });
        } else if line == "private {" {
            is_private = true;
        } else if line == "also {" {
            break;
        }
    }
    (name.unwrap(), fields)
}

fn event(name: &str, event: &str, declared: &Declared) -> Value {
    let mut object = declared.plant(name);
    object["event"] = json!(event);
    object
}

/// Reads what is no object with optional fields, and prints it.
fn print<T: DeserializeOwned + Debug>(json: Value) -> Printed {
    printed(&serde_json::from_value::<T>(json).unwrap())
}

/// Prints each of these types.
macro_rules! each {
    ($declared:ident: $($name:ident)*) => { vec![$($declared.print::<$name>()),*] };
}

pub(super) fn walk() -> Vec<Printed> {
    let declared = Declared::read();
    let mut walk = each![declared:
        AddedMemory AddedText DeletionStarted Entity EntityCreated EntityFilterOption EntityFilterParameter
        EntityFilters Event ExportCreated FeedbackGiven HistoryEntry Identity Member Memory MemoryCategorized
        MemoryDeleted MemoryEvent MemoryEventData Message Organization OrganizationCreated Profile
        ProfileEntities ProfileForm ProfileJob ProfileJobStarted ProfileSettings Project ProjectCreated
        ScoreBreakdown Stats Webhook WebhookDelivery
    ];
    assert_eq!(walk.len(), declared.0.len(), "there are others than these: {:?}", declared.0.keys());

    let (memory, member, entity) =
        (declared.plant("Memory"), declared.plant("Member"), declared.plant("Entity"));
    let page = json!({
        "count": 1, "next": format!("http://api.example/?user={EMAIL}&key={KEY}"), "previous": leaky(),
        "results": [entity], "total_users": 1, leaky(): leaky(),
    });
    let entities: Page<Entity> = serde_json::from_value(page).unwrap();
    walk.extend([
        printed(&entities),
        printed(&entities.totals()),
        print::<SearchResults>(json!({ "results": [memory] })),
        print::<Members>(json!({ "members": [member] })),
        print::<Added>(json!([declared.plant("AddedMemory")])),
        print::<Added>(json!({ "event_id": leaky(), "status": "PENDING" })),
        print::<WebhookEvent>(event("MemoryEvent", "UPDATE", &declared)),
        print::<WebhookEvent>(event("MemoryCategorized", "CATEGORIZE", &declared)),
        print::<WebhookEvent>(json!({ "event": leaky(), "said": SAID })),
    ]);
    walk
}

#[test]
fn what_is_declared_is_read_as_it_is_declared() {
    let declared = Declared::read();
    let kind = declared.0["Entity"].iter().find(|field| field.name == "kind").unwrap();
    assert_eq!((kind.key.as_str(), kind.kind.as_str(), kind.is_private), ("type", "EntityKind", false));
    let memory = &declared.0["Memory"];
    assert!(memory.iter().any(|field| field.name == "memory" && field.is_private));
    assert!(memory.iter().all(|field| field.name != "session_id"));
}
