//! Detection of inputs that are not JSON lines.

use std::fmt;
use std::io;

use serde_json::Value;

use crate::bulk::record_line::KNOWN_FIELDS;

/// Unsupported format of an input, detected from its first bytes.
///
/// `Display` is a noun phrase, such as `a JSON array`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InputFormat {
    /// JSON array.
    JsonArray,
    /// JSON object that spans several lines.
    MultilineJson,
    /// Export of a chat program.
    ChatExport,
    /// gzip-compressed data.
    Gzip,
    /// bzip2-compressed data.
    Bzip2,
    /// xz-compressed data.
    Xz,
    /// Zstandard-compressed data.
    Zstd,
    /// ZIP archive.
    Zip,
    /// Values separated by commas, semicolons or tabs.
    Csv,
    /// UTF-16 text.
    #[non_exhaustive]
    Utf16 {
        /// Name of the encoding: `UTF-16` with a byte order mark, `UTF-16LE` or `UTF-16BE` without.
        encoding: &'static str,
    },
    /// UTF-32 text.
    #[non_exhaustive]
    Utf32 {
        /// Name of the encoding: `UTF-32` with a byte order mark, `UTF-32LE` or `UTF-32BE` without.
        encoding: &'static str,
    },
}

impl fmt::Display for InputFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::JsonArray => f.write_str("a JSON array"),
            Self::MultilineJson => f.write_str("multi-line JSON"),
            Self::ChatExport => f.write_str("a chat export"),
            Self::Gzip => f.write_str("gzip-compressed data"),
            Self::Bzip2 => f.write_str("bzip2-compressed data"),
            Self::Xz => f.write_str("xz-compressed data"),
            Self::Zstd => f.write_str("zstd-compressed data"),
            Self::Zip => f.write_str("a ZIP archive"),
            Self::Csv => f.write_str("CSV"),
            Self::Utf16 { encoding } | Self::Utf32 { encoding } => write!(f, "{encoding} text"),
        }
    }
}

impl std::error::Error for InputFormat {}

/// Returns an error if the first bytes of an input are not JSON lines.
pub(crate) fn check_format(start: &[u8]) -> io::Result<()> {
    detect(start).map_or(Ok(()), |format| Err(io::Error::new(io::ErrorKind::InvalidData, format)))
}

/// Detects the format from the first bytes of an input; `None` if it may be JSON lines.
fn detect(start: &[u8]) -> Option<InputFormat> {
    match start {
        [0x1f, 0x8b, ..] => return Some(InputFormat::Gzip),
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => return Some(InputFormat::Bzip2),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => return Some(InputFormat::Xz),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => return Some(InputFormat::Zstd),
        [b'P', b'K', 3, 4, ..] => return Some(InputFormat::Zip),
        // Before UTF-16: the UTF-32 byte order mark starts with that of UTF-16.
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => {
            return Some(InputFormat::Utf32 { encoding: "UTF-32" });
        }
        [1..=127, 0, 0, 0, ..] => return Some(InputFormat::Utf32 { encoding: "UTF-32LE" }),
        [0, 0, 0, 1..=127, ..] => return Some(InputFormat::Utf32 { encoding: "UTF-32BE" }),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return Some(InputFormat::Utf16 { encoding: "UTF-16" }),
        // Two ASCII characters.
        [1..=127, 0, 1..=127, 0, ..] => return Some(InputFormat::Utf16 { encoding: "UTF-16LE" }),
        [0, 1..=127, 0, 1..=127, ..] => return Some(InputFormat::Utf16 { encoding: "UTF-16BE" }),
        _ => {}
    }
    let text = String::from_utf8_lossy(start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start));
    let text = text.trim_start();
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let (first, second) = (lines.next()?, lines.next());
    match text.as_bytes() {
        [b'[', ..] if has_chat_fields(text) || is_chat_line(&first[1..]) => Some(InputFormat::ChatExport),
        [b'[', ..] => Some(InputFormat::JsonArray),
        [b'{', ..] => detect_object(first, second, text),
        _ if is_chat_line(first) => Some(InputFormat::ChatExport),
        _ => (is_table_header(first) || is_table(first, second)).then_some(InputFormat::Csv),
    }
}

/// Detects the format of an input that starts with an object.
fn detect_object(first: &str, second: Option<&str>, text: &str) -> Option<InputFormat> {
    match serde_json::from_str::<Value>(first) {
        Ok(Value::Object(object)) => {
            let has = |name: &str| object.contains_key(name);
            let is_chat = has("mapping") || has("chat_messages");
            (is_chat && !has("memory") && !has("messages")).then_some(InputFormat::ChatExport)
        }
        Err(error) if error.is_eof() => {
            // In JSON lines, the second line would be another object.
            second.filter(|line| line.trim_start().starts_with(['"', '}']))?;
            Some(if has_chat_fields(text) { InputFormat::ChatExport } else { InputFormat::MultilineJson })
        }
        _ => None,
    }
}

/// Whether the text has field names of a chat export, such as those of `ChatGPT`, Claude and Slack.
fn has_chat_fields(text: &str) -> bool {
    let has = |name: &str| text.contains(&format!("\"{name}\""));
    has("chat_messages")
        || (has("mapping") && has("current_node"))
        || (has("mapping") && has("create_time"))
        || (has("ts") && has("text") && has("type"))
}

/// Whether a line looks like one of a `WhatsApp` export: `24/12/2025, 10:15 - Ann: Hello` or `24/12/2025, 10:15:32] Ann: Hello`.
fn is_chat_line(line: &str) -> bool {
    let Some((day, rest)) = line.split_once(", ") else { return false };
    let is_day = (6..=10).contains(&day.len())
        && day.bytes().all(|byte| byte.is_ascii_digit() || b"/.-".contains(&byte))
        && day.bytes().filter(|byte| !byte.is_ascii_digit()).count() == 2;
    is_day && rest.starts_with(|character: char| character.is_ascii_digit()) && rest.contains(':')
}

/// Whether a line is a table header with the name of a supported field.
fn is_table_header(line: &str) -> bool {
    let is_field = |column: &str| KNOWN_FIELDS.contains(&column.trim().trim_matches('"'));
    [',', ';', '\t'].iter().any(|separator| line.contains(*separator) && line.split(*separator).any(is_field))
}

/// Whether both lines have as many columns, and more than one.
fn is_table(first: &str, second: Option<&str>) -> bool {
    let Some(second) = second.filter(|line| !line.trim_start().starts_with(['{', '['])) else { return false };
    [',', ';', '\t'].into_iter().any(|separator| {
        let separators = first.matches(separator).count();
        separators > 0 && separators == second.matches(separator).count()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_lines_are_accepted() {
        for text in [
            "",
            "\n\n",
            "{\"memory\":\"m\",\"user_id\":\"u\"}",
            "\u{feff}{\"memory\":\"m\",\"user_id\":\"u\"}\n",
            "  {\"memory\":\"[\",\"user_id\":\"u\"}\n{\"memory\":\"n\"}",
            "{\"memory\":\"cut off",
            "{\"memory\":\n{\"memory\":\"m\",\"user_id\":\"u\"}\n",
            "{\"memory\":\"m\",\"user_id\":\"u\",\"metadata\":{\"mapping\":1,\"current_node\":2}}",
            "{\"memory\":\"m\",\"user_id\":\"u\",\"mapping\":1}",
            "nonsense\n{\"memory\":\"m\"}",
            "2025, 7",
            "a, b\n{\"memory\":\"m\",\"user_id\":\"u\"}\n",
            "a, b\nc",
            "a\0b",
            "memory",
            "text, memory of it",
            "BZh",
        ] {
            assert_eq!(detect(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(detect(b"\xff"), None);
    }

    #[test]
    fn other_formats_are_detected() {
        let utf16 = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
        for (start, format) in [
            (&b"\x1f\x8b\x08"[..], InputFormat::Gzip),
            (b"PK\x03\x04..", InputFormat::Zip),
            (b"BZh91AY&SY", InputFormat::Bzip2),
            (b"\xfd7zXZ\0\0", InputFormat::Xz),
            (b"\x28\xb5\x2f\xfd\x24", InputFormat::Zstd),
            (b"user_id,memory\nalice,Likes tea\n", InputFormat::Csv),
            (b"\xef\xbb\xbf\"id\";\"memory\"\r\n", InputFormat::Csv),
            (b"memory\tuser_id\n", InputFormat::Csv),
            (b"a,b\n1,2\n", InputFormat::Csv),
            (b"name;city;note\r\n\r\nAnn;Rome;\r\n", InputFormat::Csv),
            (b"\xff\xfe\0\0{\0\0\0", InputFormat::Utf32 { encoding: "UTF-32" }),
            (b"\0\0\0{\0\0\0\"", InputFormat::Utf32 { encoding: "UTF-32BE" }),
            (b"{\0\0\0\"\0\0\0", InputFormat::Utf32 { encoding: "UTF-32LE" }),
            (b"[]", InputFormat::JsonArray),
            (b"\xef\xbb\xbf\n [\n  {\"memory\":\"m\"}", InputFormat::JsonArray),
            (b"{\n  \"memory\": \"m\"\n}", InputFormat::MultilineJson),
            (b"{\"results\": [\n\"", InputFormat::MultilineJson),
            (b"[{\"title\":\"t\",\"create_time\":1.5,\"mapping\":{}}]", InputFormat::ChatExport),
            (b"[\n{\"uuid\":\"u\",\"chat_messages\":[]}", InputFormat::ChatExport),
            (b"{\"uuid\":\"u\",\"chat_messages\":[]}\n", InputFormat::ChatExport),
            (b"[{\"type\":\"message\",\"ts\":\"1.2\",\"text\":\"t\"}]", InputFormat::ChatExport),
            (b"24/12/2025, 10:15 - Ann: Hello", InputFormat::ChatExport),
            (b"[24.12.25, 10:15:32] Ann: Hello", InputFormat::ChatExport),
            (&utf16("\u{feff}{\"memory\":"), InputFormat::Utf16 { encoding: "UTF-16" }),
            (&utf16("{\"memory\":"), InputFormat::Utf16 { encoding: "UTF-16LE" }),
        ] {
            assert_eq!(detect(start), Some(format), "{:?}", String::from_utf8_lossy(start));
        }
    }
}
