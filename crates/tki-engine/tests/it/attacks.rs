//! Attacks by a storage that colludes with a removed holder who knows the key, or that lies only
//! while something is written: honest owners must notice, and lose nothing when the lie ends.

use rand_chacha::ChaCha20Rng;
use tki_engine::{
    Culprit, Device, ErrorKind, Factor, Freshness, OfflineCopies, Plan, ProviderFactor, create,
};
use tki_math::{Identifier, Share, Threshold, combine};
use tki_metadata::{ControlKey, Core, Document, Key, Mailbox, MailboxKey};
use tki_record::{Record, RecordHeader, RecordKind};
use tki_seal::{
    bip340::SigningKey,
    curve::{CurveId, Secp256k1},
    sealed_box,
};
use tki_storage::{MemoryStorage, Storage};
use tki_testkit::{HostileStorage, Outcome as Ends, forge, rng};

use crate::support::{NOW, Person, commit, login, open, read, refresh, words};

pub(crate) type Hostile = HostileStorage<MemoryStorage>;

async fn stage(test: &str) -> (Hostile, Person, ChaCha20Rng) {
    let mut rng = rng(test);
    let storage = HostileStorage::new(MemoryStorage::new());
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    (storage, person, rng)
}

/// What somebody who once had every factor at hand keeps for ever: version 0, opened.
pub(crate) struct Loot {
    document: (Record, Document),
    mailboxes: Vec<(Record, Mailbox)>,
    pub(crate) control: ControlKey,
}

impl Loot {
    pub(crate) async fn take(storage: &dyn Storage, factors: &[&dyn Factor]) -> Self {
        let mut mailboxes = Vec::new();
        for factor in factors {
            let address = factor.address(0);
            let record = storage.get(&address).await.unwrap().unwrap();
            let context = Mailbox::context(&address);
            let plain = factor.open_sealed(&context, record.body()).await.unwrap();
            mailboxes.push((record, Mailbox::decode(&plain).unwrap()));
        }
        let shares: Vec<_> = mailboxes
            .iter()
            .map(|(_, mailbox)| {
                let (identifier, value) = &mailbox.keys[0].shares[0];
                let value = tki_math::SecretScalar::<Secp256k1>::from_canonical_bytes(value);
                Share::new(*identifier, value.unwrap())
            })
            .collect();
        let secret = combine(&shares, Threshold::new(2).unwrap()).unwrap();
        let (_, first) = &mailboxes[0];
        let control = ControlKey::derive(&secret.to_bytes(), &first.control_salt);
        let address = first.account_secret.document_address();
        let record = storage.get(&address).await.unwrap().unwrap();
        let document = Document::open(&first.document_key, &address, record.body()).unwrap();
        Self {
            document: (record, document),
            mailboxes,
            control,
        }
    }

    /// Plants version 2 upon the true version 1: its history has both true hashes, and its records
    /// go on from version 0 as if no writer had been handed over since.
    pub(crate) fn plant_fork(mut self, storage: &Hostile, truth: &Record, rng: &mut ChaCha20Rng) {
        let (record, document) = &mut self.document;
        let core = &mut document.core;
        for hash in [*record.body_hash(), *truth.body_hash()] {
            core.history = core.next_history(hash);
            core.version += 1;
        }
        document.mailbox_hashes.clear();
        for (holder, (record, mailbox)) in core.holders.iter().zip(&mut self.mailboxes) {
            mailbox.version = core.version;
            mailbox.core_hash = core.hash();
            let context = tki_provider::box_context(&Mailbox::context(&holder.mailbox));
            let plain = mailbox.encode().unwrap();
            let body = sealed_box::seal(&holder.box_key, context, &plain, rng);
            document.mailbox_hashes.push(Mailbox::hash(&body));
            let writer = self.control.writer(&holder.mailbox);
            storage.plant(record.next(body, &writer, None).unwrap());
        }
        let key = &self.mailboxes[0].1.document_key;
        let body = document.seal(key, &record.address(), rng).unwrap();
        let writer = self.control.writer(&record.address());
        let skipped = record.next(Vec::new(), &writer, None).unwrap();
        let forged = skipped.next(body, &writer, None).unwrap();
        forged.verify().unwrap();
        storage.plant(forged);
    }
}

impl Loot {
    /// As [`Loot::plant_fork`], and in the planted version the account has moved to a key of the
    /// attacker's, which is returned: from it follows who writes next.
    pub(crate) fn plant_move(
        mut self,
        storage: &Hostile,
        truth: &Record,
        rng: &mut ChaCha20Rng,
    ) -> Vec<u8> {
        let (record, document) = &mut self.document;
        let core = &mut document.core;
        for hash in [*record.body_hash(), *truth.body_hash()] {
            core.history = core.next_history(hash);
            core.version += 1;
        }
        let secret = tki_math::SecretScalar::<Secp256k1>::random(rng);
        let dealing = tki_math::split(&secret, &core.structure, &core.identifiers(), rng).unwrap();
        let commitments = dealing.commitment().to_bytes();
        let verifying_key = commitments[0].clone();
        core.keys = vec![Key::new(verifying_key.clone(), commitments, None)];
        let next = ControlKey::derive(&secret.to_bytes(), &self.mailboxes[0].1.control_salt);
        let handed = |address: &tki_record::Address| Some(next.writer(address).public_key());
        document.mailbox_hashes.clear();
        let shared = dealing.shares().iter().zip(&mut self.mailboxes);
        for (holder, (share, (record, mailbox))) in core.holders.iter().zip(shared) {
            mailbox.version = core.version;
            mailbox.core_hash = core.hash();
            let value = share.value().to_bytes();
            let own = vec![(share.identifier(), value)];
            mailbox.keys = vec![MailboxKey::new(verifying_key.clone(), own)];
            let context = tki_provider::box_context(&Mailbox::context(&holder.mailbox));
            let plain = mailbox.encode().unwrap();
            let body = sealed_box::seal(&holder.box_key, context, &plain, rng);
            document.mailbox_hashes.push(Mailbox::hash(&body));
            let address = &holder.mailbox;
            let writer = self.control.writer(address);
            storage.plant(record.next(body, &writer, handed(address)).unwrap());
        }
        let address = &record.address();
        let key = &self.mailboxes[0].1.document_key;
        let body = document.seal(key, address, rng).unwrap();
        let writer = self.control.writer(address);
        let skipped = record.next(Vec::new(), &writer, None).unwrap();
        let forged = skipped.next(body, &writer, handed(address)).unwrap();
        forged.verify().unwrap();
        storage.plant(forged);
        verifying_key
    }

    /// Plants version 1 upon version 0 as whoever knows the key can, with the core and each mailbox
    /// spoiled in some way; everything else is as it should be.
    pub(crate) fn plant_spoiled(
        mut self,
        storage: &Hostile,
        spoil_core: impl FnOnce(&mut Core),
        spoil: impl Fn(usize, &mut Mailbox),
        rng: &mut ChaCha20Rng,
    ) {
        let (record, document) = &mut self.document;
        let core = &mut document.core;
        core.history = core.next_history(*record.body_hash());
        core.version += 1;
        spoil_core(core);
        document.mailbox_hashes.clear();
        for (position, (record, mailbox)) in self.mailboxes.iter_mut().enumerate() {
            let holder = &core.holders[position];
            mailbox.version = core.version;
            mailbox.core_hash = core.hash();
            spoil(position, mailbox);
            let context = tki_provider::box_context(&Mailbox::context(&holder.mailbox));
            let plain = mailbox.encode().unwrap();
            let body = sealed_box::seal(&holder.box_key, context, &plain, rng);
            document.mailbox_hashes.push(Mailbox::hash(&body));
            let writer = self.control.writer(&holder.mailbox);
            storage.plant(record.next(body, &writer, None).unwrap());
        }
        let key = &self.mailboxes[0].1.document_key;
        let body = document.seal(key, &record.address(), rng).unwrap();
        let writer = self.control.writer(&record.address());
        storage.plant(record.next(body, &writer, None).unwrap());
    }
}

/// The paper is removed; whoever had used it has the key, and the storage.
pub(crate) async fn stage_of_fork(test: &str) -> (Hostile, Person) {
    let (storage, person, mut rng) = stage(test).await;
    let login = login(&person.provider).await;
    let device = person.device();
    let factor = device.factor("laptop");
    let loot = Loot::take(&storage, &[&factor, &login, &person.words]).await;
    let opened = open(&storage, &[&factor, &login]).await.unwrap();
    let change = opened.change().remove(Identifier::new(3).unwrap());
    let committed = commit(change, &storage, &mut rng).await.unwrap();
    assert!(committed.anchored);
    device
        .settle(&storage, &committed.account, &mut rng)
        .await
        .unwrap();
    let address = committed.account.document_address();
    let truth = storage.get(&address).await.unwrap().unwrap();
    loot.plant_fork(&storage, &truth, &mut rng);
    drop(login);
    (storage, person)
}

#[tokio::test]
async fn a_fork_by_a_former_writer_is_refused_by_the_anchor() {
    let (storage, person) = stage_of_fork("fork, anchor").await;
    let login = login(&person.provider).await;
    let error = read(&storage, &[&login]).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    assert_eq!(error.culprits(), [Culprit::Document]);
}

#[tokio::test]
async fn a_fork_by_a_former_writer_is_refused_by_a_device_when_it_is_opened() {
    let (storage, person) = stage_of_fork("fork, device").await;
    let provider = &person.provider;
    let login = ProviderFactor::connect("login", provider, Some(provider), None)
        .await
        .unwrap();
    let device = person.device();
    let factor = device.factor("laptop");
    let error = open(&storage, &[&factor, &login]).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    assert_eq!(error.culprits(), [Culprit::Document]);
}

#[tokio::test]
async fn a_header_that_was_not_opened_is_not_written_upon() {
    let (storage, person, mut rng) = stage("unopened header").await;
    let login = login(&person.provider).await;
    let opened = open(&storage, &[&login, &person.words]).await.unwrap();
    let address = opened.account().document_address();
    // The same body, under a version that nobody signed: whoever writes upon it signs the next,
    // and makes his anchor refuse the true account for ever.
    let (header, body) = storage.get(&address).await.unwrap().unwrap().into_parts();
    let forged = RecordHeader::from_parts(
        header.claim().clone(),
        1_000,
        false,
        *header.body_hash(),
        header.hand_overs().to_vec(),
        *header.signature(),
    );
    storage.plant(Record::from_parts(forged.unwrap(), body).unwrap());
    let change = opened.change().refresh();
    let refused = commit(change, &storage, &mut rng).await.err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::Refused, "{refused}");
    assert_eq!(refused.culprits(), [Culprit::Document]);
    storage.be_honest();
    open(&storage, &[&login, &person.words]).await.unwrap();
}

#[tokio::test]
async fn a_slot_is_not_skipped_for_a_record_that_nobody_signed() {
    let mut rng = rng("forged closed slots");
    let storage = HostileStorage::new(MemoryStorage::new());
    let papers = [words("one", &mut rng), words("two", &mut rng)];
    // Closed by the storage itself: the papers would go to slot 1, and be looked for at slot 0 as
    // soon as the lie ends.
    let attacker = SigningKey::random(&mut rng);
    let claim_key = papers[0].expose_seed().claim_key(0).public_key();
    let squatted = forge::squatting(RecordKind::Mailbox, 0, &claim_key, &attacker, Vec::new());
    storage.plant(squatted.close(Vec::new(), &attacker).unwrap());
    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    let factors: [&dyn Factor; 2] = [&papers[0], &papers[1]];
    let refused = create(&storage, &plan, &factors, &mut rng).await;
    let refused = refused.err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::Refused, "{refused}");
}

#[tokio::test]
async fn a_login_that_came_back_remembers_more_than_its_first_slot() {
    let (storage, person, mut rng) = stage("came back, rolled back").await;
    let before = storage.checkpoint();
    let login = login(&person.provider).await;
    let device = person.device();
    let factor = device.factor("laptop");
    let opened = open(&storage, &[&factor, &person.words]).await.unwrap();
    let change = opened.change().remove(Identifier::new(2).unwrap());
    commit(change, &storage, &mut rng).await.unwrap();
    let opened = open(&storage, &[&factor, &person.words]).await.unwrap();
    let change = opened.change().add(&login, OfflineCopies::Never);
    commit(change, &storage, &mut rng).await.unwrap();
    refresh(&storage, &[&login, &person.words], &mut rng).await;
    let opened = open(&storage, &[&login, &person.words]).await.unwrap();
    assert_eq!(opened.account().freshness(), Freshness::Verified);
    // Before the removal the login was at slot 0, whose anchor knows of nothing newer.
    storage.roll_back_to(before);
    let error = read(&storage, &[&login]).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    assert_eq!(error.culprits(), [Culprit::Document]);
}

#[tokio::test]
async fn a_change_upon_one_whose_answer_was_lost_does_not_make_it_undone() {
    let (storage, person, mut rng) = stage("lost answer, then another change").await;
    let login = login(&person.provider).await;
    let paper = words("new", &mut rng);
    let opened = open(&storage, &[&login, &person.words]).await.unwrap();
    let change = opened.change().add(&paper, OfflineCopies::Never);
    let prepared = change.prepare(&storage, NOW, &mut rng).await.unwrap();
    storage.fail_next_commit(Ends::HeldBack);
    let device = person.device();
    prepared.announce(&device, None, &mut rng).unwrap();
    let reading_back = Delayed {
        storage: &storage,
        person: &person,
        rng: tokio::sync::Mutex::new(rng),
    };
    let error = prepared.commit(&reading_back).await.err().unwrap();
    // It is not told to be void: the paper is a holder.
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    let device: Device<'_> = person.device();
    let factor = device.factor("laptop");
    let account = read(&storage, &[&factor]).await.unwrap();
    assert_eq!(
        device.outcome(&account),
        Some(tki_engine::Outcome::Happened)
    );
    read(&storage, &[&paper]).await.unwrap();
}

/// A commit's answer is lost, it arrives, and somebody else changes the account upon it, all before
/// the first reads back.
struct Delayed<'a> {
    storage: &'a Hostile,
    person: &'a Person,
    rng: tokio::sync::Mutex<ChaCha20Rng>,
}

#[async_trait::async_trait]
impl Storage for Delayed<'_> {
    async fn get(
        &self,
        address: &tki_record::Address,
    ) -> Result<Option<Record>, tki_storage::Error> {
        self.storage.get(address).await
    }

    async fn get_many(
        &self,
        addresses: &[tki_record::Address],
    ) -> Result<Vec<Option<Record>>, tki_storage::Error> {
        self.storage.get_many(addresses).await
    }

    async fn commit(&self, commit: &tki_record::Commit) -> Result<(), tki_storage::Error> {
        let answer = self.storage.commit(commit).await;
        for late in self.storage.release().await {
            late.unwrap();
        }
        let login = login(&self.person.provider).await;
        let mut rng = self.rng.lock().await;
        refresh(self.storage, &[&login, &self.person.words], &mut rng).await;
        answer
    }
}
