//! `mem0ctl man`: the manual, a page a command.

use std::fs;
use std::path::PathBuf;

use crate::failure::{Failure, Outcome};
use crate::options::Options;
use crate::output::new_file;
use crate::output::{Output, unwritable};

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  mem0ctl man | man -l -
  mem0ctl man --to ~/.local/share/man/man1")]
pub(crate) struct Man {
    /// Write a page for each command into this folder, which is made if need be
    #[arg(long, value_name = "FOLDER")]
    to: Option<PathBuf>,
}

pub(crate) fn run(command: &Man, mut tree: clap::Command, options: &Options) -> Outcome {
    tree.build();
    let Some(folder) = &command.to else {
        let (_, page) = page(&tree)?;
        return crate::output::bytes(&page).map_err(|error| unwritable(&error));
    };
    let mut pages = Vec::new();
    collect(&tree, &mut pages)?;
    let output = Output::new(options);
    if options.dry_run {
        return output.untouched(&format!("Nothing was written of {} pages.", pages.len()));
    }
    let unwritten =
        |error: std::io::Error| Failure::file(format!("{} can't be written: {error}.", folder.display()));
    fs::create_dir_all(folder).map_err(unwritten)?;
    for (name, page) in &pages {
        new_file::replace(&folder.join(name), page, 0o644, None).map_err(unwritten)?;
    }
    let sentence = format!("Wrote {} pages into {}.", pages.len(), folder.display());
    output
        .done(&serde_json::json!({ "pages": pages.len(), "folder": folder, "message": sentence }), &sentence)
}

/// The pages of a command and of all below it.
fn collect(command: &clap::Command, pages: &mut Vec<(String, Vec<u8>)>) -> Outcome {
    pages.push(page(command)?);
    // `help` tells nothing that the pages do not.
    let below = command.get_subcommands().filter(|below| below.get_name() != "help" && !below.is_hide_set());
    for command in below {
        collect(command, pages)?;
    }
    Ok(())
}

/// A page: the name of its file, and what is in it.
fn page(command: &clap::Command) -> Outcome<(String, Vec<u8>)> {
    let manual = clap_mangen::Man::new(command.clone());
    let mut page = Vec::new();
    manual.render(&mut page).map_err(|error| unwritable(&error))?;
    Ok((manual.get_filename(), page))
}
