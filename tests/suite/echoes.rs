//! Secrets that a server echoes in another encoding: a generator of encodings, nested up to twice, in every part of a
//! response that an error shows.

use super::*;
use mem0::Error;

/// Key without the platform's prefix.
const UNUSUAL_KEY: &str = "sk+a/b-c==%d0e&f";
const EMAIL: &str = "ann.o+x@x-corp.io";

/// Encoding with its name.
type Encoding = (&'static str, fn(&str) -> String);

/// Function that encodes a byte.
type Escape = fn(u8) -> String;

/// Encodes all bytes, or all but letters, with `escape`.
fn each(text: &str, all: bool, escape: impl Fn(u8) -> String) -> String {
    let encode = |byte: u8| {
        if !all && byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { escape(byte) }
    };
    text.bytes().map(encode).collect()
}

const ENCODINGS: [Encoding; 14] = [
    ("as it is", str::to_owned),
    ("JSON", |text| each(text, false, |byte| format!("\\u{byte:04x}"))),
    ("JSON, capitals, every letter", |text| each(text, true, |byte| format!("\\u{byte:04X}"))),
    ("JSON, slashes", |text| text.replace('/', "\\/")),
    ("Rust", |text| each(text, false, |byte| format!("\\u{{{byte:x}}}"))),
    ("C", |text| each(text, true, |byte| format!("\\x{byte:02x}"))),
    ("percent", |text| each(text, false, |byte| format!("%{byte:02X}"))),
    ("percent, every letter", |text| each(text, true, |byte| format!("%{byte:02x}"))),
    ("HTML, decimal", |text| each(text, false, |byte| format!("&#{byte};"))),
    ("HTML, hexadecimal", |text| each(text, true, |byte| format!("&#x{byte:X};"))),
    ("full width", |text| {
        let wide = |code: u32| if (0x21..0x7f).contains(&code) { code + 0xfee0 } else { code };
        text.chars().map(|character| char::from_u32(wide(u32::from(character))).unwrap()).collect()
    }),
    ("zero width", |text| text.chars().flat_map(|character| [character, '\u{200b}']).collect()),
    ("coloured", |text| format!("\u{1b}[1;31m{}\u{1b}[0m", text.replace('-', "\u{1b}[32m-\u{1b}[0m"))),
    ("after a letter", |text| format!("key{text}")),
];

/// Rare encodings, which are not combined with all others.
const RARE_ENCODINGS: [Encoding; 5] = [
    ("octal", |text| each(text, true, |byte| format!("\\{byte:03o}"))),
    ("C, long", |text| each(text, false, |byte| format!("\\U{byte:08x}"))),
    ("coloured, in one character", |text| each(text, true, |byte| format!("\u{9b}32m{}", char::from(byte)))),
    ("with a title", |text| text.replace('-', "-\u{1b}]0;x\u{7}")),
    ("tagged", |text| text.chars().flat_map(|character| [character, '\u{e0041}', '\0']).collect()),
];

/// Encodings that are searched for a known secret, such as the key.
const ENCODINGS_OF_KEYS: [Encoding; 5] = [
    ("CSS", |text| each(text, false, |byte| format!("\\{byte:x} "))),
    ("CSS, every letter, in JSON", |text| each(text, true, |byte| format!("\\\\{byte:x} "))),
    // As a header, whose blank at the end is not part of the value.
    ("CSS, without the last blank", |text| {
        each(text, true, |byte| format!("\\{byte:x} ")).trim_end().to_owned()
    }),
    ("quoted-printable", |text| each(text, false, |byte| format!("={byte:02X}"))),
    ("folded", |text| format!("{}\r\n{}", &text[..text.len() / 2], &text[text.len() / 2..])),
];

/// The text in every encoding, and in every sequence of two common ones.
fn encoded(secret: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    if secret == UNUSUAL_KEY {
        all.extend(ENCODINGS_OF_KEYS.map(|(name, encode)| (name.to_owned(), encode(secret))));
    }
    for (name, encode) in RARE_ENCODINGS {
        all.push((name.to_owned(), encode(secret)));
    }
    for (inner, encode) in ENCODINGS {
        for (outer, encode_again) in ENCODINGS {
            all.push((format!("{inner}, then {outer}"), encode_again(&encode(secret))));
        }
    }
    all
}

/// Length of the longest part of the secret in the text.
fn longest_remaining(text: &str, secret: &str) -> usize {
    let longest = |from: usize| {
        (from..=secret.len()).rev().find(|to| text.contains(&secret[from..*to])).unwrap_or(from) - from
    };
    (0..secret.len()).map(longest).max().unwrap_or(0)
}

/// The text with every escape decoded, in ASCII.
fn unescaped_ascii(text: &str) -> String {
    let mut text: String = text
        .chars()
        .map(|c| match u32::from(c) {
            code @ 0xff01..=0xff5e => char::from_u32(code - 0xfee0).unwrap(),
            _ => c,
        })
        .filter(|character| !mem0::redact::is_invisible(*character) || *character == '\u{1b}')
        .collect();
    loop {
        let before = text.clone();
        let escapes: [(&str, Escape); 10] = [
            ("\\u", |byte| format!("\\u{byte:04x}")),
            ("\\u", |byte| format!("\\u{byte:04X}")),
            ("\\u{", |byte| format!("\\u{{{byte:x}}}")),
            ("\\x", |byte| format!("\\x{byte:02x}")),
            ("%", |byte| format!("%{byte:02X}")),
            ("%", |byte| format!("%{byte:02x}")),
            ("&#", |byte| format!("&#{byte};")),
            ("&#x", |byte| format!("&#x{byte:X};")),
            ("\\0", |byte| format!("\\{byte:03o}")),
            ("\\U", |byte| format!("\\U{byte:08x}")),
        ];
        for (start, escape) in escapes {
            if text.contains(start) {
                for byte in 0x21..=0x7e_u8 {
                    text = text.replace(&escape(byte), &char::from(byte).to_string());
                }
            }
        }
        text = text.replace("\\u{1b}[32m", "").replace("\\u{1b}[0m", "").replace("\u{1b}[32m", "");
        text =
            text.replace("\\u{200b}", "").replace("\u{1b}[0m", "").replace("\\\\", "\\").replace("\\/", "/");
        if text == before {
            break;
        }
    }
    text
}

#[maybe_async]
#[flavour_test]
async fn a_secret_is_redacted_in_every_encoding_and_place() {
    let mut server = server().await;
    let client =
        MemoryClient::builder().api_key(UNUSUAL_KEY).base_url(server.url()).retry(RetryPolicy::none());
    let client = client.org_id("org_abc").project_id("proj_abc").build().unwrap();
    for (secret, parts) in [(UNUSUAL_KEY, 5), (EMAIL, 6)] {
        for (name, echo) in encoded(secret) {
            // An encoding other than JSON's is escaped as a JSON string.
            let json = serde_json::to_string(&echo).unwrap();
            let inside = json.trim_matches('"');
            for (status, body) in [
                (400, format!(r#"{{"message":"bad key {inside}!"}}"#)),
                (400, format!(r#"{{"errors":{{{json}:[{json}]}},"details":{{"key":{json}}}}}"#)),
                (400, echo.clone()),
                (200, format!(r#"{{"members":[{{"role":{{{json}:1}}}}]}}"#)),
                (200, format!(r#"{{"decay":{json}}}"#)),
            ] {
                let can_be_header = echo.bytes().all(|byte| byte.is_ascii_graphic());
                let header = if can_be_header { &echo } else { secret };
                let mock = server
                    .mock("GET", PROJECT)
                    .with_status(status)
                    .with_header("x-request-id", header)
                    .with_header("x-ratelimit-reset", header)
                    .with_body(&body);
                let mock = created(mock).await;
                let error = client.project().get().await.unwrap_err();
                checked(&mock).await;
                let shown = match &error {
                    Error::Api(error) => format!("{:?} {:?}", error.fields, error.rate_limit),
                    Error::Decode(error) => format!("{} {} {}", error.field, error.message, error.excerpt),
                    other => panic!("{other:?}"),
                };
                let shown = unescaped_ascii(&format!("{error} {error:?} {error:#?} {shown}"));
                let left = longest_remaining(&shown, secret);
                assert!(left < parts, "{name}: {left} characters of {echo:?} are shown: {shown}");
            }
        }
    }
}
