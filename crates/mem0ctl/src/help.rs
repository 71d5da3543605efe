//! Layout of the help: examples before options, and one line for the global options.

use std::io::Write as _;

use clap::{Command, CommandFactory};

use crate::Arguments;
use crate::failure::Outcome;
use crate::output::{write_bytes, write_failure};

/// Layout of the help of the subcommands.
const TEMPLATE: &str = "\
{about-with-newline}
{usage-heading} {usage}{after-help}

{all-args}

Global options (`mem0ctl help options`): --profile --output --yes --dry-run …";

/// Layout of `mem0ctl --help`.
const ROOT_TEMPLATE: &str = "\
{about-with-newline}
{usage-heading} {usage}

Examples:
  mem0ctl profile add work
  mem0ctl memory add 'Likes tea' --user-id alice
  mem0ctl memory search 'what to drink' --user-id alice
  mem0ctl plan mem0.toml

{all-args}{after-help}

Global options (`mem0ctl help options`): --profile --output --yes --dry-run …";

/// Exit codes, listed by `mem0ctl --help` and the manual.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
   0 success             4 permission denied   8 cancelled or not confirmed
   1 other error         5 not found           9 partly done
   2 invalid usage       6 rate limited       10 plan: changes pending
   3 not authenticated   7 network error      11 invalid or unreadable file
  12 server error      130 interrupted";

/// Layout of `mem0ctl help options`.
const OPTIONS_TEMPLATE: &str = "\
{about-with-newline}
{usage-heading} mem0ctl <COMMAND> [OPTIONS]

{all-args}{after-help}";

const OPTIONS_HELP: &str = "\
Options take precedence over the environment, and the environment over the
profile. With --profile NAME, the environment is ignored.

Environment:
  HTTPS_PROXY, HTTP_PROXY, ALL_PROXY
          Proxy URL: http://user:password@host:port; the scheme is http, https,
          socks5 or socks5h
  NO_PROXY
          Hosts to connect to directly: domains and their subdomains, IP
          addresses, CIDR ranges or *, separated by commas; loopback addresses
          never use the proxy
  SSL_CERT_FILE, SSL_CERT_DIR
          Certificates to trust instead of the system store, on Linux; --ca-file
          and MEM0_CA_FILE add to them
  NO_COLOR
          Disable colors";

/// Command with every option visible, for completions and the manual.
pub(crate) fn full_command() -> Command {
    Arguments::command().after_help(format!("{EXIT_CODES}\n\n{OPTIONS_HELP}"))
}

/// Command for parsing and for `--help`: only `help options` lists the global options.
pub(crate) fn command() -> Command {
    let command = Arguments::command();
    let global: Vec<_> = command.get_arguments().filter(|arg| arg.is_global_set()).cloned().collect();
    let command = command.mut_args(|arg| if arg.is_global_set() { arg.hide(true) } else { arg });
    let command = with_template(command).help_template(ROOT_TEMPLATE);
    command.mut_subcommand("options", |options| {
        options
            .help_template(OPTIONS_TEMPLATE)
            .after_help(OPTIONS_HELP)
            .args(global.into_iter().map(|arg| arg.global(false)))
    })
}

/// Prints the global options, for `mem0ctl help options`.
pub(crate) fn print_global_options() -> Outcome {
    let mut command = command();
    command.build();
    let mut text = Vec::new();
    if let Some(options) = command.find_subcommand_mut("options") {
        let _ = write!(text, "{}", options.render_long_help());
    }
    write_bytes(&text).map_err(|error| write_failure(&error))
}

fn with_template(command: Command) -> Command {
    let names: Vec<String> =
        command.get_subcommands().map(|subcommand| subcommand.get_name().to_owned()).collect();
    names
        .into_iter()
        .fold(command.help_template(TEMPLATE), |command, name| command.mut_subcommand(name, with_template))
}
