//! `mem0ctl man`: manual pages.

use std::fs;
use std::path::PathBuf;

use crate::failure::{Failure, Outcome};
use crate::options::Options;
use crate::output::atomic_file;
use crate::output::{Output, write_failure};

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  mem0ctl man | man -l -
  mem0ctl man --to ~/.local/share/man/man1")]
pub(crate) struct Man {
    /// Directory for the pages, one per command; created if missing
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

pub(crate) fn run(command: &Man, mut tree: clap::Command, options: &Options) -> Outcome {
    tree.build();
    let Some(directory) = &command.to else {
        let (_, page) = page(&tree)?;
        return crate::output::write_bytes(&page).map_err(|error| write_failure(&error));
    };
    let mut pages = Vec::new();
    collect(&tree, &mut pages)?;
    let output = Output::new(options);
    if options.dry_run {
        return output.dry_run_note(&format!("Dry run: {} pages would be written.", pages.len()));
    }
    let write_failure =
        |error: std::io::Error| Failure::file(format!("cannot write to {}: {error}", directory.display()));
    fs::create_dir_all(directory).map_err(write_failure)?;
    for (name, page) in &pages {
        atomic_file::replace(&directory.join(name), page, 0o644, None).map_err(write_failure)?;
    }
    let message = format!("Wrote {} pages to {}.", pages.len(), directory.display());
    output.success(
        &serde_json::json!({ "pages": pages.len(), "folder": directory, "message": message }),
        &message,
    )
}

/// Collects the pages of a command and its subcommands.
fn collect(command: &clap::Command, pages: &mut Vec<(String, Vec<u8>)>) -> Outcome {
    pages.push(page(command)?);
    // `help` has no page: each page has the help of its command.
    let is_listed = |command: &&clap::Command| command.get_name() != "help" && !command.is_hide_set();
    for subcommand in command.get_subcommands().filter(is_listed) {
        collect(subcommand, pages)?;
    }
    Ok(())
}

/// File name and content of a page.
fn page(command: &clap::Command) -> Outcome<(String, Vec<u8>)> {
    let manual = clap_mangen::Man::new(command.clone());
    let mut page = Vec::new();
    manual.render(&mut page).map_err(|error| write_failure(&error))?;
    Ok((manual.get_filename(), page))
}
