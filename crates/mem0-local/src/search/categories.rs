//! Assignment of categories to memories by the words of their texts.

use std::collections::HashMap;

use serde_json::Value;

use crate::store::tokenizer::Tokenizer;

/// Built-in categories, used if a project has none: see `docs/platform-api.md#categories`. The descriptions are this
/// crate's own: texts are assigned by their words.
const BUILT_IN: &[(&str, &str)] = &[
    ("personal_details", "name named age birthday born address phone email nationality live lives"),
    (
        "family",
        "mother father mom dad parent sister brother wife husband son daughter child children grandmother \
         grandfather aunt uncle cousin niece nephew baby",
    ),
    (
        "professional_details",
        "job work works working career company employer colleague boss office engineer manager teacher doctor \
         developer cartographer profession professional",
    ),
    (
        "sports",
        "football soccer tennis basketball running run marathon gym swim swimming cycling hiking team",
    ),
    ("travel", "trip travel traveling travelling flight hotel airport vacation holiday visit visited abroad"),
    (
        "food",
        "eat eats eating cook cooking restaurant vegetarian vegan pizza coffee tea drink drinks breakfast lunch \
         dinner meal recipe espresso allergic",
    ),
    ("music", "song band concert guitar piano violin cello orchestra album sing singer playlist"),
    ("health", "doctor hospital medicine allergy allergic illness diet sleep therapy pain exercise symptom"),
    ("technology", "computer software programming laptop app code coding internet rust python phone ai"),
    ("hobbies", "hobby garden gardening paint painting chess read reading photography knitting"),
    ("fashion", "clothes clothing dress shoes style wear wears jacket brand"),
    ("entertainment", "movie movies film series game games show theater theatre cinema netflix"),
    (
        "milestones",
        "graduated graduation married wedding anniversary promoted promotion engaged retired moved",
    ),
    (
        "user_preferences",
        "like likes love loves prefer prefers preference favorite favourite hate hates dislike",
    ),
    ("misc", "miscellaneous"),
];

/// Stems that are too common in descriptions of categories, in addition to the stop words.
const IGNORED_STEMS: &[&str] = &["eg", "etc", "includ", "inform", "like", "memori", "relat", "thing"];

/// Name and description of a category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Category {
    pub(crate) name: String,
    pub(crate) description: String,
}

/// Reads categories from a setting: names, or objects with one name and its description. `None` if there are none, so
/// that a fallback applies.
pub(crate) fn read(setting: Option<&Value>) -> Option<Vec<Category>> {
    let mut categories = Vec::new();
    for item in setting?.as_array()? {
        match item {
            Value::String(name) => {
                categories.push(Category { name: name.clone(), description: String::new() });
            }
            Value::Object(pairs) => categories.extend(pairs.iter().map(|(name, description)| Category {
                name: name.clone(),
                description: description.as_str().unwrap_or_default().to_owned(),
            })),
            _ => {}
        }
    }
    (!categories.is_empty()).then_some(categories)
}

pub(crate) fn built_in() -> Vec<Category> {
    let category = |(name, description): &(&str, &str)| Category {
        name: (*name).to_owned(),
        description: (*description).to_owned(),
    };
    BUILT_IN.iter().map(category).collect()
}

/// Categories by the stems of their descriptions.
pub(crate) struct Catalogue<'a> {
    categories: &'a [Category],
    by_stem: HashMap<String, Vec<usize>>,
}

impl<'a> Catalogue<'a> {
    pub(crate) fn of(categories: &'a [Category]) -> Self {
        let mut by_stem: HashMap<_, Vec<usize>> = HashMap::new();
        for (index, category) in categories.iter().enumerate() {
            for text in [&category.name, &category.description] {
                each_stem(text, |stem| by_stem.entry(stem.to_owned()).or_default().push(index));
            }
        }
        Self { categories, by_stem }
    }

    /// Names of the categories that share a word with a text, in the order of the categories.
    pub(crate) fn assign(&self, text: &str) -> Vec<String> {
        let mut matching: Vec<usize> = Vec::new();
        each_stem(text, |stem| matching.extend(self.by_stem.get(stem).into_iter().flatten()));
        matching.sort_unstable();
        matching.dedup();
        matching.into_iter().map(|index| self.categories[index].name.clone()).collect()
    }
}

/// Calls `found` with the stem of each significant word. Single letters are not significant, nor are single Chinese
/// or Japanese characters.
fn each_stem(text: &str, mut found: impl FnMut(&str)) {
    Tokenizer::new().each(text, |word| {
        let stem = word.stem();
        if word.whole.chars().count() > 1 && !word.is_stop_word() && !IGNORED_STEMS.contains(&stem.as_ref()) {
            found(&stem);
        }
    });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn assign(text: &str, categories: &[Category]) -> Vec<String> {
        Catalogue::of(categories).assign(text)
    }

    #[test]
    fn assigns_categories_by_shared_words() {
        let custom =
            read(Some(&json!([{"billing": "Invoices, payments"}, "support_tickets", {"mood": ""}]))).unwrap();
        assert_eq!(assign("The INVOICE is late.", &custom), ["billing"]);
        assert_eq!(assign("Two tickets and a payment", &custom), ["billing", "support_tickets"]);
        assert_eq!(assign("What such a user is related to", &custom), [""; 0]);
        assert_eq!(assign("", &custom), [""; 0]);
    }

    #[test]
    fn has_the_fifteen_built_in_categories() {
        assert_eq!(built_in().len(), 15);
        assert_eq!(assign("Drinks oolong tea", &built_in()), ["food"]);
        assert_eq!(assign("I play the cello in an orchestra", &built_in()), ["music"]);
        assert_eq!(assign("Zzz", &built_in()), [""; 0]);
    }

    #[test]
    fn an_empty_setting_has_no_categories() {
        for setting in [json!(null), json!([]), json!("x")] {
            assert_eq!(read(Some(&setting)), None);
        }
        assert_eq!(read(None), None);
    }
}
