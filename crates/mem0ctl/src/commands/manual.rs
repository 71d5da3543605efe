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
    /// Directory to write one page per command to; created if missing
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

pub(crate) fn run(command: &Man, mut tree: clap::Command, options: &Options) -> Outcome {
    tree.build();
    let Some(folder) = &command.to else {
        let (_, page) = page(&tree)?;
        return crate::output::write_bytes(&page).map_err(|error| write_failure(&error));
    };
    let mut pages = Vec::new();
    collect(&tree, &mut pages)?;
    let output = Output::new(options);
    if options.dry_run {
        return output.dry_run_note(&format!("Dry run: {} pages were not written.", pages.len()));
    }
    let unwritten =
        |error: std::io::Error| Failure::file(format!("cannot write to {}: {error}", folder.display()));
    fs::create_dir_all(folder).map_err(unwritten)?;
    for (name, page) in &pages {
        atomic_file::replace(&folder.join(name), page, 0o644, None).map_err(unwritten)?;
    }
    let message = format!("Wrote {} pages to {}.", pages.len(), folder.display());
    output
        .success(&serde_json::json!({ "pages": pages.len(), "folder": folder, "message": message }), &message)
}

/// Collects the pages of a command and its subcommands.
fn collect(command: &clap::Command, pages: &mut Vec<(String, Vec<u8>)>) -> Outcome {
    pages.push(page(command)?);
    // The pages contain the content of `help`.
    let below = command.get_subcommands().filter(|below| below.get_name() != "help" && !below.is_hide_set());
    for command in below {
        collect(command, pages)?;
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
