//! Reorders the command line so that clap accepts values and texts that begin with `-`.
//!
//! `allow_hyphen_values` of clap applies to one argument, which then accepts `-ualice` and `--` as text too.

use std::ffi::{OsStr, OsString};

use clap::{Arg, Command};

/// Kind of an argument before `--`.
enum Token {
    /// Option that is complete or unknown; clap reports unknown ones.
    Option,
    /// Option whose value is the next argument, and the separator to join them.
    Before(&'static str),
    /// Positional argument or subcommand.
    Text,
}

/// Joins options with their values, and moves positional arguments that begin with `-` behind a `--`.
pub(crate) fn normalize(
    mut command: Command,
    arguments: impl IntoIterator<Item = OsString>,
) -> Vec<OsString> {
    command.build();
    let mut command = &command;
    let mut arguments = arguments.into_iter().peekable();
    let mut plain: Vec<OsString> = arguments.next().into_iter().collect();
    let mut options = plain.clone();
    let mut texts: Vec<OsString> = Vec::new();
    let mut has_hyphen_text = false;
    while let Some(mut argument) = arguments.next() {
        if argument == "--" {
            plain.push(argument);
            let rest: Vec<OsString> = arguments.collect();
            plain.extend(rest.iter().cloned());
            texts.extend(rest);
            break;
        }
        match argument.to_str().map_or(Token::Text, |argument| classify(command, argument)) {
            Token::Option => options.push(argument.clone()),
            Token::Before(separator) => {
                if let Some(value) = arguments.next_if(|next| is_value(command, next)) {
                    argument.push(separator);
                    argument.push(value);
                    options.push(argument.clone());
                } else {
                    options.push(argument.clone());
                    if let Some(value) = arguments.next_if(|next| !begins_with_hyphen(next)) {
                        plain.push(argument);
                        argument = value;
                        options.push(argument.clone());
                    }
                }
            }
            Token::Text => {
                let name = argument.to_str().filter(|_| texts.is_empty());
                if let Some(subcommand) = name.and_then(|name| command.find_subcommand(name)) {
                    command = subcommand;
                    options.push(argument.clone());
                } else {
                    has_hyphen_text |= begins_with_hyphen(&argument);
                    texts.push(argument.clone());
                }
            }
        }
        plain.push(argument);
    }
    if !has_hyphen_text {
        return plain;
    }
    options.push("--".into());
    options.extend(texts);
    options
}

/// Whether an argument after an option begins with `-` and is its value, not another option.
fn is_value(command: &Command, argument: &OsStr) -> bool {
    let Some(text) = argument.to_str().filter(|_| begins_with_hyphen(argument)) else { return false };
    let known = match text.strip_prefix("--") {
        Some(rest) => rest.split('=').next().and_then(|name| long(command, name)),
        None => match text.as_bytes() {
            [b'-', letter] => short(command, char::from(*letter)),
            _ => None,
        },
    };
    known.is_none()
}

fn begins_with_hyphen(argument: &OsStr) -> bool {
    argument.len() > 1 && argument.as_encoded_bytes().starts_with(b"-")
}

fn classify(command: &Command, argument: &str) -> Token {
    if let Some(rest) = argument.strip_prefix("--") {
        let name = rest.split('=').next().unwrap_or_default();
        let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '-');
        return match long(command, name) {
            Some(option) if takes_value(option) && rest == name => Token::Before("="),
            _ if is_name => Token::Option,
            _ => Token::Text,
        };
    }
    let Some(letters) = argument.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
        return Token::Text;
    };
    for (index, letter) in letters.char_indices() {
        match short(command, letter) {
            Some(option) if takes_value(option) => {
                let is_last = index + letter.len_utf8() == letters.len();
                return if is_last { Token::Before("") } else { Token::Option };
            }
            Some(_) => {}
            // `-tea` is more likely an unknown option; clap suggests `--` for a text.
            None if letters.starts_with(|first: char| first.is_ascii_alphabetic())
                && !letters.contains(char::is_whitespace) =>
            {
                return Token::Option;
            }
            None => return Token::Text,
        }
    }
    Token::Option
}

fn takes_value(option: &Arg) -> bool {
    option.get_action().takes_values()
}

fn long<'a>(command: &'a Command, name: &str) -> Option<&'a Arg> {
    let has_name = |option: &&Arg| {
        option.get_long() == Some(name) || option.get_all_aliases().is_some_and(|all| all.contains(&name))
    };
    command.get_arguments().find(has_name)
}

fn short(command: &Command, letter: char) -> Option<&Arg> {
    command.get_arguments().find(|option| option.get_short() == Some(letter))
}
