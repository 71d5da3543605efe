//! Global options.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};

// No `Debug`: the API key is among them.
#[derive(Args, Clone)]
#[command(next_help_heading = "Global options")]
#[allow(clippy::doc_markdown)] // clap shows the text as it is.
#[allow(clippy::struct_excessive_bools)] // Each is a flag.
pub(crate) struct Options {
    /// Profile to use; with this option, the environment is ignored [env:
    /// MEM0_PROFILE]
    #[arg(long, global = true, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) profile: Option<String>,

    /// Base URL of the platform [env: MEM0_BASE_URL]
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) base_url: Option<String>,

    /// PEM file of additional CA certificates [env: MEM0_CA_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,

    /// API key; the process list shows it, but not the variable [env: MEM0_API_KEY]
    #[arg(long, global = true, value_name = "KEY")]
    pub(crate) api_key: Option<String>,

    /// Organization ID (default: the key's organization) [env: MEM0_ORG_ID]
    #[arg(long, global = true, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) org: Option<String>,

    /// Project ID (default: the key's project) [env: MEM0_PROJECT_ID]
    #[arg(long, global = true, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) project: Option<String>,

    /// Output format: a table, one JSON document, or one JSON document per line
    #[arg(long, short, global = true, value_name = "FORMAT", value_enum, default_value_t = Format::Table)]
    pub(crate) output: Format,

    /// Skip confirmation prompts
    #[arg(long, short, global = true)]
    pub(crate) yes: bool,

    /// Print the requests that would change something instead of sending them
    #[arg(long, global = true)]
    pub(crate) dry_run: bool,

    /// Time limit of a call, retries included
    #[arg(long, global = true, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,

    /// Maximum response body size, such as 64MiB [default: 16MiB]
    #[arg(long, global = true, value_name = "BYTES", value_parser = bytes)]
    pub(crate) body_limit: Option<usize>,

    /// Print only results and errors
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

/// Output format.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Table,
    Json,
    Jsonl,
}

/// Parses a number of seconds, such as 0.5.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().map_err(|_| "expected a number of seconds, such as 0.5".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

/// Parses a number of bytes, such as 500000, 64MiB or 1GiB.
pub(crate) fn bytes(text: &str) -> Result<usize, String> {
    let digits = text.trim_end_matches(|character: char| !character.is_ascii_digit());
    let factor = match text[digits.len()..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        _ => return Err("expected a number of bytes, such as 500000 or 64MiB".to_owned()),
    };
    let number: usize =
        digits.parse().map_err(|_| "expected a number of bytes, such as 500000 or 64MiB".to_owned())?;
    match number.checked_mul(factor) {
        Some(0) => Err("expected at least one byte".to_owned()),
        Some(bytes) => Ok(bytes),
        None => Err("the number is too large".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_bytes_with_and_without_a_unit() {
        for (text, read) in [
            ("7", Some(7)),
            ("1k", Some(1024)),
            ("64MiB", Some(64 << 20)),
            ("1 GiB", Some(1 << 30)),
            ("0", None),
            ("", None),
            ("MiB", None),
            ("-1", None),
            ("1.5M", None),
            ("1TB", None),
            ("99999999999G", None),
            ("18446744073709551616", None),
        ] {
            assert_eq!(bytes(text).ok(), read, "{text}");
        }
    }
}
