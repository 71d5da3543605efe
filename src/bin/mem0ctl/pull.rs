//! `mem0ctl pull`: the file that `plan` reads, from what is there.

use std::io::{self, IsTerminal};

use serde_json::json;

use crate::failure::Outcome;
use crate::options::Format;
use crate::plan_file;
use crate::session::Session;
use crate::visible::visible;

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  mem0ctl pull > mem0.toml
  mem0ctl pull --org org_123 --output json

What you do not see is not in it: projects you are no member of, and webhooks where you are a
READER. It has members' e-mail addresses and webhooks' URLs in it: keep it
where they may be read.")]
pub(crate) struct Pull {}

pub(crate) fn run(_: &Pull, session: &Session) -> Outcome {
    let state = session.organization()?.current_state()?;
    if plan_file::is_partial(&state) {
        session.output.message(
            "You are a READER of this organization: projects that you are no member of are not in the file. Do not \
             apply it with --prune, which would delete them.",
        );
    }
    match session.output.format() {
        Format::Table => {
            let file = plan_file::written(&state)?;
            // Whoever writes it into a file wants it as it is.
            let shown = if io::stdout().is_terminal() {
                file.lines().map(visible).collect::<Vec<_>>().join("\n")
            } else {
                file
            };
            session.output.line(shown.trim_end())
        }
        Format::Json => session.output.document(&json!(state.to_wanted()?)),
        Format::Jsonl => session.output.json_line(&json!(state.to_wanted()?)),
    }
}
