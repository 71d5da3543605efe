//! JSON of requests, dumps and data files. Numbers must be in the range of `f64`.
//!
//! With the feature `arbitrary_precision` of `serde_json`, its own reader accepts `1e999` and reads an object with one
//! special key as a number.

use serde_json::{Map, Value};

/// Reads JSON. The error describes the problem.
pub(crate) fn read(bytes: &[u8]) -> Result<Value, String> {
    let value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if has_number_out_of_range(&value) {
        return Err("number out of range".to_owned());
    }
    Ok(value)
}

/// Reads a JSON object; `None` for anything else.
pub(crate) fn object(text: &str) -> Option<Map<String, Value>> {
    match read(text.as_bytes()) {
        Ok(Value::Object(object)) => Some(object),
        _ => None,
    }
}

fn has_number_out_of_range(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.as_f64().is_none(),
        Value::Array(values) => values.iter().any(has_number_out_of_range),
        Value::Object(object) => object.values().any(has_number_out_of_range),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_range_are_refused() {
        for text in ["1e999", r#"{"a":[1e999]}"#, "", "{"] {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
        for text in ["1.5", "7", "[]", "null", "18446744073709551616"] {
            assert!(read(text.as_bytes()).is_ok() && object(text).is_none(), "{text}");
        }
        assert!(object(r#"{"a":1.5,"b":1e300,"c":18446744073709551616}"#).is_some());
    }
}
