//! The rule that no decoder is left out by the fuzz targets.

use super::Fault;
use crate::text::{after, before, code, leading_word, line, without_tests, words};
use crate::tree::{File, Tree};

/// Decoders that a target names otherwise: file, function, what the target calls.
const OTHERWISE: &[(&str, &str, &str)] = &[
    (
        "crates/tki-math/src/curve.rs",
        "decode_point",
        "C::decode_point",
    ),
    (
        "crates/tki-math/src/verifying.rs",
        "from_bytes",
        "VerifyingKey::from_bytes",
    ),
    (
        "crates/tki-seal/src/curve/ed25519.rs",
        "decode_point",
        "C::decode_point",
    ),
    (
        "crates/tki-seal/src/curve/p256.rs",
        "decode_point",
        "C::decode_point",
    ),
];

/// What decodes behind a name that tells nothing: a target names it all the same.
const ALSO: &[&str] = &[
    "Answer::read",
    "KeyringFile::new",
    "LocalAnchor::open",
    "LocalBlindEvaluator::open",
    "PassphraseFile::new",
    "PlainFile::new",
    "Secp256k1::uncompressed",
];

/// Crates without a decoder of their own: nobody's input reaches them but through the others or from
/// their owner's settings, or a target cannot link them.
const OUTSIDE: &[&str] = &[
    "crates/tki-cli",
    "crates/tki-server",
    "crates/tki-storage-postgres",
    "crates/tki-testkit",
];

/// Every public decoder is named by the fuzz targets, so that a new one cannot be forgotten.
pub(super) fn decoders(tree: &Tree) -> Vec<Fault> {
    let mut targets = String::new();
    for file in tree
        .files
        .iter()
        .filter(|file| file.path.starts_with("fuzz/src/"))
    {
        targets.push_str(&bare(&code(&file.text)));
    }
    let mut faults = Vec::new();
    for file in tree.files.iter().filter(|file| is_searched(file)) {
        let code = code(&file.text);
        for (at, name) in found(without_tests(&code)) {
            let Some(named) = name_of(file, &code, at, name) else {
                continue;
            };
            let otherwise = OTHERWISE
                .iter()
                .find(|(path, function, _)| *path == file.path && *function == name);
            let asked = otherwise.map_or(named.as_str(), |(_, _, by)| by);
            if !is_named(&targets, asked) {
                let message = format!("no fuzz target names `{asked}`");
                faults.push(Fault::new(&file.path, line(&code, at), message));
            }
        }
    }
    // Where there are no targets at all, the decoders say so.
    if !targets.is_empty() {
        for name in ALSO.iter().filter(|name| !is_named(&targets, name)) {
            faults.push(Fault::new(
                "fuzz/src",
                1,
                format!("no fuzz target names `{name}`"),
            ));
        }
    }
    faults
}

fn is_searched(file: &File) -> bool {
    let package = file.package().unwrap_or("");
    file.is_source() && package.starts_with("crates/") && !OUTSIDE.contains(&package)
}

/// The functions of a text that read bytes or text, and may refuse: where, and their names.
fn found(code: &str) -> Vec<(usize, &str)> {
    let functions = words(code, "fn").map(|at| (at, leading_word(after(code, at, 2))));
    functions
        .filter(|(at, name)| {
            let signature = after(code, *at, 2);
            // The semicolon of an array is not at the end of its line.
            let signature = signature.split('{').next().unwrap_or("");
            let signature = signature.split(";\n").next().unwrap_or("");
            let (takes, gives) = signature.split_once("->").unwrap_or((signature, ""));
            let reads = ["u8", "u16", "u32", "u64", "u128", "str"];
            decodes(name)
                && reads.iter().any(|word| words(takes, word).next().is_some())
                && (gives.contains("Result<") || gives.contains("Option<"))
        })
        .collect()
}

fn decodes(name: &str) -> bool {
    let whole = ["encoded_address", "open", "try_from"].contains(&name);
    whole
        || ["decode", "from_", "parse"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

/// `Type::function`, or `module::function` outside of an `impl`; `None` for what only its own crate
/// can call, which is reached through something else.
fn name_of(file: &File, code: &str, at: usize, function: &str) -> Option<String> {
    let line = before(code, at).rsplit('\n').next().unwrap_or("");
    let mut public = line.contains("pub ");
    let mut of = None;
    for (start, line) in starts(before(code, at)) {
        if line.starts_with("impl") || line.starts_with("pub trait") {
            of = Some(start);
        } else if line.starts_with('}') {
            of = None;
        }
    }
    let owner = match of {
        Some(start) => {
            let head = after(code, start, 0).split('{').next().unwrap_or("");
            // A trait's functions are as public as the trait.
            public |= head.contains(" for ") || head.contains("trait ");
            owner(head)
        }
        None => file.path.rsplit(['/', '.']).nth(1).unwrap_or("").to_owned(),
    };
    public.then(|| format!("{owner}::{function}"))
}

/// Lines, and where they begin.
fn starts(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0_usize;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at = at.saturating_add(line.len());
        (start, line)
    })
}

/// The type that an `impl` is of, without its path and parameters.
fn owner(head: &str) -> String {
    let head = head.strip_prefix("pub trait").unwrap_or(head);
    let mut depth = 0_usize;
    let mut plain = String::new();
    for character in head.trim_start_matches("impl").chars() {
        match character {
            '<' => depth = depth.saturating_add(1),
            '>' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(character),
            _ => {}
        }
    }
    let named = plain.rsplit(" for ").next().unwrap_or("");
    // What follows a space is a bound.
    let path = named.split_whitespace().next().unwrap_or("");
    path.rsplit("::")
        .next()
        .unwrap_or("")
        .trim_end_matches(':')
        .to_owned()
}

/// Code without white space and type parameters of paths: `Key::<C>::f` becomes `Key::f`, and
/// `parse::<Key>` stays.
fn bare(code: &str) -> String {
    let dense: String = code.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut bare = String::with_capacity(dense.len());
    let mut rest = dense.as_str();
    while let Some((before, behind)) = rest.split_once("::<") {
        bare.push_str(before);
        match behind.split_once(">::") {
            Some((parameters, after)) if !parameters.contains(['(', ')', ';', '>']) => {
                bare.push_str("::");
                rest = after;
            }
            _ => {
                bare.push_str("::<");
                rest = behind;
            }
        }
    }
    bare.push_str(rest);
    bare
}

fn is_named(targets: &str, name: &str) -> bool {
    let (owner, function) = name.rsplit_once("::").unwrap_or(("", name));
    let by_trait = function == "from_str" && targets.contains(&format!("parse::<{owner}>"));
    by_trait || words(targets, name).next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let file = File {
            path: "crates/a/src/words.rs".to_owned(),
            text: String::new(),
        };
        let names: Vec<String> = found(text)
            .into_iter()
            .filter_map(|(at, name)| name_of(&file, text, at, name))
            .collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn a_decoder_reads_bytes_or_text_and_may_refuse() {
        check(
            "pub fn decode(a: &[u8]) -> Result<A, E> {",
            &["words::decode"],
        );
        check(
            "pub fn from_str(a: &str) -> Option<A> {",
            &["words::from_str"],
        );
        check(
            "pub fn from_a(a: [u8; 2]) -> Option<A> {",
            &["words::from_a"],
        );
        check(
            "pub fn from_a(a: B) -> A;\npub fn b(c: u8) -> Option<A>;\n",
            &[],
        );
        check("pub fn from_bytes(a: [u8; 32]) -> Self {", &[]);
        check("pub fn open(path: &Path) -> Result<A, E> {", &[]);
        check("fn decode(a: &[u8]) -> Option<A> {", &[]);
        check("pub(crate) fn decode(a: &[u8]) -> Option<A> {", &[]);
        check("pub fn undecode(a: &[u8]) -> Result<A, E> {", &[]);
    }

    #[test]
    fn a_method_is_named_by_its_type() {
        let body = "    pub fn try_from(a: u16) -> Result<A, E> {\n    }\n}\n";
        check(&format!("impl Key {{\n{body}"), &["Key::try_from"]);
        check(
            &format!("impl<C: Curve> Key<C> {{\n{body}"),
            &["Key::try_from"],
        );
        check(
            &format!("impl TryFrom<u16> for a::Key {{\n{body}"),
            &["Key::try_from"],
        );
        check(&format!("impl Key {{\n}}\n{body}"), &["words::try_from"]);
    }

    #[test]
    fn a_target_names_a_method_with_and_without_parameters() {
        let bare = bare("let a = Key::<C>::from_bytes(b); b.parse::<Key>()");
        assert!(is_named(&bare, "Key::from_bytes"));
        assert!(is_named(&bare, "Key::from_str"));
        assert!(!is_named(&bare, "Key::from_slice"));
        assert!(!is_named(&bare, "MonKey::from_bytes"));
    }
}
