//! `mem0ctl completions`: shell completion scripts.

use clap_complete::{Shell, generate};

use crate::failure::Outcome;
use crate::output::write_failure;

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  source <(mem0ctl completions bash)            # in ~/.bashrc
  mem0ctl completions zsh > ~/.zfunc/_mem0ctl   # in a directory of $fpath
  mem0ctl completions fish > ~/.config/fish/completions/mem0ctl.fish")]
pub(crate) struct Completions {
    /// Shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(command: &Completions, mut tree: clap::Command) -> Outcome {
    // The generator panics on a broken pipe, so it writes to memory.
    let mut script = Vec::new();
    let name = tree.get_name().to_owned();
    generate(command.shell, &mut tree, name, &mut script);
    crate::output::write_bytes(&script).map_err(|error| write_failure(&error))
}
