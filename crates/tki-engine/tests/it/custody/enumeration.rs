//! Random structures, held against a program that goes through every set of parties.
//!
//! `tests/custody/enumerate.py` was written from `docs/spec/custody.md`, and from nothing here.

use core::cell::Cell;
use core::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use rand_chacha::ChaCha20Rng;
use rand_core::Rng as _;
use tki_engine::custody::{
    Ability, Custody, Facts, Listed, Lock, Network, PartyId, Past, Sheet, Thing,
};
use tki_math::{AccessStructure, Gate, Identifier, Level, Member, Threshold};
use tki_metadata::HolderKind;
use tki_testkit::{number, rng};

use super::{past, x};

/// How many structures are compared.
const STRUCTURES: u64 = 1_000;

/// The most parties of a structure whose sets are all gone through.
const MOST: usize = 9;

/// A structure over factors, what was before, and the facts twice: as the crate takes them, and as
/// JSON.
struct Case {
    structure: AccessStructure,
    factors: Vec<Listed>,
    past: Past,
    facts: Facts,
    written: Written,
}

/// The facts, for the other program.
#[derive(Default)]
struct Written {
    kept: Vec<(String, Vec<String>)>,
    together: Vec<(String, String)>,
    locks: Vec<(Identifier, &'static str)>,
    noted: Vec<(Identifier, Identifier)>,
}

pub(super) fn below(rng: &mut ChaCha20Rng, bound: u32) -> u32 {
    rng.next_u32() % bound
}

pub(super) fn one_in(rng: &mut ChaCha20Rng, count: u32) -> bool {
    below(rng, count) == 0
}

pub(super) fn pick<T: Clone>(rng: &mut ChaCha20Rng, some: &[T]) -> T {
    let position = below(rng, u32::try_from(some.len()).unwrap());
    some[position as usize].clone()
}

/// Numbers for gates, and for the places of holders that have several.
struct Numbers(u128);

impl Numbers {
    fn next(&mut self) -> Identifier {
        self.0 += 1;
        x(self.0)
    }
}

fn factors(rng: &mut ChaCha20Rng, numbers: &mut Numbers) -> Vec<Listed> {
    const KINDS: [HolderKind; 10] = [
        HolderKind::Device,
        HolderKind::Device,
        HolderKind::Provider,
        HolderKind::Words,
        HolderKind::File,
        HolderKind::Answers,
        HolderKind::Answers,
        HolderKind::Guardian,
        HolderKind::Passkey,
        HolderKind::Other(99),
    ];
    let count = 1 + below(rng, 5);
    let factors = (0..count).map(|_| {
        let kind = pick(rng, &KINDS);
        let weight = if one_in(rng, 4) { 2 } else { 1 };
        let readable = kind == HolderKind::Answers && !one_in(rng, 6);
        let sheet = readable.then(|| Sheet {
            bits: pick(rng, &[0, 9, 10, 39, 40, 80]),
            floor: 40,
            has_evaluator: one_in(rng, 2),
        });
        Listed {
            identifiers: (0..weight).map(|_| numbers.next()).collect(),
            kind,
            label: String::new(),
            offline: one_in(rng, 2),
            sheet,
            is_pegged: kind == HolderKind::Answers && one_in(rng, 2),
        }
    });
    factors.collect()
}

/// A gate over these, of one level or two, with gates in it.
fn gate(rng: &mut ChaCha20Rng, mut ids: Vec<Identifier>, numbers: &mut Numbers) -> Gate {
    let mut members = Vec::new();
    while !ids.is_empty() {
        if ids.len() > 1 && one_in(rng, 3) {
            let count = 1 + below(rng, u32::try_from(ids.len() - 1).unwrap()) as usize;
            let inner = ids.split_off(ids.len() - count);
            members.push(Member::Gate(numbers.next(), gate(rng, inner, numbers)));
        } else {
            members.push(Member::Holder(ids.remove(0)));
        }
    }
    let at_most = |rng: &mut ChaCha20Rng, count: usize| {
        1 + u16::try_from(below(rng, u32::try_from(count).unwrap())).unwrap()
    };
    let threshold = |t| Threshold::new(t).unwrap();
    if members.len() > 1 && one_in(rng, 4) {
        let first = at_most(rng, members.len() - 1);
        let rest = members.split_off(usize::from(first));
        let second = first + at_most(rng, rest.len());
        let levels = vec![
            Level::new(threshold(first), members),
            Level::new(threshold(second), rest),
        ];
        return Gate::ranked(levels).unwrap();
    }
    let t = at_most(rng, members.len());
    Gate::new(threshold(t), members).unwrap()
}

/// A party that somebody names, now and then one that is there anyway.
fn party(rng: &mut ChaCha20Rng) -> PartyId {
    pick(
        rng,
        &[
            PartyId::Keeper("bank".into()),
            PartyId::Keeper("google".into()),
            PartyId::Place("home".into()),
            PartyId::Storage,
            PartyId::PlaceOf(x(1)),
            PartyId::KeeperOf(x(1)),
        ],
    )
}

fn case(rng: &mut ChaCha20Rng) -> Case {
    let mut numbers = Numbers(0);
    let factors = factors(rng, &mut numbers);
    let ids: Vec<Identifier> = factors.iter().flat_map(|f| f.identifiers.clone()).collect();
    let structure = if one_in(rng, 3) {
        let t = 1 + below(rng, u32::try_from(ids.len()).unwrap());
        Threshold::new(u16::try_from(t).unwrap()).unwrap().into()
    } else {
        gate(rng, ids, &mut numbers).into()
    };
    let mut facts = Facts::default();
    let mut written = Written::default();
    facts.is_storage_open = one_in(rng, 2);
    facts.has_archive = one_in(rng, 2);
    facts.backups = u16::from(one_in(rng, 4));
    facts.old_copies = Some(one_in(rng, 12));
    let has_login = factors.iter().any(|f| f.kind == HolderKind::Provider);
    facts.network = (has_login && one_in(rng, 3)).then(|| network(rng));
    let mut things: Vec<Thing> = factors
        .iter()
        .map(|f| Thing::Factor(f.identifiers[0]))
        .collect();
    things.extend([
        Thing::Storage,
        Thing::Evaluator,
        Thing::Node(2),
        Thing::Backup(1),
        Thing::Archive,
    ]);
    for _ in 0..below(rng, 4) {
        let (thing, by) = (pick(rng, &things), party(rng));
        facts.keep(thing, by.clone());
        written.keep(thing, &by);
    }
    for _ in 0..below(rng, 3) {
        let (first, second) = (pick(rng, &things), pick(rng, &things));
        facts.keep_together(first, second);
        written
            .together
            .push((first.to_string(), second.to_string()));
    }
    lock_and_note(rng, &factors, &mut facts, &mut written);
    let past = past::of(rng, &structure, &factors);
    Case {
        structure,
        factors,
        past,
        facts,
        written,
    }
}

/// Locks that are not the usual ones, and seeds that devices noted.
fn lock_and_note(
    rng: &mut ChaCha20Rng,
    factors: &[Listed],
    facts: &mut Facts,
    written: &mut Written,
) {
    for factor in factors {
        if one_in(rng, 3) {
            let all = [
                (Lock::Open, "open"),
                (Lock::Passphrase, "passphrase"),
                (Lock::Sealed, "sealed"),
            ];
            let (lock, name) = pick(rng, &all);
            facts.lock(factor.identifiers[0], lock);
            written.locks.push((factor.identifiers[0], name));
        }
    }
    for device in factors.iter().filter(|f| f.kind == HolderKind::Device) {
        if one_in(rng, 4) {
            let noted = (device.identifier(), pick(rng, factors).identifier());
            facts.note(noted.0, noted.1);
            written.noted.push(noted);
        }
    }
}

fn network(rng: &mut ChaCha20Rng) -> Network {
    Network {
        threshold: 1 + u16::try_from(below(rng, 3)).unwrap(),
        nodes: 3,
    }
}

impl Written {
    fn keep(&mut self, thing: Thing, by: &PartyId) {
        let (thing, by) = (thing.to_string(), by.to_string());
        match self.kept.iter_mut().find(|(kept, _)| *kept == thing) {
            Some((_, keepers)) if keepers.contains(&by) => {}
            Some((_, keepers)) => keepers.push(by),
            None => self.kept.push((thing, vec![by])),
        }
    }
}

pub(super) fn list(items: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", items.into_iter().collect::<Vec<_>>().join(","))
}

pub(super) fn object(items: impl IntoIterator<Item = (String, String)>) -> String {
    let pairs = items
        .into_iter()
        .map(|(name, value)| format!("\"{name}\":{value}"));
    format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
}

fn quoted(text: &impl ToString) -> String {
    format!("\"{}\"", text.to_string())
}

fn gate_json(gate: &Gate) -> String {
    let levels = gate.levels().iter().map(|level| {
        let members = level.members().iter().map(|member| match member {
            Member::Holder(x) => x.to_string(),
            Member::Gate(_, inner) => gate_json(inner),
        });
        format!(
            "{{\"threshold\":{},\"members\":{}}}",
            level.threshold().get(),
            list(members)
        )
    });
    format!("{{\"levels\":{}}}", list(levels))
}

fn structure_json(structure: &AccessStructure) -> String {
    if let AccessStructure::Gate(gate) = structure {
        gate_json(gate)
    } else {
        format!("{{\"threshold\":{}}}", structure.threshold().get())
    }
}

fn factor_json(factor: &Listed) -> String {
    let sheet = factor.sheet.map_or("null".to_owned(), |sheet| {
        format!(
            "{{\"bits\":{},\"floor\":{},\"evaluator\":{}}}",
            sheet.bits, sheet.floor, sheet.has_evaluator
        )
    });
    format!(
        "{{\"ids\":{},\"kind\":\"{}\",\"offline\":{},\"pegged\":{},\"sheet\":{sheet}}}",
        list(factor.identifiers.iter().map(ToString::to_string)),
        factor.kind,
        factor.offline,
        factor.is_pegged
    )
}

fn facts_json(facts: &Facts, written: &Written) -> String {
    let kept = written
        .kept
        .iter()
        .map(|(thing, keepers)| (thing.clone(), list(keepers.iter().map(quoted))));
    let together = written.together.iter();
    let together = together.map(|(one, two)| list([quoted(one), quoted(two)]));
    let locks = written.locks.iter();
    let locks = locks.map(|(x, lock)| (x.to_string(), quoted(lock)));
    let noted = written.noted.iter();
    let noted = noted.map(|(device, x)| list([device.to_string(), x.to_string()]));
    let network = facts.network.map_or("null".to_owned(), |network| {
        format!(
            "{{\"threshold\":{},\"nodes\":{}}}",
            network.threshold, network.nodes
        )
    });
    object([
        ("kept".into(), object(kept)),
        ("together".into(), list(together)),
        ("locks".into(), object(locks)),
        ("noted".into(), list(noted)),
        ("open".into(), facts.is_storage_open.to_string()),
        ("network".into(), network),
        ("backups".into(), facts.backups.to_string()),
        ("archive".into(), facts.has_archive.to_string()),
        ("old".into(), (facts.old_copies == Some(true)).to_string()),
    ])
}

fn said_json(custody: &Custody) -> String {
    let mut said = vec![(
        "parties".to_owned(),
        list(custody.parties.iter().map(|party| quoted(&party.id))),
    )];
    for ability in Ability::ALL {
        let all = custody.coalitions(ability).listed().expect("few parties");
        let all = all.iter().map(|some| list(some.iter().map(quoted)));
        said.push((ability.name().to_owned(), list(all)));
    }
    let is_self = custody.is_self_custodial.to_string();
    said.push(("self_custodial".to_owned(), is_self));
    let by_earlier = custody.is_by_earlier_structure.to_string();
    said.push(("by_earlier".to_owned(), by_earlier));
    object(said)
}

/// Lines for the other program: `made_of` says what the crate is given.
fn lines(count: u64, made_of: impl Fn(Case) -> (Case, Custody)) -> String {
    let mut rng = rng("structures of custody");
    let mut text = String::new();
    let mut made = 0;
    while made < count {
        let case = case(&mut rng);
        if Custody::over(&case.structure, &case.factors, &case.facts)
            .parties
            .len()
            > MOST
        {
            continue;
        }
        let (case, custody) = made_of(case);
        let line = object([
            ("structure".into(), structure_json(&case.structure)),
            ("factors".into(), list(case.factors.iter().map(factor_json))),
            ("facts".into(), facts_json(&case.facts, &case.written)),
            ("past".into(), past::json(&case.past)),
            ("said".into(), said_json(&custody)),
        ]);
        writeln!(text, "{line}").unwrap();
        made += 1;
    }
    text
}

fn computed(case: &Case) -> Custody {
    Custody::with_past(&case.structure, &case.factors, &case.facts, &case.past)
}

/// What the other program says of these lines: whether it agrees, and its words. `None` without
/// Python.
#[expect(clippy::print_stdout, reason = "a test that is skipped says why")]
#[expect(
    clippy::unwrap_in_result,
    reason = "a program that does not listen is a failure"
)]
fn enumerated(lines: &str) -> Option<(bool, String)> {
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/custody/enumerate.py");
    let child = Command::new("python3")
        .args(["-I", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        println!("skipped: there is no python3");
        return None;
    };
    let mut input = child.stdin.take().unwrap();
    // All of it is read before anything is printed.
    input.write_all(lines.as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    Some((output.status.success(), text))
}

#[test]
fn a_thousand_random_structures_are_as_a_plain_enumeration_finds_them() {
    let count = number("TKI_CUSTODY_STRUCTURES", STRUCTURES);
    let (own, earlier) = (Cell::new(0), Cell::new(0));
    let lines = lines(count, |case| {
        let custody = computed(&case);
        own.set(own.get() + u32::from(custody.is_self_custodial));
        earlier.set(earlier.get() + u32::from(custody.is_by_earlier_structure));
        (case, custody)
    });
    // Both answers are among them, and so are accounts whose past decides.
    assert!(own.get() > 20 && earlier.get() > 20, "{own:?} {earlier:?}");
    let Some((agrees, text)) = enumerated(&lines) else {
        return;
    };
    assert!(agrees, "{text}");
    assert!(text.starts_with(&format!("{count} structures")), "{text}");
}

/// How a model could be wrong.
type Wrong = (&'static str, fn(&mut Case));

#[test]
fn a_model_that_is_wrong_is_noticed() {
    let wrong: [Wrong; 8] = [
        ("nothing was before", |case| {
            case.past = Past::default();
        }),
        ("all was before", |case| {
            case.past.events.clear();
            case.past.version = 1;
        }),
        ("a pegged share is in a mailbox", |case| {
            case.factors.iter_mut().for_each(|f| f.is_pegged = false);
        }),
        ("everybody may read the storage", |case| {
            case.facts.is_storage_open = true;
        }),
        ("nobody kept old records", |case| {
            case.facts.has_archive = false;
        }),
        ("a device copies every mailbox", |case| {
            case.factors.iter_mut().for_each(|f| f.offline = true);
        }),
        ("answers cannot be guessed", |case| {
            for sheet in case.factors.iter_mut().filter_map(|f| f.sheet.as_mut()) {
                sheet.bits = sheet.floor;
            }
        }),
        ("one more or one less is needed", |case| {
            let t = case.structure.threshold().get();
            let other = if t == 1 { 2 } else { t - 1 };
            case.structure = Threshold::new(other).unwrap().into();
        }),
    ];
    for (name, spoil) in wrong {
        let lines = lines(400, |case| {
            let mut spoilt = Case {
                structure: case.structure.clone(),
                factors: case.factors.clone(),
                past: case.past.clone(),
                facts: case.facts.clone(),
                written: Written::default(),
            };
            spoil(&mut spoilt);
            let custody = computed(&spoilt);
            (case, custody)
        });
        let Some((agrees, text)) = enumerated(&lines) else {
            return;
        };
        assert!(!agrees, "not noticed: {name}: {text}");
        assert!(text.contains("disagreements"), "{text}");
    }
}
