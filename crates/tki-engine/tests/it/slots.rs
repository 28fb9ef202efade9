//! Factors whose mailbox is not at their first slot: in a bundle and in a storage that was filled
//! from one, which have no earlier slots, and under a storage that withholds them.

use rand_chacha::ChaCha20Rng;
use tki_engine::{
    Account, Another, Culprit, Error, ErrorKind, Factor, Freshness, OfflineCopies, Plan,
    ProviderFactor, ReadOptions, SeedFactor,
};
use tki_math::Identifier;
use tki_metadata::{AccountId, Bundle};
use tki_provider::{Anchor, AnchorEntry, Takeover};
use tki_record::{Claim, RecordHeader};
use tki_seal::curve::CurveId;
use tki_storage::{MemoryStorage, ReadOnly, Storage};
use tki_testkit::{HostileStorage, rng};

use crate::support::{NOW, Person, commit, create_over, login, open, read, refresh, words};

type Hostile = HostileStorage<MemoryStorage>;

async fn stage(test: &str) -> (Hostile, Person, ChaCha20Rng) {
    let mut rng = rng(test);
    let storage = HostileStorage::new(MemoryStorage::new());
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    (storage, person, rng)
}

async fn backup(storage: &Hostile, factors: &[&dyn Factor]) -> Bundle {
    let account = read(storage, factors).await.unwrap();
    account.backup(storage).await.unwrap()
}

fn excerpt(bundle: &Bundle) -> ReadOnly<MemoryStorage> {
    ReadOnly::excerpt(MemoryStorage::from_records(bundle.records.clone()).unwrap())
}

async fn filled(bundle: &Bundle) -> Hostile {
    let storage = HostileStorage::new(MemoryStorage::new());
    storage.restore(&bundle.records).await.unwrap();
    storage
}

fn slots(account: &Account<'_>) -> Vec<u32> {
    account.found().map(|found| found.slot).collect()
}

fn withheld(error: &Error, culprit: Culprit) {
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    assert_eq!(error.culprits(), [culprit], "{error}");
}

/// Removes the holder with this number, and adds the factor anew.
async fn leave_and_come_back(
    storage: &Hostile,
    quorum: &[&dyn Factor],
    (number, factor): (u128, &dyn Factor),
    rng: &mut ChaCha20Rng,
) {
    let opened = open(storage, quorum).await.unwrap();
    let change = opened.change().remove(Identifier::new(number).unwrap());
    commit(change, storage, rng).await.unwrap();
    let opened = open(storage, quorum).await.unwrap();
    let change = opened.change().add(factor, OfflineCopies::Never);
    commit(change, storage, rng).await.unwrap();
}

#[tokio::test]
async fn a_login_that_came_back_opens_from_a_bundle_and_from_what_it_fills() {
    let (storage, person, mut rng) = stage("login came back").await;
    let login = login(&person.provider).await;
    let device = person.device();
    let laptop = device.factor("laptop");
    for (number, slot) in [(2, 1), (4, 2)] {
        let others: [&dyn Factor; 2] = [&laptop, &person.words];
        leave_and_come_back(&storage, &others, (number, &login), &mut rng).await;
        let bundle = backup(&storage, &[&person.words]).await;
        let elsewhere = filled(&bundle).await;
        let orders: [[&dyn Factor; 2]; 2] = [[&login, &person.words], [&person.words, &login]];
        for quorum in orders {
            for storage in [&excerpt(&bundle) as &dyn Storage, &elsewhere] {
                let opened = open(storage, &quorum).await.unwrap();
                assert_eq!(opened.account().freshness(), Freshness::Verified);
                assert_eq!(slots(opened.account()).iter().sum::<u32>(), slot);
            }
        }
        // Alone it finds the account too, since its anchor knows of no other.
        let account = read(&elsewhere, &[&login]).await.unwrap();
        assert_eq!(slots(&account), [slot]);
        refresh(&elsewhere, &orders[0], &mut rng).await;
        open(&elsewhere, &orders[0]).await.unwrap();
        // What follows is done where the account was.
        storage.restore(&elsewhere.inner().records()).await.unwrap();
    }
}

#[tokio::test]
async fn words_that_came_back_are_found_through_the_document() {
    let (storage, person, mut rng) = stage("words came back").await;
    let login = login(&person.provider).await;
    let device = person.device();
    let laptop = device.factor("laptop");
    let others: [&dyn Factor; 2] = [&laptop, &login];
    leave_and_come_back(&storage, &others, (3, &person.words), &mut rng).await;
    let bundle = backup(&storage, &[&login]).await;
    let elsewhere = filled(&bundle).await;
    let orders: [[&dyn Factor; 2]; 2] = [[&login, &person.words], [&person.words, &login]];
    for quorum in orders {
        for storage in [&excerpt(&bundle) as &dyn Storage, &elsewhere] {
            let opened = open(storage, &quorum).await.unwrap();
            assert_eq!(slots(opened.account()).iter().sum::<u32>(), 1);
        }
    }
    // Alone they have no anchor that leads them on, but in a bundle.
    read(&excerpt(&bundle), &[&person.words]).await.unwrap();
    let error = read(&elsewhere, &[&person.words]).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    // Withheld where the document lists them, they are named.
    elsewhere.withhold(&person.words.address(1));
    let error = read(&elsewhere, &[&login, &person.words]).await.err();
    let number = Identifier::new(4).unwrap();
    withheld(&error.unwrap(), Culprit::Mailbox(number));
}

/// A second account of the same login, with other words.
async fn second(
    storage: &Hostile,
    person: &Person,
    rng: &mut ChaCha20Rng,
) -> (SeedFactor<'static>, AccountId) {
    let login = login(&person.provider).await;
    let other = words("other", rng);
    let mut plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    plan.another = Another::Beside;
    let created = create_over(storage, &plan, &[&login, &other], rng)
        .await
        .unwrap();
    let account = created.account.id();
    drop(created);
    (other, account)
}

#[tokio::test]
async fn a_second_account_opens_from_its_bundle_and_from_what_it_fills() {
    let (storage, person, mut rng) = stage("second account").await;
    let (other, second) = second(&storage, &person, &mut rng).await;
    let login = login(&person.provider).await;
    let bundle = backup(&storage, &[&other]).await;
    let elsewhere = filled(&bundle).await;
    let orders: [[&dyn Factor; 2]; 2] = [[&login, &other], [&other, &login]];
    for quorum in orders {
        for storage in [&excerpt(&bundle) as &dyn Storage, &elsewhere] {
            let opened = open(storage, &quorum).await.unwrap();
            assert_eq!(opened.account().id(), second);
            assert_eq!(opened.account().freshness(), Freshness::Verified);
        }
    }
    // The login alone may mean either account, unless it is said which, or a bundle is at hand.
    let kind = tki_metadata::HolderKind::Provider;
    let error = read(&elsewhere, &[&login]).await.err().unwrap();
    withheld(&error, Culprit::MailboxOf(kind));
    let mut options = ReadOptions::default();
    options.account = Some(second);
    let account = Account::read(&elsewhere, &[&login], options).await.unwrap();
    assert_eq!(account.id(), second);
    assert_eq!(
        read(&excerpt(&bundle), &[&login]).await.unwrap().id(),
        second
    );
    // And a bundle of the first account holds nothing of the second.
    let first = backup(&storage, &[&person.words]).await;
    let error = open(&excerpt(&first), &[&login, &other]).await.err();
    let few = ErrorKind::NeedMoreShares { have: 1, need: 2 };
    assert_eq!(error.unwrap().kind(), few);
}

#[tokio::test]
async fn a_storage_that_withholds_one_account_leads_to_no_other() {
    let (storage, person, mut rng) = stage("withheld for another").await;
    let (other, second) = second(&storage, &person, &mut rng).await;
    let login = login(&person.provider).await;
    let device = person.device();
    let laptop = device.factor("laptop");
    storage.withhold(&login.address(0));
    let kind = tki_metadata::HolderKind::Provider;
    withheld(
        &read(&storage, &[&login]).await.err().unwrap(),
        Culprit::MailboxOf(kind),
    );
    // Whoever has something else of the first account is told whose mailbox it is.
    let number = Identifier::new(2).unwrap();
    let firsts: [[&dyn Factor; 2]; 4] = [
        [&login, &person.words],
        [&person.words, &login],
        [&login, &laptop],
        [&laptop, &login],
    ];
    for factors in firsts {
        let error = read(&storage, &factors).await.err().unwrap();
        withheld(&error, Culprit::Mailbox(number));
    }
    // Words of the second say which is meant, as they do while nothing is withheld.
    let opened = open(&storage, &[&login, &other]).await.unwrap();
    assert_eq!(opened.account().id(), second);
    // With both missing there is no account, and no new one is made in their place.
    storage.withhold(&login.address(1));
    for factors in [&[&login as &dyn Factor][..], &[&login, &other]] {
        let error = read(&storage, factors).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    }
    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    let fresh = words("fresh", &mut rng);
    let error = create_over(&storage, &plan, &[&login, &fresh], &mut rng).await;
    withheld(&error.err().unwrap(), Culprit::MailboxOf(kind));
}

#[tokio::test]
async fn a_login_is_a_witness_against_a_state_from_before_it_came() {
    let (storage, person, mut rng) = stage("before it came").await;
    let device = person.device();
    let laptop = device.factor("laptop");
    let both: [&dyn Factor; 2] = [&laptop, &person.words];
    let newer = tki_provider::fake::FakeProvider::new([7; 32]);
    let newcomer = login(&newer).await;
    let before = backup(&storage, &both).await;
    let opened = open(&storage, &both).await.unwrap();
    let change = opened.change().add(&newcomer, OfflineCopies::Never);
    commit(change, &storage, &mut rng).await.unwrap();
    let with_it: [&dyn Factor; 2] = [&person.words, &newcomer];
    for storage in [&excerpt(&before) as &dyn Storage, &filled(&before).await] {
        let error = read(storage, &with_it).await.err().unwrap();
        withheld(&error, Culprit::Document);
    }
    // After it went, it knows of what it saw, and hinders nobody.
    let opened = open(&storage, &both).await.unwrap();
    let change = opened.change().remove(Identifier::new(4).unwrap());
    commit(change, &storage, &mut rng).await.unwrap();
    refresh(&storage, &both, &mut rng).await;
    let after = backup(&storage, &both).await;
    let elsewhere = filled(&after).await;
    let account = read(&elsewhere, &with_it).await.unwrap();
    assert_eq!(account.freshness(), Freshness::AtLeast(1));
    // Invited again, it does not take the slot that was closed where the account came from.
    let opened = open(&elsewhere, &both).await.unwrap();
    let change = opened.change().add(&newcomer, OfflineCopies::Never);
    commit(change, &elsewhere, &mut rng).await.unwrap();
    let account = read(&elsewhere, &with_it).await.unwrap();
    assert_eq!(slots(&account).iter().sum::<u32>(), 1);
    assert_eq!(account.freshness(), Freshness::Verified);
}

/// An anchor that answers with an error.
struct Failing(fn() -> tki_provider::Error);

#[async_trait::async_trait]
impl Anchor for Failing {
    async fn read(&self, _slot: u32) -> Result<Option<AnchorEntry>, tki_provider::Error> {
        Err((self.0)())
    }

    async fn reserve(&self, _: u32, _: &Claim, _: Takeover) -> Result<(), tki_provider::Error> {
        Err((self.0)())
    }

    async fn advance(&self, _: u32, _: &RecordHeader) -> Result<(), tki_provider::Error> {
        Err((self.0)())
    }
}

#[tokio::test]
async fn an_anchor_that_fails_is_not_taken_for_one_that_knows_nothing() {
    let (_, person, _) = stage("a failing anchor").await;
    let empty = MemoryStorage::new();
    let provider = &person.provider;
    for (failure, kind) in [
        (
            (|| tki_provider::Error::Protocol) as fn() -> tki_provider::Error,
            ErrorKind::Refused,
        ),
        (|| tki_provider::Error::Unavailable, ErrorKind::NotFound),
    ] {
        let anchor = Failing(failure);
        let login = ProviderFactor::connect("login", provider, Some(provider), Some(&anchor))
            .await
            .unwrap();
        let error = read(&empty, &[&login]).await.err().unwrap();
        assert_eq!(error.kind(), kind, "{error}");
        let is_said = error.to_string().contains("provider did not answer");
        assert_eq!(is_said, kind == ErrorKind::NotFound, "{error}");
    }
}
