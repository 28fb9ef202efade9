//! What is around the server: its units, its image, its alerts.

use std::path::{Path, PathBuf};

use crate::steps::{Failure, Outcome, Run};

/// The help of `cargo xtask packaging`.
pub(crate) const HELP: &str = "Checks the files in `packaging`: systemd's units with systemd-analyze (they are well-formed,\n\
    and leave the server few rights), the alerts with promtool (xtask/setup/prometheus.sh), the\n\
    Dockerfile by its lines, since no image is built here. What is not installed is skipped by name.\n\
    Says whether the target of static binaries can be had; with --static, builds the server for it\n\
    and looks whether it needs no library.";

const UNITS: &str = "packaging/systemd";
const DOCKERFILE: &str = "packaging/docker/Dockerfile";
const ALERTS: &str = "packaging/prometheus/alerts.yml";
const ALERT_TESTS: &str = "packaging/prometheus/alerts.test.yml";
const MUSL: &str = "x86_64-unknown-linux-musl";

/// The most that systemd may say of how exposed a unit is, in tenths.
const EXPOSURE: &str = "--threshold=20";

/// `packaging [--static]`.
pub(crate) fn run(run: &mut Run, operands: &[String]) -> Result<(), Failure> {
    let build = operands.iter().any(|operand| operand == "--static");
    run.step("packaging", "cargo xtask packaging", |run| {
        let mut skipped = Vec::new();
        let text = read(run, DOCKERFILE)?;
        let settings = read(run, "crates/tki-server/src/config/settings.rs")?;
        let faults = dockerfile(&text, &settings);
        if !faults.is_empty() {
            return Err(format!("{DOCKERFILE}: {}", faults.join("; ")));
        }
        println!(
            "{DOCKERFILE}: {} lines as they should be",
            text.lines().count()
        );
        skipped.extend(units(run)?);
        skipped.extend(alerts(run)?);
        skipped.extend(musl(run, build)?);
        Ok(if skipped.is_empty() {
            Outcome::Done
        } else {
            Outcome::Skipped(skipped.join("; "))
        })
    })
}

fn read(run: &Run, path: &str) -> Result<String, String> {
    std::fs::read_to_string(run.root().join(path)).map_err(|error| format!("{path}: {error}"))
}

/// Each unit by itself, beside the others, with a program that is there.
fn units(run: &mut Run) -> Result<Option<String>, String> {
    if !matches!(run.ask("systemd-analyze", &["--version"]), Some((true, _))) {
        return Ok(Some(
            "no systemd-analyze: the units are not checked".to_owned(),
        ));
    }
    let folder = run.target_folder().join("packaging");
    let failed = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    std::fs::create_dir_all(&folder).map_err(|error| failed(&folder, error))?;
    let source = run.root().join(UNITS);
    let entries = std::fs::read_dir(&source).map_err(|error| failed(&source, error))?;
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in entries.flatten() {
        let text = std::fs::read_to_string(entry.path());
        let text = text.map_err(|error| failed(&entry.path(), error))?;
        let path = folder.join(entry.file_name());
        let text = text.replace("/usr/local/bin/tki-server", "/bin/true");
        std::fs::write(&path, text).map_err(|error| failed(&path, error))?;
        paths.push(path);
    }
    paths.sort();
    for path in paths {
        let shown = path.to_string_lossy();
        println!("{shown}");
        check(run, "systemd-analyze", &["verify", "--man=no", &shown])?;
        if shown.ends_with(".service") {
            let words = ["security", "--offline=yes", "--no-pager", EXPOSURE, &shown];
            check(run, "systemd-analyze", &words)?;
        }
    }
    Ok(None)
}

fn alerts(run: &mut Run) -> Result<Option<String>, String> {
    if !matches!(run.ask("promtool", &["--version"]), Some((true, _))) {
        let reason = "no promtool: bash xtask/setup/prometheus.sh";
        return Ok(Some(reason.to_owned()));
    }
    check(run, "promtool", &["check", "rules", ALERTS])?;
    check(run, "promtool", &["test", "rules", ALERT_TESTS])?;
    println!("{ALERTS}: promtool finds nothing");
    Ok(None)
}

/// The target of static binaries, and with `build` a server that is one.
fn musl(run: &mut Run, build: bool) -> Result<Option<String>, String> {
    let added = run.ask("rustup", &["target", "add", MUSL]);
    if !matches!(added, Some((true, _))) {
        return Ok(Some(format!("{MUSL} cannot be had of rustup")));
    }
    println!("{MUSL}: rustup has it");
    if !matches!(run.ask("musl-gcc", &["--version"]), Some((true, _))) {
        return Ok(Some(
            "no musl-gcc for ring: apt-get install musl-tools".to_owned(),
        ));
    }
    if !build {
        println!("{MUSL}: not built without --static");
        return Ok(None);
    }
    run.cargo(
        &format!("build --release --locked --package tki-server --target {MUSL}"),
        &[],
    )?;
    let binary = run.target_folder().join(MUSL).join("release/tki-server");
    let bytes = std::fs::read(&binary).map_err(|error| format!("{}: {error}", binary.display()))?;
    if wants_libraries(&bytes) {
        return Err(format!("{} needs libraries", binary.display()));
    }
    println!("{}: {} bytes, static", binary.display(), bytes.len());
    Ok(None)
}

/// Whether a binary in ELF's form for 64 bits has a program header that names an interpreter, which
/// finds the libraries.
fn wants_libraries(elf: &[u8]) -> bool {
    const INTERPRETER: u32 = 3;
    let number = |at: usize, length: usize| {
        let bytes = elf.get(at..at.saturating_add(length)).unwrap_or_default();
        let bytes = bytes.iter().rev();
        bytes.fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
    };
    let at = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let (headers, size, count) = (at(number(32, 8)), at(number(54, 2)), at(number(56, 2)));
    let mut places = (0..count).map(|index| headers.saturating_add(index.saturating_mul(size)));
    count == 0 || places.any(|place| number(place, 4) == u64::from(INTERPRETER))
}

/// Runs a program that must find nothing, and says what it found.
fn check(run: &Run, program: &str, words: &[&str]) -> Result<(), String> {
    match run.ask(program, words) {
        Some((true, _)) => Ok(()),
        Some((false, said)) => Err(format!("{program} {}\n{said}", words.join(" "))),
        None => Err(format!("{program} does not start")),
    }
}

/// What is wrong with a Dockerfile, as far as its lines say.
fn dockerfile(text: &str, settings: &str) -> Vec<String> {
    let joined = text.replace("\\\n", " ");
    let lines: Vec<Line<'_>> = joined
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(' ').unwrap_or((line, "")))
        .collect();
    let rules = of_build(&lines)
        .into_iter()
        .chain(of_image(&lines, settings));
    let broken = rules.filter(|(holds, _)| !holds);
    broken.map(|(_, fault)| fault.to_owned()).collect()
}

/// An instruction and what follows it.
type Line<'a> = (&'a str, &'a str);

/// Whether a rule holds, and what is wrong if it does not.
type Rule = (bool, &'static str);

const KNOWN: [&str; 10] = [
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "RUN",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// What follows each instruction of this name.
fn all<'a>(lines: &[Line<'a>], name: &str) -> Vec<&'a str> {
    let of = lines.iter().filter(|(found, _)| *found == name);
    of.map(|(_, rest)| *rest).collect()
}

fn of_build(lines: &[Line<'_>]) -> Vec<Rule> {
    let images = all(lines, "FROM");
    let pinned = |image: &&str| {
        let name = image.split(' ').next().unwrap_or("");
        let tag = name.rsplit_once(':').map_or("", |(_, tag)| tag);
        name == "scratch" || (name.contains('/') && !["", "latest"].contains(&tag))
    };
    let locked = |run: &&str| run.contains("cargo build --locked --release");
    Vec::from([
        (
            lines.iter().all(|(name, _)| KNOWN.contains(name)),
            "an instruction that is not expected",
        ),
        (
            images.iter().all(pinned),
            "an image without its registry and version",
        ),
        (
            all(lines, "RUN").iter().any(locked),
            "the build does not keep to Cargo.lock",
        ),
    ])
}

fn of_image(lines: &[Line<'_>], settings: &str) -> Vec<Rule> {
    let not_root = |id: &str| id.parse::<u32>().is_ok_and(|id| id > 0);
    let user = match all(lines, "USER")[..] {
        [user] => user.split(':').all(not_root),
        _ => false,
    };
    let without_shell = matches!(all(lines, "ENTRYPOINT")[..], [start] if start.starts_with('['));
    let variables = all(lines, "ENV");
    let variables: Vec<Line<'_>> = variables
        .iter()
        .filter_map(|line| line.split_once('='))
        .collect();
    let known = |(name, _): &Line<'_>| settings.contains(&format!("\"{name}\""));
    let listened = |port: &&str| {
        let end = format!(":{port}");
        variables.iter().any(|(_, value)| value.ends_with(&end))
    };
    Vec::from([
        (
            all(lines, "FROM").last() == Some(&"scratch"),
            "the image has more in it than the server",
        ),
        (
            user,
            "the server is not one user that is not root, by number",
        ),
        (without_shell, "the server is not started without a shell"),
        (
            variables.iter().all(known),
            "a variable that is no setting of the server",
        ),
        (
            all(lines, "EXPOSE").iter().all(listened),
            "a port that nobody listens on",
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "# Of what.\nFROM docker.io/library/rust:1 AS build\nRUN cargo build --locked --release \\\n && true\n\
        FROM scratch\nCOPY --from=build /a /\nUSER 65532:65532\nENV A_LISTEN=0.0.0.0:1\nEXPOSE 1\nENTRYPOINT [\"/a\"]\n";
    const SETTINGS: &str = "env = \"A_LISTEN\"";

    #[test]
    fn a_good_dockerfile_has_no_faults() {
        assert_eq!(dockerfile(GOOD, SETTINGS), Vec::<String>::new());
    }

    #[test]
    fn each_fault_of_a_dockerfile_is_named() {
        for (from, to, fault) in [
            (
                "FROM scratch",
                "FROM docker.io/library/debian:12",
                "more in it",
            ),
            ("rust:1 AS", "rust:latest AS", "version"),
            ("docker.io/library/", "", "registry"),
            ("--locked ", "", "Cargo.lock"),
            ("65532:65532", "root", "not root"),
            ("65532:65532", "0:0", "not root"),
            ("[\"/a\"]", "/a", "shell"),
            ("A_LISTEN=", "A_LISTENS=", "no setting"),
            ("EXPOSE 1", "EXPOSE 2", "port"),
            ("COPY --from=build", "ADD", "not expected"),
        ] {
            let text = GOOD.replace(from, to);
            assert_ne!(text, GOOD);
            let faults = dockerfile(&text, SETTINGS);
            assert!(
                faults.iter().any(|found| found.contains(fault)),
                "{to}: {faults:?}"
            );
        }
    }

    #[test]
    fn a_binary_that_names_an_interpreter_wants_libraries() {
        let header = |kind: u8| {
            let mut elf = vec![0_u8; 64 + 56];
            (elf[32], elf[54], elf[56], elf[64]) = (64, 56, 1, kind);
            elf
        };
        assert!(wants_libraries(&header(3)));
        assert!(!wants_libraries(&header(1)));
        assert!(wants_libraries(b"no program"));
    }
}
