//! `tki completions` and `tki man`: made from the declaration of the command line, so that they never
//! say anything else than `--help`.

use std::path::Path;

use clap::CommandFactory as _;
use serde::Serialize;

use crate::args::{Cli, Global, Man, Shell};
use crate::error::{Failure, Kind};
use crate::output::{Output, SCHEMA};

#[derive(Serialize)]
struct Written {
    schema: u32,
    files: Vec<String>,
}

#[derive(Serialize)]
struct Text<'t> {
    schema: u32,
    text: &'t str,
}

/// `tki completions`
pub(crate) fn completions(global: &Global, shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    let mut command = Cli::command();
    clap_complete::generate(shell, &mut command, "tki", &mut script);
    print(global, script)
}

/// `tki man`
pub(crate) fn man(global: &Global, arguments: &Man) -> Result<(), Failure> {
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    if let Some(folder) = &arguments.output {
        return write_all(global, &root, folder);
    }
    let mut command = &root;
    let mut name = "tki".to_owned();
    for word in &arguments.command {
        command = command.find_subcommand(word).ok_or_else(|| {
            Failure::usage(format!("{name} has no command {word}")).next("see tki --help")
        })?;
        name = format!("{name}-{word}");
    }
    print(global, page(command, &name)?)
}

fn page(command: &clap::Command, name: &str) -> Result<Vec<u8>, Failure> {
    let mut page = Vec::new();
    // A page's name is one word, as in git-commit(1); what is typed stands in the synopsis.
    let command = command.clone().display_name(name.to_owned());
    clap_mangen::Man::new(command)
        .title(name.to_owned())
        .render(&mut page)
        .map_err(|error| Failure::io("could not write the page", &error))?;
    Ok(page)
}

/// One page for each command, in a folder that is made if it is not there.
fn write_all(global: &Global, root: &clap::Command, folder: &Path) -> Result<(), Failure> {
    tki_file::create_folder(folder)
        .map_err(|error| Failure::file("could not make the folder", &error))?;
    let mut files = Vec::new();
    let mut left = vec![("tki".to_owned(), root)];
    while let Some((name, command)) = left.pop() {
        let path = folder.join(format!("{name}.1"));
        // The same bytes at every run, so that replacing a page loses nothing.
        tki_file::write(&path, &page(command, &name)?)
            .map_err(|error| Failure::file("could not write the page", &error))?;
        files.push(path.display().to_string());
        let commands = command.get_subcommands();
        left.extend(commands.map(|sub| (format!("{name}-{}", sub.get_name()), sub)));
    }
    files.sort();
    let text = files
        .iter()
        .map(|file| format!("{file}\n"))
        .collect::<String>();
    let written = Written {
        schema: SCHEMA,
        files,
    };
    Output::new(global).exact_result(&written, &text)
}

fn print(global: &Global, text: Vec<u8>) -> Result<(), Failure> {
    let text =
        String::from_utf8(text).map_err(|error| Failure::new(Kind::Internal, error.to_string()))?;
    let object = Text {
        schema: SCHEMA,
        text: &text,
    };
    Output::new(global).exact_result(&object, &text)
}
