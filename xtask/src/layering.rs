//! Which crate may use which: the arrows of the project, in one table.
//!
//! The table is ARCHITECTURE.md's; the reasons of its less obvious arrows are in
//! `docs/decisions`: `tki-file`, and the arrow from `tki-provider` to `tki-record`. A crate that the
//! table does not know fails, so that a new crate begins with a row here.

use alloc::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::steps::{Failure, Outcome, Run};

/// What one crate of ours may have among its normal and build dependencies.
struct Room {
    name: &'static str,
    /// On which floor it is; `None` beside the house.
    floor: Option<u8>,
    /// Of ours, always.
    may_use: &'static [&'static str],
    /// Of ours, as an optional dependency of a feature that only tests turn on.
    for_conformance: &'static [&'static str],
}

/// A row without anything for conformance.
const fn room(floor: u8, name: &'static str, may_use: &'static [&'static str]) -> Room {
    Room {
        name,
        floor: Some(floor),
        may_use,
        for_conformance: &[],
    }
}

/// A row beside the house.
const fn beside(name: &'static str, may_use: &'static [&'static str]) -> Room {
    Room {
        name,
        floor: None,
        may_use,
        for_conformance: &[],
    }
}

/// The house, from the ground up. A crate uses only crates that stand above it in this list.
const ROOMS: &[Room] = &[
    // Floor 0.
    room(0, "tki-math", &[]),
    room(0, "tki-file", &[]),
    // Floor 1.
    room(1, "tki-seal", &["tki-math"]),
    // Floor 2.
    room(2, "tki-record", &["tki-seal"]),
    room(2, "tki-formats", &["tki-math", "tki-seal"]),
    // Floor 3.
    room(3, "tki-metadata", &["tki-math", "tki-seal", "tki-record"]),
    Room {
        floor: Some(3),
        name: "tki-storage",
        may_use: &["tki-record"],
        // The suite makes records, and for that it needs keys.
        for_conformance: &["tki-seal"],
    },
    room(3, "tki-storage-redb", &["tki-storage", "tki-record"]),
    room(3, "tki-storage-postgres", &["tki-storage", "tki-record"]),
    room(3, "tki-storage-http", &["tki-storage", "tki-record"]),
    room(3, "tki-provider", &["tki-seal", "tki-record", "tki-file"]),
    room(3, "tki-device", &["tki-seal", "tki-file"]),
    // Floor 4.
    room(
        4,
        "tki-provider-passkey",
        &["tki-seal", "tki-file", "tki-metadata"],
    ),
    room(
        4,
        "tki-engine",
        &[
            "tki-math",
            "tki-seal",
            "tki-metadata",
            "tki-record",
            "tki-storage",
            "tki-provider",
            "tki-device",
            "tki-formats",
        ],
    ),
    // Floor 5: everything below.
    room(
        5,
        "tki",
        &[
            "tki-math",
            "tki-seal",
            "tki-record",
            "tki-formats",
            "tki-metadata",
            "tki-storage",
            "tki-storage-redb",
            "tki-storage-postgres",
            "tki-storage-http",
            "tki-provider",
            "tki-provider-passkey",
            "tki-device",
            "tki-engine",
        ],
    ),
    // Floor 6.
    room(6, "tki-cli", &["tki", "tki-file"]),
    // It moves records, and is no part of what uses an account.
    room(
        6,
        "tki-server",
        &[
            "tki-record",
            "tki-storage",
            "tki-storage-redb",
            "tki-storage-postgres",
            "tki-storage-http",
            "tki-file",
        ],
    ),
    // Beside the house: no row above names it, so it is a dev-dependency or nothing.
    beside(
        "tki-testkit",
        &[
            "tki-math",
            "tki-seal",
            "tki-record",
            "tki-metadata",
            "tki-storage",
            "tki-provider",
        ],
    ),
    beside(
        "tki-load",
        &[
            "tki-seal",
            "tki-record",
            "tki-storage",
            "tki-storage-redb",
            "tki-storage-http",
            "tki-server",
        ],
    ),
    beside("xtask", &[]),
];

/// The names of all crates, from the ground up.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    ROOMS.iter().map(|room| room.name)
}

/// The crates of each floor.
pub(crate) fn floors() -> BTreeMap<u8, Vec<&'static str>> {
    let mut floors: BTreeMap<u8, Vec<&'static str>> = BTreeMap::new();
    for room in ROOMS {
        if let Some(floor) = room.floor {
            floors.entry(floor).or_default().push(room.name);
        }
    }
    floors
}

/// Crates of others that only these crates of ours may use outside tests, and what that keeps.
const KEPT: &[(&str, &[&str], &str)] = &[
    (
        "bincode",
        &["tki-metadata"],
        "one crate knows the stored encoding",
    ),
    (
        "curve25519-dalek",
        &["tki-seal"],
        "one crate knows concrete curves",
    ),
    (
        "ed25519-dalek",
        &["tki-seal"],
        "one crate knows concrete curves",
    ),
    ("k256", &["tki-seal"], "one crate knows concrete curves"),
    ("p256", &["tki-seal"], "one crate knows concrete curves"),
    (
        "redb",
        &["tki-storage-redb", "tki-load"],
        "one crate knows the embedded storage",
    ),
    (
        "tokio-postgres",
        &["tki-storage-postgres", "tki-load"],
        "one crate knows the database",
    ),
    (
        "anyhow",
        &["tki-cli", "xtask"],
        "libraries have typed errors",
    ),
    (
        "clap",
        &["tki-cli", "tki-server", "tki-load"],
        "only the binaries talk to people",
    ),
    ("console", &["tki-cli"], "only the binary talks to people"),
    ("indicatif", &["tki-cli"], "only the binary talks to people"),
    ("rpassword", &["tki-cli"], "only the binary talks to people"),
    ("axum", &["tki-server", "tki-load"], "one crate serves"),
    ("hyper", &["tki-server"], "one crate serves"),
    (
        "getrandom",
        &["tki-cli", "tki-server", "tki-load"],
        "the random source is a parameter outside the binaries",
    ),
];

/// All that the mathematics may use: no hash, no codec, no random source.
const MATHS_MAY_USE: &[&str] = &["ff", "group", "rand_core", "subtle", "zeroize"];

/// A crate whose name begins so moves opaque records: it never reaches, by any number of arrows,
/// code that could read one.
const BLIND: &[&str] = &["tki-storage", "tki-server", "tki-record"];

/// What the blind crates never reach.
const READS_ACCOUNTS: &[&str] = &["tki-engine", "tki-metadata"];

/// `cargo xtask layering`.
pub(crate) fn run(run: &mut Run) -> Result<(), Failure> {
    run.step("layering", "cargo xtask layering", |run| {
        let graph = Graph::read(run)?;
        let faults = graph.faults();
        for fault in &faults {
            println!("{fault}");
        }
        if faults.is_empty() {
            println!("{} crates, only allowed arrows", graph.arrows.len());
            return Ok(Outcome::Done);
        }
        Err(format!("{} faults", faults.len()))
    })
}

/// The crates of the workspace, each with its normal and build dependencies.
pub(crate) struct Graph {
    arrows: BTreeMap<String, BTreeSet<Arrow>>,
    descriptions: BTreeMap<String, String>,
}

/// One dependency.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Arrow {
    to: String,
    optional: bool,
}

impl Graph {
    /// What `cargo metadata` says.
    pub(crate) fn read(run: &Run) -> Result<Self, String> {
        let arguments = [
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ];
        let (ok, json) = run.ask("cargo", &arguments).ok_or("there is no cargo")?;
        if !ok {
            return Err(format!("cargo metadata failed: {json}"));
        }
        Self::parse(
            json.lines()
                .find(|line| line.starts_with('{'))
                .unwrap_or(&json),
        )
    }

    /// Every arrow between two crates of ours.
    pub(crate) fn arrows(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.arrows.iter();
        all.flat_map(|(from, arrows)| {
            let ours = arrows
                .iter()
                .filter(|arrow| self.arrows.contains_key(&arrow.to));
            ours.map(move |arrow| (from.as_str(), arrow.to.as_str()))
        })
    }

    /// What the manifest of a crate says of it.
    pub(crate) fn description(&self, name: &str) -> Option<&str> {
        self.descriptions.get(name).map(String::as_str)
    }

    /// Reads `cargo metadata`'s answer.
    pub(crate) fn parse(json: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let mut crates = BTreeMap::new();
        let mut descriptions = BTreeMap::new();
        for package in list(&value, "packages")? {
            let mut arrows = BTreeSet::new();
            for dependency in list(package, "dependencies")? {
                if dependency.get("kind").and_then(Value::as_str) == Some("dev") {
                    continue;
                }
                let optional = dependency.get("optional").and_then(Value::as_bool);
                let to = name(dependency)?;
                arrows.insert(Arrow {
                    to,
                    optional: optional.unwrap_or(false),
                });
            }
            crates.insert(name(package)?, arrows);
            if let Some(text) = package.get("description").and_then(Value::as_str) {
                descriptions.insert(name(package)?, text.to_owned());
            }
        }
        if crates.is_empty() {
            return Err("cargo metadata names no crate".to_owned());
        }
        Ok(Self {
            arrows: crates,
            descriptions,
        })
    }

    /// Everything that breaks a rule, one line each.
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (from, arrows) in &self.arrows {
            let Some(room) = ROOMS.iter().find(|room| room.name == from) else {
                faults.push(format!(
                    "{from}: unknown crate: give it a row in {}",
                    file!()
                ));
                continue;
            };
            for arrow in arrows {
                faults.extend(self.fault_of_arrow(room, arrow));
            }
            for end in READS_ACCOUNTS {
                let blind = BLIND.iter().any(|prefix| from.starts_with(prefix));
                if blind && self.reaches(from, end) {
                    faults.push(format!(
                        "{from} reaches {end}: it moves records, it reads none"
                    ));
                }
            }
        }
        faults
    }

    fn fault_of_arrow(&self, room: &Room, arrow: &Arrow) -> Option<String> {
        let (from, to) = (room.name, arrow.to.as_str());
        if to == "tki-testkit" {
            return Some(format!("{from} → {to}: the testkit is a dev-dependency"));
        }
        if self.arrows.contains_key(to) {
            let allowed = room.may_use.contains(&to)
                || (arrow.optional && room.for_conformance.contains(&to));
            return (!allowed).then(|| format!("{from} → {to}: this arrow is not allowed"));
        }
        if from == "tki-math" && !MATHS_MAY_USE.contains(&to) {
            return Some(format!(
                "{from} → {to}: the mathematics knows no hash, codec or source"
            ));
        }
        KEPT.iter()
            .find(|(kept, owners, _)| *kept == to && !owners.contains(&from))
            .map(|(_, _, reason)| format!("{from} → {to}: {reason}"))
    }

    /// Whether arrows lead from one crate of ours to another.
    pub(crate) fn reaches(&self, from: &str, to: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut next = vec![from];
        while let Some(here) = next.pop() {
            for arrow in self.arrows.get(here).into_iter().flatten() {
                if arrow.to == to {
                    return true;
                }
                if seen.insert(arrow.to.as_str()) {
                    next.push(&arrow.to);
                }
            }
        }
        false
    }
}

fn list<'a>(value: &'a Value, field: &str) -> Result<&'a Vec<Value>, String> {
    value
        .get(field)
        .and_then(Value::as_array)
        .ok_or_else(|| format!("cargo metadata has no list `{field}`"))
}

fn name(value: &Value) -> Result<String, String> {
    let name = value.get("name").and_then(Value::as_str);
    name.map(str::to_owned)
        .ok_or_else(|| "cargo metadata has an entry without a name".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A graph from lines `from: to to?`, where `?` marks an optional dependency.
    fn graph(text: &str) -> Graph {
        let mut crates = BTreeMap::new();
        for line in text.lines() {
            let (from, to) = line.trim().split_once(':').expect("from: to");
            let arrows = to.split_whitespace().map(|to| Arrow {
                to: to.trim_end_matches('?').to_owned(),
                optional: to.ends_with('?'),
            });
            crates.insert(from.to_owned(), arrows.collect());
        }
        Graph {
            arrows: crates,
            descriptions: BTreeMap::new(),
        }
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let faults = graph(text).faults();
        assert_eq!(faults.len(), expected.len(), "{faults:?}");
        for (fault, part) in faults.iter().zip(expected) {
            assert!(fault.contains(part), "{fault} does not say {part}");
        }
    }

    #[test]
    fn allowed_arrows_pass() {
        check(
            "tki-math: ff subtle\ntki-seal: tki-math k256\ntki-record: tki-seal",
            &[],
        );
    }

    #[test]
    fn an_arrow_that_is_not_in_the_table_fails() {
        check(
            "tki-math:\ntki-seal: tki-math\ntki-device: tki-math",
            &["tki-device → tki-math"],
        );
    }

    #[test]
    fn an_unknown_crate_fails() {
        check("tki-attic:", &["tki-attic: unknown crate"]);
    }

    #[test]
    fn a_hash_in_the_mathematics_fails() {
        check("tki-math: ff sha2", &["tki-math → sha2"]);
    }

    #[test]
    fn a_normal_dependency_on_the_testkit_fails() {
        check(
            "tki-testkit:\ntki-cli: tki-testkit",
            &["tki-cli → tki-testkit"],
        );
    }

    #[test]
    fn storage_that_reaches_the_metadata_fails_however_long_the_way() {
        let text = "tki-metadata:\ntki-record: tki-metadata\ntki-storage: tki-record";
        let (record, storage) = ("tki-record reaches", "tki-storage reaches tki-metadata");
        check(text, &["tki-record → tki-metadata", record, storage]);
    }

    #[test]
    fn a_dependency_of_a_conformance_suite_must_be_optional() {
        check("tki-seal:\ntki-storage: tki-seal?", &[]);
        check(
            "tki-seal:\ntki-storage: tki-seal",
            &["tki-storage → tki-seal"],
        );
    }

    #[test]
    fn a_second_crate_that_knows_the_codec_fails() {
        check(
            "tki-metadata: bincode\ntki-device: bincode",
            &["tki-device → bincode"],
        );
    }

    #[test]
    fn every_arrow_of_the_table_leads_to_an_earlier_row() {
        for (position, room) in ROOMS.iter().enumerate() {
            for to in room.may_use.iter().chain(room.for_conformance) {
                let target = ROOMS.iter().position(|room| room.name == *to);
                assert!(
                    target.is_some_and(|target| target < position),
                    "{} → {to}",
                    room.name
                );
            }
        }
    }

    #[test]
    fn dev_dependencies_are_no_arrows_and_build_dependencies_are() {
        let json = r#"{"packages":[{"name":"tki-device","dependencies":[
            {"name":"tki-testkit","kind":"dev","optional":false},
            {"name":"tki-math","kind":"build","optional":false}]},
            {"name":"tki-math","dependencies":[]}]}"#;
        let faults = Graph::parse(json).expect("this is metadata").faults();
        assert_eq!(faults, ["tki-device → tki-math: this arrow is not allowed"]);
    }

    #[test]
    fn an_answer_without_packages_is_an_error() {
        assert!(Graph::parse("{}").is_err());
        assert!(Graph::parse(r#"{"packages":[]}"#).is_err());
    }
}
