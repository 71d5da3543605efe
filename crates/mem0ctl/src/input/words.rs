//! Words of the command line, put so that clap takes a text that begins with `-` for a text.
//!
//! clap knows such texts per argument (`allow_hyphen_values`), and then neither tells `-ualice` from a text nor takes
//! `--` for the end of the options.

use std::ffi::{OsStr, OsString};

use clap::{Arg, Command};

/// What a word is in front of `--`.
enum Word {
    /// An option that has its value, or takes none, or is unknown: clap says so.
    Option,
    /// An option whose value is the next word, and how the two are joined.
    Before(&'static str),
    /// An argument, or the name of a command.
    Text,
}

/// The words with values of options joined to them, and with arguments that begin with `-` behind a `--`.
pub(crate) fn arranged(mut command: Command, words: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    command.build();
    let mut command = &command;
    let mut words = words.into_iter().peekable();
    let mut plain: Vec<OsString> = words.next().into_iter().collect();
    let mut options = plain.clone();
    let mut texts: Vec<OsString> = Vec::new();
    let mut is_mixed = false;
    while let Some(mut word) = words.next() {
        if word == "--" {
            plain.push(word);
            let rest: Vec<OsString> = words.collect();
            plain.extend(rest.iter().cloned());
            texts.extend(rest);
            break;
        }
        match word.to_str().map_or(Word::Text, |word| read(command, word)) {
            Word::Option => options.push(word.clone()),
            Word::Before(joint) => {
                if let Some(value) = words.next_if(|next| is_value(command, next)) {
                    word.push(joint);
                    word.push(value);
                    options.push(word.clone());
                } else {
                    options.push(word.clone());
                    if let Some(value) = words.next_if(|next| !begins_with_hyphen(next)) {
                        plain.push(word);
                        word = value;
                        options.push(word.clone());
                    }
                }
            }
            Word::Text => {
                let name = word.to_str().filter(|_| texts.is_empty());
                if let Some(below) = name.and_then(|name| command.find_subcommand(name)) {
                    command = below;
                    options.push(word.clone());
                } else {
                    is_mixed |= begins_with_hyphen(&word);
                    texts.push(word.clone());
                }
            }
        }
        plain.push(word);
    }
    if !is_mixed {
        return plain;
    }
    options.push("--".into());
    options.extend(texts);
    options
}

/// Whether a word that follows an option is its value and begins with `-`. An option of the command is none: the value
/// was left out.
fn is_value(command: &Command, word: &OsStr) -> bool {
    let Some(text) = word.to_str().filter(|_| begins_with_hyphen(word)) else { return false };
    let known = match text.strip_prefix("--") {
        Some(rest) => rest.split('=').next().and_then(|name| long(command, name)),
        None => match text.as_bytes() {
            [b'-', letter] => short(command, char::from(*letter)),
            _ => None,
        },
    };
    known.is_none()
}

fn begins_with_hyphen(word: &OsStr) -> bool {
    word.len() > 1 && word.as_encoded_bytes().starts_with(b"-")
}

fn read(command: &Command, word: &str) -> Word {
    if let Some(rest) = word.strip_prefix("--") {
        let name = rest.split('=').next().unwrap_or_default();
        let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '-');
        return match long(command, name) {
            Some(option) if takes_value(option) && rest == name => Word::Before("="),
            _ if is_name => Word::Option,
            _ => Word::Text,
        };
    }
    let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
        return Word::Text;
    };
    for (index, letter) in letters.char_indices() {
        match short(command, letter) {
            Some(option) if takes_value(option) => {
                let is_last = index + letter.len_utf8() == letters.len();
                return if is_last { Word::Before("") } else { Word::Option };
            }
            Some(_) => {}
            // A word such as `-tea` is more likely an option that does not exist; clap says how to give it as a text.
            None if letters.starts_with(|first: char| first.is_ascii_alphabetic())
                && !letters.contains(char::is_whitespace) =>
            {
                return Word::Option;
            }
            None => return Word::Text,
        }
    }
    Word::Option
}

fn takes_value(option: &Arg) -> bool {
    option.get_action().takes_values()
}

fn long<'a>(command: &'a Command, name: &str) -> Option<&'a Arg> {
    let is_called = |option: &&Arg| {
        option.get_long() == Some(name) || option.get_all_aliases().is_some_and(|all| all.contains(&name))
    };
    command.get_arguments().find(is_called)
}

fn short(command: &Command, letter: char) -> Option<&Arg> {
    command.get_arguments().find(|option| option.get_short() == Some(letter))
}
