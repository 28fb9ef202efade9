//! How an account stands, computed from what is known.

use tki_engine::{
    Finding, Freshness, OfflineCopies, Place, Severity, Standpoint, Together, health, overdue,
};
use tki_math::Identifier;
use tki_metadata::{Core, HolderKind, Standing};
use tki_storage::MemoryStorage;
use tki_testkit::rng;

use crate::support::{NOW, Person, commit, login, open, read, words};

const DAY: u64 = 24 * 60 * 60;

fn x(number: u128) -> Identifier {
    Identifier::new(number).unwrap()
}

/// Two of a device, a login and words.
async fn core() -> Core {
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng("health")).await;
    let account = read(&storage, &[&person.words]).await.unwrap();
    account.core().clone()
}

/// What this device knows, given when each of the other two was proven.
fn known(login: Option<u64>, words: Option<u64>) -> Standing {
    let mut standing = Standing::default();
    for (number, drilled) in [(2, login), (3, words)] {
        let mut factor = standing.of(x(number));
        factor.drilled = drilled;
        standing.set(factor);
    }
    standing
}

fn standpoint<'a>(core: &'a Core, standing: &'a Standing) -> Standpoint<'a> {
    Standpoint {
        core,
        standing: Some(standing),
        own: Some(x(1)),
        freshness: Freshness::Verified,
        together: &[],
        are_records_here: false,
        remembered: &[],
        now: NOW + DAY,
    }
}

fn names(standpoint: &Standpoint<'_>) -> Vec<&'static str> {
    let health = health(standpoint);
    assert!(health.findings.is_sorted_by_key(Finding::severity));
    health.findings.iter().map(Finding::name).collect()
}

#[tokio::test]
async fn nothing_is_found_where_everything_was_proven() {
    let core = core().await;
    let standing = known(Some(NOW), Some(NOW));
    let sound = standpoint(&core, &standing);
    assert_eq!(names(&sound), [""; 0]);
    assert_eq!(health(&sound).can_lose, Some(1));
}

#[tokio::test]
async fn what_was_never_tried_or_long_ago_is_found() {
    let core = core().await;
    let standing = known(Some(NOW), None);
    let mut here = standpoint(&core, &standing);
    assert_eq!(names(&here), ["never-proven"]);
    assert_eq!(health(&here).findings[0].severity(), Severity::Note);
    here.now = NOW + 31 * DAY;
    assert_eq!(health(&here).findings[0].severity(), Severity::Warning);
    here.now = NOW + 181 * DAY;
    assert_eq!(names(&here), ["stale", "never-proven"]);
    here.now = NOW + 180 * DAY;
    assert_eq!(names(&here), ["never-proven"]);
    // A use counts, whichever is later.
    let mut used = standing.clone();
    let mut words = used.of(x(3));
    words.used = Some(NOW);
    used.set(words);
    assert_eq!(names(&standpoint(&core, &used)), [""; 0]);
}

#[tokio::test]
async fn a_loss_is_warned_of_until_it_is_dealt_with() {
    let core = core().await;
    let mut standing = known(Some(NOW), Some(NOW));
    let mut words = standing.of(x(3));
    words.lost = Some(NOW);
    standing.set(words);
    let here = standpoint(&core, &standing);
    assert_eq!(names(&here), ["lost", "no-spare"]);
    assert_eq!(health(&here).can_lose, Some(0));
    let mut login = standing.of(x(2));
    login.lost = Some(NOW);
    standing.set(login);
    let here = standpoint(&core, &standing);
    assert_eq!(names(&here), ["lost", "lost", "blocked"]);
    assert_eq!(health(&here).can_lose, None);
    // Removed, it is no factor any more.
    let mut left = core.clone();
    left.holders.retain(|holder| holder.identifiers == [x(1)]);
    assert!(!names(&standpoint(&left, &standing)).contains(&"lost"));
}

#[tokio::test]
async fn what_is_kept_together_is_found() {
    let core = core().await;
    let standing = known(Some(NOW), Some(NOW));
    let mut here = standpoint(&core, &standing);
    let together = |numbers: &[u128], place| Together {
        holders: numbers.iter().map(|number| x(*number)).collect(),
        place,
    };
    let both = [together(&[1, 3], Place::Machine)];
    here.together = &both;
    assert_eq!(names(&here), ["same-machine"]);
    assert_eq!(health(&here).findings[0].severity(), Severity::Danger);
    let text = health(&here).findings[0].to_string();
    assert!(
        text.contains("device 1") && text.contains("can use the key"),
        "{text}"
    );
    // One alone, and who is no factor, is not together with anybody.
    let one = [
        together(&[1, 9], Place::Machine),
        together(&[2], Place::Login),
    ];
    here.together = &one;
    assert_eq!(names(&here), [""; 0]);
}

#[tokio::test]
async fn what_the_document_says_is_found() {
    let mut core = core().await;
    let standing = known(Some(NOW), Some(NOW));
    core.origin = tki_metadata::Origin::Imported;
    let mut here = standpoint(&core, &standing);
    here.freshness = Freshness::Unverified;
    assert_eq!(names(&here), ["freshness-unverified", "old-copies"]);
    here.now = NOW - 2 * DAY;
    assert!(names(&here).contains(&"clock-behind"));
    here.standing = None;
    here.own = None;
    assert_eq!(
        names(&here),
        ["freshness-unverified", "no-dates", "old-copies"]
    );

    let mut two = core.clone();
    two.holders[2].kind = HolderKind::Provider;
    assert!(names(&standpoint(&two, &standing)).contains(&"several-logins"));
    let mut one = core.clone();
    one.structure = tki_math::AccessStructure::Threshold(tki_math::Threshold::new(1).unwrap());
    let found = names(&standpoint(&one, &standing));
    assert_eq!(
        found
            .iter()
            .filter(|name| **name == "one-is-enough")
            .count(),
        3
    );
    let mut pegged = core.clone();
    pegged.holders[2]
        .extensions
        .insert(tki_metadata::Holder::PEGGED, Vec::new());
    assert!(names(&standpoint(&pegged, &standing)).contains(&"no-freedom"));
}

#[tokio::test]
async fn whose_secret_is_older_than_a_removal_is_found() {
    let storage = MemoryStorage::new();
    let mut rng = rng("old secrets");
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let login = login(&person.provider).await;
    let device = person.device();
    let laptop = device.factor("laptop");
    let paper = words("second", &mut rng);
    let opened = open(&storage, &[&laptop, &login]).await.unwrap();
    let change = opened.change().add(&paper, OfflineCopies::Never);
    let account = commit(change, &storage, &mut rng).await.unwrap().account;
    let standing = Standing::default();
    assert!(!names(&standpoint(account.core(), &standing)).contains(&"old-secrets"));
    let opened = open(&storage, &[&laptop, &login]).await.unwrap();
    let change = opened.change().remove(x(3));
    let account = commit(change, &storage, &mut rng).await.unwrap().account;
    let found = |core: &Core| {
        let findings = health(&standpoint(core, &standing)).findings;
        let mut old = findings
            .iter()
            .filter(|found| found.name() == "old-secrets");
        old.next().map(|found| {
            let holders = found.holders();
            holders
                .iter()
                .map(|h| h.identifier.get())
                .collect::<Vec<_>>()
        })
    };
    // The login's is made elsewhere.
    assert_eq!(found(account.core()), Some(vec![1, 4]));
    let renewed = words("renewed", &mut rng);
    let opened = open(&storage, &[&laptop, &login]).await.unwrap();
    let change = opened.change().renew(x(4), &renewed);
    let account = commit(change, &storage, &mut rng).await.unwrap().account;
    assert_eq!(found(account.core()), Some(vec![1]));
    assert!(
        account
            .core()
            .holder(x(1))
            .is_some_and(|h| h.kind == HolderKind::Device)
    );
}

#[tokio::test]
async fn one_is_reminded_of_what_was_not_tried_for_longest() {
    let core = core().await;
    let standing = known(Some(NOW + 10 * DAY), None);
    let own = Some(x(1));
    assert_eq!(overdue(&core, &standing, own, NOW + 180 * DAY), None);
    let (holder, since) = overdue(&core, &standing, own, NOW + 181 * DAY).unwrap();
    assert_eq!((holder.identifier, since), (x(3), NOW));
    let standing = known(Some(NOW + 10 * DAY), Some(NOW + 20 * DAY));
    let (holder, _) = overdue(&core, &standing, own, NOW + 300 * DAY).unwrap();
    assert_eq!(holder.identifier, x(2));
}

#[tokio::test]
async fn records_on_this_machine_and_an_unfinished_move_are_found() {
    let mut core = core().await;
    let standing = known(Some(NOW), Some(NOW));
    let mut here = standpoint(&core, &standing);
    here.are_records_here = true;
    assert_eq!(names(&here), ["records-here"]);
    assert_eq!(health(&here).findings[0].severity(), Severity::Warning);
    let key = core.keys[0].clone();
    core.keys.push(key);
    assert_eq!(names(&standpoint(&core, &standing)), ["moving"]);
}

#[tokio::test]
async fn whose_loss_blocks_the_account_is_named() {
    let mut core = core().await;
    let standing = known(Some(NOW), Some(NOW));
    core.structure = tki_math::AccessStructure::Threshold(tki_math::Threshold::new(3).unwrap());
    let each = health(&standpoint(&core, &standing)).findings;
    assert_eq!(each[0].holders().len(), 3);
    assert!(each[0].to_string().contains("each of them is needed"));
    // One of them counts twice: it is needed, and one of the others will do.
    core.holders[0].identifiers.push(x(9));
    let found = health(&standpoint(&core, &standing)).findings;
    let holders = found[0].holders();
    assert_eq!((holders.len(), holders[0].identifier), (1, x(1)));
    assert!(
        found[0].to_string().starts_with("without device 1"),
        "{}",
        found[0]
    );
}

#[tokio::test]
async fn a_higher_threshold_since_a_removal_hides_no_old_secrets() {
    let storage = MemoryStorage::new();
    let mut rng = rng("old secrets, threshold");
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let login = login(&person.provider).await;
    let device = person.device();
    let laptop = device.factor("laptop");
    let papers = [words("second", &mut rng), words("third", &mut rng)];
    for paper in &papers {
        let opened = open(&storage, &[&laptop, &login]).await.unwrap();
        let change = opened.change().add(paper, OfflineCopies::Never);
        commit(change, &storage, &mut rng).await.unwrap();
    }
    let opened = open(&storage, &[&laptop, &login]).await.unwrap();
    let change = opened.change().remove(x(3));
    commit(change, &storage, &mut rng).await.unwrap();
    // Everybody but one gets a new secret; with his the removed were two.
    for (number, label) in [(4, "fourth"), (5, "fifth")] {
        let renewed = words(label, &mut rng);
        let opened = open(&storage, &[&laptop, &login]).await.unwrap();
        let change = opened.change().renew(x(number), &renewed);
        commit(change, &storage, &mut rng).await.unwrap();
    }
    let opened = open(&storage, &[&laptop, &login]).await.unwrap();
    let change = opened.change().threshold(4);
    let account = commit(change, &storage, &mut rng).await.unwrap().account;
    let standing = Standing::default();
    assert!(names(&standpoint(account.core(), &standing)).contains(&"old-secrets"));
}

#[tokio::test]
async fn what_only_one_memory_opens_is_noted() {
    let core = core().await;
    let standing = known(Some(NOW), Some(NOW));
    let with = |remembered: &[u128]| {
        let remembered: Vec<Identifier> = remembered.iter().map(|number| x(*number)).collect();
        let seen = Standpoint {
            remembered: &remembered,
            ..standpoint(&core, &standing)
        };
        names(&seen)
    };
    // Two of three: one that needs it is made up for by the others.
    assert_eq!(with(&[1]), [""; 0]);
    assert_eq!(with(&[1, 2]), ["one-memory"]);
    // A factor that is lost makes up for nothing.
    let mut lost = standing.clone();
    let mut words = lost.of(x(3));
    words.lost = Some(NOW);
    lost.set(words);
    let remembered = [x(1)];
    let seen = Standpoint {
        remembered: &remembered,
        ..standpoint(&core, &lost)
    };
    assert!(names(&seen).contains(&"one-memory"));
}
