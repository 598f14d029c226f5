//! Class names, in the many forms that they come in.

use super::error::WeightsError;
use crate::text::quoted;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Under these names labels are found in a checkpoint or in a JSON object: a list, or a table either way round.
pub(super) const KEYS: [&str; 7] =
    ["labels", "classes", "class_names", "label_names", "id2label", "idx_to_class", "class_to_idx"];

/// Reads the labels of a model from the text of a file, in the order of the logits. The file is
///
/// * JSON: an array of names; an object from index to name, from name to index or from index to an array of identifier
///   and name (`imagenet_class_index.json`); or an object that has one of these as `labels`, `classes`, `class_names`,
///   `label_names`, `id2label`, `idx_to_class` or `class_to_idx`;
/// * else plain text, one name a line.
///
/// Fails if an index is missing or comes twice, if a line in the middle is empty, and if there are no names at all.
pub fn parse_labels(text: &str) -> Result<Vec<String>, WeightsError> {
    let text = text.trim_start_matches('\u{FEFF}');
    if text.trim_start().starts_with(['[', '{']) { from_json(text) } else { from_lines(text) }
}

/// One name a line; blank lines at the end are no names.
fn from_lines(text: &str) -> Result<Vec<String>, WeightsError> {
    let names: Vec<String> = text.trim_end().lines().map(|line| line.trim().to_string()).collect();
    if let Some(line) = names.iter().position(String::is_empty) {
        return Err(refused(format!(
            "line {} of the file is empty, so that no class could have that name",
            line + 1
        )));
    }
    some(names)
}

/// Any of the JSON forms.
pub(super) fn from_json(json: &str) -> Result<Vec<String>, WeightsError> {
    let json: Json = serde_json::from_str(json).map_err(|error| {
        refused(format!("they are no valid JSON (line {}, column {})", error.line(), error.column()))
    })?;
    match json {
        Json::Array(items) => from_array(items),
        Json::Object(mut entries) => {
            let nested = |key: &&str| entries.iter().position(|(name, value)| name == key && value.is_nested());
            match KEYS.iter().find_map(nested).map(|position| entries.swap_remove(position).1) {
                Some(Json::Array(items)) => from_array(items),
                Some(Json::Object(entries)) => from_object(entries),
                _ => from_object(entries),
            }
        }
        _ => Err(refused("they are neither a JSON array nor a JSON object")),
    }
}

fn from_array(items: Vec<Json>) -> Result<Vec<String>, WeightsError> {
    let names = items.into_iter().enumerate().map(|(index, item)| match item {
        Json::Text(name) => Ok(name),
        _ => Err(refused(format!("entry {index} of the JSON array is no text"))),
    });
    some(names.collect::<Result<_, _>>()?)
}

fn from_object(entries: Vec<(String, Json)>) -> Result<Vec<String>, WeightsError> {
    let table = entries.into_iter().map(|(key, value)| match value {
        Json::Text(name) => Some((key, Entry::Name(name))),
        Json::Integer(index) => Some((key, Entry::Index(index))),
        Json::Array(mut pair) => match (pair.len(), pair.pop()) {
            (2, Some(Json::Text(name))) => Some((key, Entry::Name(name))),
            _ => None,
        },
        _ => None,
    });
    let table: Option<Vec<_>> = table.collect();
    table.and_then(from_table).unwrap_or_else(|| {
        Err(refused("the JSON object leads neither from each index to a name nor from each name to an index"))
    })
}

/// What a table of labels says of one of its keys.
#[derive(Debug, PartialEq)]
pub(super) enum Entry {
    /// The key is an index, and this the name of the class.
    Name(String),
    /// The key is a name, and this the index of the class.
    Index(i64),
}

/// The names of a table by their indices; `None` where it is a table of something else.
pub(super) fn from_table(table: Vec<(String, Entry)>) -> Option<Result<Vec<String>, WeightsError>> {
    let from_index = matches!(table.first(), Some((_, Entry::Name(_))));
    let named = table.into_iter().map(|(key, entry)| match entry {
        Entry::Name(name) if from_index => Some((key.trim().parse().ok()?, name)),
        Entry::Index(index) if !from_index => Some((index, key)),
        _ => None,
    });
    named.collect::<Option<Vec<_>>>().map(in_order)
}

/// Holds the indices to being 0, 1, 2 ….
fn in_order(mut named: Vec<(i64, String)>) -> Result<Vec<String>, WeightsError> {
    named.sort_by_key(|&(index, _)| index);
    for (expected, (index, name)) in named.iter().enumerate() {
        let expected = expected as i64;
        if *index < 0 {
            return Err(refused(format!("{} has the index {index}, but the first class is 0", quoted(name))));
        }
        if *index < expected {
            // They are sorted, and all before were as expected.
            let other = &named[*index as usize].1;
            return Err(refused(format!("class {index} has two names, {} and {}", quoted(other), quoted(name))));
        }
        if *index > expected {
            return Err(refused(format!("class {expected} has no name, but class {index} has")));
        }
    }
    some(named.into_iter().map(|(_, name)| name).collect())
}

/// The names, unless there are none.
fn some(names: Vec<String>) -> Result<Vec<String>, WeightsError> {
    if names.is_empty() { Err(refused("there are none")) } else { Ok(names) }
}

fn refused(detail: impl Into<String>) -> WeightsError {
    WeightsError::Labels { detail: detail.into() }
}

/// A JSON value. Its objects, unlike the library's, still have what comes twice.
enum Json {
    Text(String),
    Integer(i64),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
    Other,
}

impl Json {
    fn is_nested(&self) -> bool {
        matches!(self, Self::Array(_) | Self::Object(_))
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Json::Object(entries))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Integer(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(i64::try_from(number).map_or(Json::Other, Json::Integer))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read() {
        for text in [
            r#"["cat", "dog", "cow"]"#,
            r#" {"0": "cat", "2": "cow", "1": "dog"}"#,
            r#"{"dog": 1, "cat": 0, "cow": 2}"#,
            r#"{"0": ["n01", "cat"], "1": ["n02", "dog"], "2": ["n03", "cow"]}"#,
            r#"{"architectures": ["ResNet"], "id2label": {"0": "cat", "1": "dog", "2": "cow"}, "label2id": {"cat": 0}}"#,
            r#"{"label_names": ["cat", "dog", "cow"], "num_classes": 3}"#,
            r#"{"classes": {"cat": 0, "dog": 1, "cow": 2}}"#,
            "cat\ndog\ncow",
            "\u{FEFF}cat\r\n  dog\r\ncow\r\n\r\n \n",
        ] {
            assert_eq!(parse_labels(text).expect(text), ["cat", "dog", "cow"], "{text}");
        }
        // Classes may be called anything.
        assert_eq!(parse_labels(r#"{"labels": 1, "7": 0}"#).expect("names"), ["7", "labels"]);
        assert_eq!(parse_labels(r#"["7", "3"]"#).expect("names"), ["7", "3"]);
    }

    #[test]
    fn what_cannot_be_told_is_refused() {
        for (text, words) in [
            ("", "there are none"),
            (" \n\n", "there are none"),
            ("[]", "there are none"),
            ("{}", "there are none"),
            ("cat\n\ndog", "line 2 of the file is empty"),
            (r#"["cat", 3]"#, "entry 1 of the JSON array"),
            (r#"["cat", null]"#, "entry 1 of the JSON array"),
            (r#"["cat""#, "no valid JSON (line 1, column 6)"),
            (r#"{"0": "cat", "2": "dog"}"#, "class 1 has no name, but class 2 has"),
            (r#"{"1": "cat", "2": "dog"}"#, "class 0 has no name, but class 1 has"),
            (r#"{"0": "cat", "1": "dog", "0": "cow"}"#, "class 0 has two names, “cat” and “cow”"),
            (r#"{"cat": 0, "dog": 0}"#, "class 0 has two names, “cat” and “dog”"),
            (r#"{"cat": -1, "dog": 0}"#, "“cat” has the index -1"),
            (r#"{"0": "cat", "1": 1}"#, "leads neither"),
            (r#"{"cat": 0.5}"#, "leads neither"),
            (r#"{"cat": "dog"}"#, "leads neither"),
            (r#"{"cat": {"0": "dog"}}"#, "leads neither"),
            (r#"{"cat": 1000000000000000000000}"#, "leads neither"),
            (r#"{"cat": 1000000000}"#, "class 0 has no name, but class 1000000000 has"),
        ] {
            let error = parse_labels(text).expect_err(text);
            assert_eq!(error.code(), "model-labels");
            assert!(error.to_string().contains(words), "{text}: {error}");
        }
        assert_eq!(parse_labels(&"[".repeat(1 << 20)).expect_err("too deep").code(), "model-labels");
    }
}
