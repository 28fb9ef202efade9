//! Who can use the key, get it back, keep its owner from it, or destroy it.

use tki_engine::custody::{
    Ability, Coalition, Custody, Facts, Listed, Lock, Network, PartyId, Preset, Sheet, Thing,
};
use tki_math::{AccessStructure, Identifier, Threshold};
use tki_metadata::HolderKind;

mod enumeration;
mod past;
mod reality;

pub(crate) fn x(number: u128) -> Identifier {
    Identifier::new(number).unwrap()
}

pub(crate) fn factor(number: u128) -> Thing {
    Thing::Factor(x(number))
}

fn threshold(t: u16) -> AccessStructure {
    Threshold::new(t).unwrap().into()
}

fn listed(number: u128, kind: HolderKind) -> Listed {
    Listed {
        identifiers: vec![x(number)],
        kind,
        label: String::new(),
        offline: kind.is_offline_by_default(),
        sheet: None,
        is_pegged: false,
    }
}

fn answers(number: u128, bits: u32, has_evaluator: bool) -> Listed {
    let sheet = Sheet {
        bits,
        floor: 40,
        has_evaluator,
    };
    Listed {
        sheet: Some(sheet),
        ..listed(number, HolderKind::Answers)
    }
}

/// Device, login and words: any two.
fn base() -> Vec<Listed> {
    let kinds = [HolderKind::Device, HolderKind::Provider, HolderKind::Words];
    (1..).zip(kinds).map(|(n, kind)| listed(n, kind)).collect()
}

/// The coalitions as text, for comparison by eye.
fn told(custody: &Custody, ability: Ability) -> Vec<String> {
    let all = custody.coalitions(ability).listed().expect("few");
    let text = |some: &Coalition| {
        let parties: Vec<String> = some.iter().map(ToString::to_string).collect();
        parties.join(" + ")
    };
    all.iter().map(text).collect()
}

#[test]
fn of_the_base_flow_everything_is_as_worked_out_by_hand() {
    let custody = Custody::over(&threshold(2), &base(), &Facts::default());
    assert_eq!(
        told(&custody, Ability::Use),
        [
            "place-of:3 + keeper-of:2",
            "place-of:1 + place-of:3 + guesser:1",
            "place-of:1 + keeper-of:2 + guesser:1",
        ]
    );
    assert_eq!(
        told(&custody, Ability::Recover),
        [
            "place-of:1 + place-of:3",
            "place-of:1 + keeper-of:2 + storage",
            "place-of:3 + keeper-of:2 + storage",
        ]
    );
    // The device has copies, and the words are at hand.
    assert_eq!(told(&custody, Ability::Block), [""; 0]);
    assert_eq!(
        told(&custody, Ability::Destroy),
        [
            "place-of:1 + place-of:3",
            "place-of:1 + keeper-of:2",
            "place-of:1 + storage",
            "place-of:3 + keeper-of:2",
            "place-of:3 + storage",
            "place-of:3 + memory",
            "keeper-of:2 + memory",
            "storage + memory",
        ]
    );
    assert!(custody.is_self_custodial);
}

#[test]
fn a_second_factor_behind_the_same_login_is_not_one_more() {
    let mut facts = Facts::default();
    facts.keep_together(factor(2), factor(3));
    let custody = Custody::over(&threshold(2), &base(), &facts);
    assert_eq!(told(&custody, Ability::Use)[0], "keeper-of:2");
    assert!(!custody.is_self_custodial);
    assert!(custody.others_can_use);
    assert_eq!(
        custody.sentences()[0],
        "Provider 2 [with words 3] alone can use the key without you."
    );
    // The same by a name that somebody gave it.
    let mut facts = Facts::default();
    facts.keep(factor(2), PartyId::Keeper("google".into()));
    facts.keep(factor(3), PartyId::Keeper("google".into()));
    let custody = Custody::over(&threshold(2), &base(), &facts);
    assert_eq!(told(&custody, Ability::Use)[0], "keeper:google");
}

#[test]
fn answers_of_little_worth_are_reached_by_guessing() {
    let with = |sheet: Listed| {
        let factors = [listed(1, HolderKind::Provider), sheet];
        Custody::over(&threshold(2), &factors, &Facts::default())
    };
    let weak = with(answers(2, 39, false));
    assert_eq!(told(&weak, Ability::Use), ["keeper-of:1 + guesser:2"]);
    assert!(!weak.is_self_custodial);
    let strong = with(answers(2, 40, false));
    assert_eq!(told(&strong, Ability::Use), [""; 0]);
    assert!(strong.is_self_custodial);
    let counted = with(answers(2, 39, true));
    assert_eq!(
        told(&counted, Ability::Use),
        ["keeper-of:1 + evaluator + guesser:2"]
    );
    assert!(!counted.is_self_custodial);
    let hopeless = with(answers(2, 9, true));
    assert_eq!(told(&hopeless, Ability::Use), ["keeper-of:1 + guesser:2"]);
    // An evaluator that the owner keeps at home is an other's no more.
    let mut facts = Facts::default();
    facts.keep(Thing::Evaluator, PartyId::Place("home".into()));
    let factors = [listed(1, HolderKind::Provider), answers(2, 39, true)];
    let custody = Custody::over(&threshold(2), &factors, &facts);
    assert_eq!(
        told(&custody, Ability::Use),
        ["place:home + keeper-of:1 + guesser:2"]
    );
    assert!(custody.is_self_custodial);
}

#[test]
fn one_of_n_is_used_by_each_alone() {
    let custody = Custody::over(&threshold(1), &base(), &Facts::default());
    assert_eq!(
        told(&custody, Ability::Use),
        ["place-of:3", "keeper-of:2", "place-of:1 + guesser:1"]
    );
    assert!(!custody.is_self_custodial);
    // Nobody else keeps anything, and one theft is enough.
    let own = [listed(1, HolderKind::Device), listed(2, HolderKind::Words)];
    let custody = Custody::over(&threshold(1), &own, &Facts::default());
    assert!(!custody.others_can_use);
    assert!(!custody.is_self_custodial);
}

#[test]
fn everything_on_one_plain_machine_is_its_thiefs() {
    let mut facts = Facts::default();
    facts.lock(x(1), Lock::Open);
    facts.keep_together(factor(1), factor(2));
    facts.keep_together(factor(1), Thing::Storage);
    facts.is_storage_open = false;
    let custody = Custody::over(&threshold(2), &base(), &facts);
    assert_eq!(told(&custody, Ability::Use)[0], "place-of:1");
    assert!(!custody.is_self_custodial && !custody.others_can_use);
}

#[test]
fn a_storage_withholds_and_a_backup_makes_up_for_it() {
    let factors = [
        listed(1, HolderKind::Provider),
        listed(2, HolderKind::Words),
        listed(3, HolderKind::Words),
    ];
    let mut facts = Facts::default();
    let custody = Custody::over(&threshold(2), &factors, &facts);
    assert_eq!(told(&custody, Ability::Block), ["storage"]);
    facts.backups = 1;
    let custody = Custody::over(&threshold(2), &factors, &facts);
    assert_eq!(told(&custody, Ability::Block), [""; 0]);
    assert!(told(&custody, Ability::Destroy).contains(&"storage + backup:1".to_owned()));
    // And whoever finds it needs no storage.
    facts.is_storage_open = false;
    facts.has_archive = false;
    let custody = Custody::over(&threshold(2), &factors, &facts);
    assert!(
        told(&custody, Ability::Use).contains(&"place-of:2 + place-of:3 + backup:1".to_owned())
    );
}

#[test]
fn of_a_network_a_login_takes_its_nodes_and_the_nodes_take_no_login() {
    let mut facts = Facts::default();
    facts.network = Some(Network {
        threshold: 2,
        nodes: 3,
    });
    let factors = [
        listed(1, HolderKind::Provider),
        listed(2, HolderKind::Provider),
    ];
    let custody = Custody::over(&threshold(2), &factors, &facts);
    assert_eq!(
        told(&custody, Ability::Use),
        [
            "keeper-of:1 + keeper-of:2",
            "node:1 + node:2",
            "node:1 + node:3",
            "node:2 + node:3",
        ]
    );
    assert_eq!(
        told(&custody, Ability::Block),
        [
            "keeper-of:1",
            "keeper-of:2",
            "storage",
            "node:1 + node:2",
            "node:1 + node:3",
            "node:2 + node:3",
        ]
    );
    // Who runs two of the nodes is the network.
    facts.keep(Thing::Node(1), PartyId::Keeper("operator".into()));
    facts.keep(Thing::Node(2), PartyId::Keeper("operator".into()));
    let custody = Custody::over(&threshold(2), &factors, &facts);
    assert!(told(&custody, Ability::Use).contains(&"keeper:operator".to_owned()));
}

#[test]
fn an_old_copy_of_the_key_needs_no_factor() {
    let mut facts = Facts::default();
    facts.old_copies = Some(true);
    let custody = Custody::over(&threshold(2), &base(), &facts);
    assert_eq!(told(&custody, Ability::Use)[0], "old-copies");
    assert!(!custody.is_self_custodial);
}

#[test]
fn the_word_is_said_where_it_holds_and_nowhere_else() {
    let says = |custody: &Custody| {
        custody
            .sentences()
            .iter()
            .any(|line| line.contains("self-custodial"))
    };
    for preset in Preset::ALL {
        let custody = Custody::over(&preset.structure(), &preset.factors(), &preset.facts());
        assert_eq!(
            says(&custody),
            custody.is_self_custodial,
            "{}",
            preset.name()
        );
        assert_eq!(custody.is_self_custodial, preset != Preset::Institution);
    }
}

#[test]
fn more_than_can_be_listed_is_said_and_decided_nevertheless() {
    let many: Vec<Listed> = (1..=60).map(|n| listed(n, HolderKind::Words)).collect();
    let custody = Custody::over(&threshold(30), &many, &Facts::default());
    for ability in [Ability::Use, Ability::Recover, Ability::Destroy] {
        assert!(
            custody.coalitions(ability).listed().is_none(),
            "{}",
            ability.name()
        );
    }
    assert!(custody.is_self_custodial);
    let mut facts = Facts::default();
    for n in 1..=30 {
        facts.keep(factor(n), PartyId::Keeper("bank".into()));
    }
    assert!(!Custody::over(&threshold(30), &many, &facts).is_self_custodial);
}

#[test]
fn what_the_specification_promises_to_list_is_listed() {
    let words = |count: u128| -> Vec<Listed> {
        (1..=count).map(|n| listed(n, HolderKind::Words)).collect()
    };
    // n over t quorums, and with one loss less than would be survived n over t − 1 that destroy.
    let lists = |n: u128, t: u16| {
        let custody = Custody::over(&threshold(t), &words(n), &Facts::default());
        let count = |ability| custody.coalitions(ability).listed().map(<[_]>::len);
        (count(Ability::Use), count(Ability::Destroy))
    };
    for t in 1..=12 {
        let (used, destroyed) = lists(12, t);
        assert_eq!(used, Some(over(12, t.into())));
        // The storage alone destroys, too.
        assert_eq!(
            destroyed,
            Some(over(12, 12 - t as usize + 1) + 1),
            "{t} of 12"
        );
    }
    for t in [1, 2, 3, 22, 23, 24] {
        let (used, destroyed) = lists(24, t);
        assert_eq!(used, Some(over(24, t.into())));
        assert_eq!(
            destroyed,
            Some(over(24, 24 - t as usize + 1) + 1),
            "{t} of 24"
        );
    }
    let mut facts = Facts::default();
    facts.network = Some(Network {
        threshold: 5,
        nodes: 9,
    });
    let custody = Custody::over(&threshold(2), &base(), &facts);
    let used = custody.coalitions(Ability::Use).listed().unwrap();
    // The words with the issuer or with five nodes; the same with the device; both of them.
    assert_eq!(used.len(), 2 * (1 + over(9, 5)) + 1);
    assert!(custody.coalitions(Ability::Destroy).listed().is_some());
}

/// n over k.
fn over(n: usize, k: usize) -> usize {
    (0..k).fold(1, |product, i| product * (n - i) / (i + 1))
}

#[test]
fn a_change_is_shown_by_what_it_gives_and_takes() {
    let before = Custody::over(&threshold(2), &base(), &Facts::default());
    assert!(before.difference(&before).moved.is_empty());
    assert!(before.changes(&before).is_empty());
    let after = Custody::over(&threshold(3), &base(), &Facts::default());
    let difference = before.difference(&after);
    assert!(difference.was_self_custodial && difference.is_self_custodial);
    let used = &difference.moved[0];
    assert_eq!(used.ability, Ability::Use);
    assert_eq!((used.gained.len(), used.lost.len()), (1, 3));
    let told = before.changes(&after);
    let lost = "Who can use the key without you, no more: provider 2 with whoever steals words 3.";
    assert!(told.iter().any(|line| line == lost), "{told:#?}");
    let mut facts = Facts::default();
    facts.keep_together(factor(2), factor(3));
    let after = Custody::over(&threshold(2), &base(), &facts);
    let told = before.changes(&after);
    assert_eq!(told[0], "It is self-custodial no more.");
    assert_eq!(
        told[1],
        "Who can use the key without you, anew: provider 2 [with words 3]."
    );
}

#[test]
fn of_more_parties_than_are_told_apart_the_word_is_not_said() {
    let mut facts = Facts::default();
    for number in 0..1100 {
        facts.keep(factor(2), PartyId::Keeper(number.to_string()));
    }
    let custody = Custody::over(&threshold(2), &base(), &facts);
    assert!(!custody.is_self_custodial && custody.others_can_use);
    assert!(custody.coalitions(Ability::Use).listed().is_none());
}

#[test]
fn one_theft_with_guessed_passphrases_takes_the_word_away() {
    let mut facts = Facts::default();
    facts.keep_together(factor(1), factor(2));
    facts.lock(x(1), Lock::Passphrase);
    facts.lock(x(2), Lock::Passphrase);
    let custody = Custody::over(&threshold(2), &base(), &facts);
    assert!(!custody.is_self_custodial && !custody.others_can_use);
    assert_eq!(
        custody.sentences()[0],
        "Whoever steals device 1 [with provider 2] and guesses the passphrase of device 1 and the \
         passphrase of provider 2 can use the key without you."
    );
    // One passphrase that nobody guesses is enough.
    for sealed in [1, 2] {
        let mut facts = facts.clone();
        facts.lock(x(sealed), Lock::Sealed);
        let custody = Custody::over(&threshold(2), &base(), &facts);
        assert!(custody.is_self_custodial, "{sealed}");
    }
    // At two places it takes two thefts.
    let mut apart = Facts::default();
    apart.keep(factor(2), PartyId::Place("drawer".into()));
    apart.lock(x(2), Lock::Passphrase);
    assert!(Custody::over(&threshold(2), &base(), &apart).is_self_custodial);
    // Answers that can be guessed are no better than a passphrase.
    let factors = [listed(1, HolderKind::Words), answers(2, 39, false)];
    let mut facts = Facts::default();
    facts.is_storage_open = true;
    let custody = Custody::over(&threshold(2), &factors, &facts);
    assert!(!custody.is_self_custodial && !custody.others_can_use);
}

#[test]
fn pegged_answers_are_guessed_without_their_mailbox() {
    let factors = |is_pegged| {
        let pegged = Listed {
            is_pegged,
            ..answers(2, 39, false)
        };
        [listed(1, HolderKind::Device), pegged]
    };
    // A device alone has the document; the records are kept at another place.
    let mut facts = Facts::default();
    facts.is_storage_open = false;
    facts.has_archive = false;
    facts.keep(Thing::Storage, PartyId::Place("cellar".into()));
    let stored = Custody::over(&threshold(2), &factors(false), &facts);
    assert_eq!(
        told(&stored, Ability::Use),
        ["place-of:1 + place:cellar + guesser:1 + guesser:2"]
    );
    assert!(stored.is_self_custodial);
    let pegged = Custody::over(&threshold(2), &factors(true), &facts);
    assert_eq!(
        told(&pegged, Ability::Use),
        ["place-of:1 + guesser:1 + guesser:2"]
    );
    assert!(!pegged.is_self_custodial);
    // The owner's software reads the mailbox.
    assert_eq!(
        told(&pegged, Ability::Recover),
        told(&stored, Ability::Recover)
    );
}

#[test]
fn a_seed_that_a_device_noted_is_taken_with_the_device() {
    let mut facts = Facts::default();
    facts.lock(x(1), Lock::Open);
    let custody = Custody::over(&threshold(2), &base(), &facts);
    assert!(custody.is_self_custodial);
    facts.note(x(1), x(3));
    let noted = Custody::over(&threshold(2), &base(), &facts);
    assert_eq!(told(&noted, Ability::Use)[0], "place-of:1");
    assert!(!noted.is_self_custodial);
    // It helps others and not the owner.
    for ability in [Ability::Recover, Ability::Block, Ability::Destroy] {
        assert_eq!(told(&noted, ability), told(&custody, ability));
    }
    // Behind the lock of the device.
    facts.lock(x(1), Lock::Sealed);
    assert!(Custody::over(&threshold(2), &base(), &facts).is_self_custodial);
}

#[test]
fn what_is_kept_together_is_said_once() {
    let mut facts = Facts::default();
    facts.keep_together(factor(1), factor(2));
    facts.keep_together(factor(1), Thing::Storage);
    facts.is_storage_open = false;
    facts.lock(x(1), Lock::Open);
    let custody = Custody::over(&threshold(2), &base(), &facts);
    let text = custody.sentences().join("\n");
    assert_eq!(text.matches("[with").count(), 1, "{text}");
    for ability in Ability::ALL {
        for some in custody.coalitions(ability).listed().unwrap() {
            assert!(!custody.phrase(ability, some).contains("[with"));
        }
    }
    let machine = custody.party(&PartyId::PlaceOf(x(1))).unwrap();
    assert_eq!(
        machine.full_name(),
        "device 1 [with provider 2, the storage]"
    );
}
