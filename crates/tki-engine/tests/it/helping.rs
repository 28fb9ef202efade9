//! A guardian stands in for the person he guards, and for nobody else.

use rand_chacha::ChaCha20Rng;
use tki_device::MemoryStore;
use tki_engine::{
    Device, Error, ErrorKind, Factor, HelpedFactor, Joining, OfflineCopies, help, with_causes,
};
use tki_metadata::{
    Digits, Extensions, HelpAnswer, HelpRequest, HelpedMailbox, HolderKind, Mailbox, PendingHelp,
};
use tki_storage::{MemoryStorage, Storage as _};
use tki_testkit::rng;

use crate::support::{NOW, Person, commit, open, read, refresh, settle};

const EXPIRES: u64 = NOW + 86_400;

/// Laptop, login, words and Bob, who has joined.
struct Stage {
    storage: MemoryStorage,
    person: Person,
    bob: Joining,
    rng: ChaCha20Rng,
}

impl Stage {
    async fn new(test: &str) -> Self {
        let mut rng = rng(test);
        let storage = MemoryStorage::new();
        let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
        let mut bob = Joining::new(HolderKind::Guardian, "Bob", &mut rng).unwrap();
        let laptop = person.device();
        let factor = laptop.factor("laptop");
        let opened = open(&storage, &[&factor, &person.words]).await.unwrap();
        let invitation = opened
            .account()
            .invite(bob.request(), "", EXPIRES, &mut rng)
            .unwrap();
        // Nothing of a guardian is written before he has replied.
        assert_eq!(storage.get(&bob.request().address).await.unwrap(), None);
        bob.answer(invitation.invite(), NOW).unwrap();
        let reply = bob.reply().unwrap();
        let candidate = invitation.receive(&reply, NOW).unwrap();
        let remote = candidate.confirm(reply.code()).unwrap();
        let change = opened.change().add(&remote, OfflineCopies::Keep);
        let prepared = change.prepare(&storage, NOW, &mut rng).await.unwrap();
        let committed = settle(prepared, &storage, &laptop, &mut rng).await.unwrap();
        let holder = committed
            .account
            .core()
            .holder_at(&remote.address(0))
            .unwrap();
        assert_eq!((holder.kind, holder.offline), (HolderKind::Guardian, false));
        drop(committed);
        drop(opened);
        drop(factor);
        drop(laptop);
        Self {
            storage,
            person,
            bob,
            rng,
        }
    }

    /// What Bob answers when he hears the right digits.
    async fn answer(&mut self, request: &HelpRequest) -> Result<HelpAnswer, Error> {
        let heard = (request, request.code());
        help(&self.storage, &self.bob, heard, NOW, &mut self.rng).await
    }
}

#[tokio::test]
async fn words_and_a_guardian_bring_the_account_back() {
    let mut stage = Stage::new("words and a guardian").await;
    let before = read(&stage.storage, &[&stage.person.words]).await.unwrap();
    let (key, laptop) = (
        before.verifying_key().to_vec(),
        before.holders()[0].identifier().unwrap(),
    );
    drop(before);
    let pending = PendingHelp::new("Alice", EXPIRES, &mut stage.rng);
    // Kept, and read back, as after a restart.
    let pending = PendingHelp::decode(&pending.encode().unwrap()).unwrap();
    let message = pending.request.encode().unwrap();
    let request = HelpRequest::decode(&message).unwrap();
    assert_eq!(request.code(), pending.request.code());
    let answer = stage.answer(&request).await.unwrap().encode().unwrap();
    let helped = HelpedFactor::open(&pending, &HelpAnswer::decode(&answer).unwrap()).unwrap();

    let (storage, words) = (&stage.storage, &stage.person.words);
    let opened = open(storage, &[words, &helped]).await.unwrap();
    assert_eq!(opened.account().verifying_key(), key);
    // A new device in the place of the lost one, as in any recovery.
    let store = MemoryStore::new();
    let device = Device::new(&store, &mut stage.rng);
    let factor = device.factor("new laptop");
    let change = opened
        .change()
        .unverified(tki_engine::Unverified::Accept)
        .add(&factor, OfflineCopies::Keep)
        .remove(laptop);
    let prepared = change.prepare(storage, NOW, &mut stage.rng).await.unwrap();
    settle(prepared, storage, &device, &mut stage.rng)
        .await
        .unwrap();
    let device = Device::load(&store).unwrap().unwrap();
    let factor = device.factor("");
    let opened = open(storage, &[&factor, words]).await.unwrap();
    assert_eq!(opened.account().verifying_key(), key);
    // The answer was for the version before; the guardian himself goes on.
    let error = open(storage, &[words, &helped]).await.err().unwrap();
    assert!(with_causes(&error).contains("ask again"), "{error}");
    open(storage, &[words, &stage.bob.factor()]).await.unwrap();
}

#[tokio::test]
async fn a_guardian_answers_the_digits_that_he_hears() {
    let mut stage = Stage::new("digits of help").await;
    let (alice, eve) = (
        PendingHelp::new("Alice", EXPIRES, &mut stage.rng),
        PendingHelp::new("Alice", EXPIRES, &mut stage.rng),
    );
    // Eve's request in the place of Alice's, who reads her own digits aloud.
    let heard = (&eve.request, alice.request.code());
    let refused = help(&stage.storage, &stage.bob, heard, NOW, &mut stage.rng).await;
    let error = refused.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(with_causes(&error).contains("nothing was handed out"));
    // Later, or with another name, it is another request with other digits.
    for change in [
        (|request: &mut HelpRequest| request.expires += 1) as fn(&mut HelpRequest),
        |request| request.label.push('!'),
    ] {
        let mut changed = alice.request.clone();
        change(&mut changed);
        assert_ne!(changed.code(), alice.request.code());
    }
    let late = (&alice.request, alice.request.code());
    let refused = help(&stage.storage, &stage.bob, late, EXPIRES, &mut stage.rng).await;
    assert!(with_causes(&refused.err().unwrap()).contains("expired"));
}

#[tokio::test]
async fn an_answer_is_for_one_request() {
    let mut stage = Stage::new("one request").await;
    let (alice, eve) = (
        PendingHelp::new("Alice", EXPIRES, &mut stage.rng),
        PendingHelp::new("Eve", EXPIRES, &mut stage.rng),
    );
    let answer = stage.answer(&alice.request).await.unwrap();
    let mut redirected = answer.clone();
    redirected.request = eve.request.hash();
    for (pending, answer) in [(&eve, &answer), (&eve, &redirected), (&alice, &redirected)] {
        let error = HelpedFactor::open(pending, answer).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Refused);
    }
    for position in 0..answer.sealed.len() {
        let mut damaged = answer.clone();
        damaged.sealed[position] ^= 1;
        assert!(HelpedFactor::open(&alice, &damaged).is_err());
    }
    HelpedFactor::open(&alice, &answer).unwrap();
}

#[tokio::test]
async fn an_answer_that_somebody_made_up_leads_nowhere() {
    let mut stage = Stage::new("made up").await;
    // Eve has an account of her own with words, and seals its mailbox to Alice's key.
    let eve = Person::create(&stage.storage, OfflineCopies::Keep, &mut stage.rng).await;
    let pending = PendingHelp::new("Alice", EXPIRES, &mut stage.rng);
    let hers = mailbox_of(&stage, &eve.words).await;
    let forged = HelpAnswer::seal(&pending.request, &hers, &mut stage.rng).unwrap();
    let helped = HelpedFactor::open(&pending, &forged).unwrap();
    let words = &stage.person.words;
    let error = open(&stage.storage, &[words, &helped]).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Refused);
    // Or Bob's address with another content.
    let bob = mailbox_of(&stage, &stage.bob.factor()).await;
    let mixed = HelpedMailbox {
        plaintext: hers.plaintext,
        ..bob
    };
    let forged = HelpAnswer::seal(&pending.request, &mixed, &mut stage.rng).unwrap();
    let helped = HelpedFactor::open(&pending, &forged).unwrap();
    let error = open(&stage.storage, &[words, &helped]).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Refused);
}

/// A factor's mailbox as a guardian hands it out.
async fn mailbox_of(stage: &Stage, factor: &dyn Factor) -> HelpedMailbox {
    let address = factor.address(0);
    let record = stage.storage.get(&address).await.unwrap().unwrap();
    let context = Mailbox::context(&address);
    HelpedMailbox {
        address,
        box_key: factor.box_key(),
        hash: Mailbox::hash(record.body()),
        plaintext: factor.open_sealed(&context, record.body()).await.unwrap(),
        extensions: Extensions::new(),
    }
}

#[tokio::test]
async fn help_is_for_the_account_as_it_was_then() {
    let mut stage = Stage::new("outdated").await;
    let pending = PendingHelp::new("Alice", EXPIRES, &mut stage.rng);
    let answer = stage.answer(&pending.request).await.unwrap();
    let helped = HelpedFactor::open(&pending, &answer).unwrap();
    let laptop = stage.person.device();
    let laptop = laptop.factor("");
    let words = &stage.person.words;
    refresh(&stage.storage, &[&laptop, words], &mut stage.rng).await;
    let error = open(&stage.storage, &[words, &helped]).await.err().unwrap();
    assert!(with_causes(&error).contains("ask again"));
    assert_eq!(error.kind(), ErrorKind::Refused);
}

#[tokio::test]
async fn who_is_no_guardian_any_more_helps_nobody() {
    let mut stage = Stage::new("removed guardian").await;
    let pending = PendingHelp::new("Alice", EXPIRES, &mut stage.rng);
    let old = stage.answer(&pending.request).await.unwrap();
    let laptop = stage.person.device();
    let laptop = laptop.factor("");
    let words = &stage.person.words;
    let opened = open(&stage.storage, &[&laptop, words]).await.unwrap();
    let bob = opened
        .account()
        .core()
        .holder_at(&stage.bob.request().address)
        .unwrap();
    let change = opened.change().remove(bob.identifier().unwrap());
    commit(change, &stage.storage, &mut stage.rng)
        .await
        .unwrap();
    drop(opened);
    drop(laptop);
    let error = stage.answer(&pending.request).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Removed);
    let helped = HelpedFactor::open(&pending, &old).unwrap();
    let words = &stage.person.words;
    assert!(open(&stage.storage, &[words, &helped]).await.is_err());
}

#[test]
fn nobody_finds_another_request_with_its_digits_soon() {
    // Of three digits he finds one in a thousand tries; of 24 it would be 10²¹ times as many.
    let mut rng = rng("many digits");
    let wanted = Digits::<3>::from_hash(&[7; 32]);
    let mut tries: u32 = 0;
    let template = PendingHelp::new("Alice", EXPIRES, &mut rng).request;
    loop {
        tries += 1;
        let mut request = template.clone();
        request.expires += u64::from(tries);
        if Digits::<3>::from_hash(&request.hash()) == wanted {
            break;
        }
    }
    assert!((10..20_000).contains(&tries), "{tries}");
}
