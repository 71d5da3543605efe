//! `mem0ctl completions`: what a shell needs to complete the command.

use clap_complete::{Shell, generate};

use crate::failure::Outcome;
use crate::output::unwritable;

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  source <(mem0ctl completions bash)                        # in ~/.bashrc
  mem0ctl completions zsh > ~/.zfunc/_mem0ctl               # in a folder of $fpath
  mem0ctl completions fish > ~/.config/fish/completions/mem0ctl.fish")]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(command: &Completions, mut tree: clap::Command) -> Outcome {
    // The generator panics on a broken pipe: it gets memory to write into.
    let mut script = Vec::new();
    let name = tree.get_name().to_owned();
    generate(command.shell, &mut tree, name, &mut script);
    crate::output::bytes(&script).map_err(|error| unwritable(&error))
}
