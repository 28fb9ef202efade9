//! Files of the project that a command makes: compared with what it makes today, or written.

use std::path::Path;

use crate::steps::Outcome;

/// Whether `--write` is among the operands, the only one there may be.
pub(crate) fn writes(operands: &[String]) -> Result<bool, String> {
    match operands {
        [] => Ok(false),
        [flag] if flag == "--write" => Ok(true),
        _ => Err("the only operand is --write".to_owned()),
    }
}

/// Compares a file with what it is to be, or writes it; `command` is what writes it.
pub(crate) fn keep(
    root: &Path,
    path: &str,
    text: &str,
    write: bool,
    command: &str,
) -> Result<Outcome, String> {
    let place = root.join(path);
    let old = std::fs::read_to_string(&place).unwrap_or_default();
    if old == text {
        println!("{path} is up to date");
        return Ok(Outcome::Done);
    }
    if write {
        std::fs::write(&place, text).map_err(|error| format!("{path}: {error}"))?;
        println!("{path} was written");
        return Ok(Outcome::Done);
    }
    let differing = old.lines().zip(text.lines());
    let differing = differing.take_while(|(old, new)| old == new).count();
    Err(format!(
        "{path} is out of date from line {} on: {command}",
        differing.saturating_add(1)
    ))
}

/// Text as it stands in XML.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Whether every tag of a text is closed in its turn and every ampersand begins an entity: what a
/// picture needs so that a browser shows it.
#[cfg(test)]
pub(crate) fn is_well_formed(text: &str) -> bool {
    let mut open: Vec<&str> = Vec::new();
    let entities = ["amp;", "lt;", "gt;", "quot;"];
    let begins = text.split('&').skip(1);
    let entity = |rest: &str| entities.iter().any(|name| rest.starts_with(name));
    if !begins.clone().all(entity) {
        return false;
    }
    for part in text.split('<').skip(1) {
        let Some((tag, _)) = part.split_once('>') else {
            return false;
        };
        if tag.matches('"').count() % 2 == 1 {
            return false;
        }
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name) {
                return false;
            }
        } else if !tag.ends_with('/') {
            open.push(tag.split_whitespace().next().unwrap_or(""));
        }
    }
    open.is_empty()
}
