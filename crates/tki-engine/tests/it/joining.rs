//! A device or a guardian that is elsewhere joins an account, and somebody stands in between.

use rand_chacha::ChaCha20Rng;
use rand_core::Rng as _;
use tki_device::{DeviceStore as _, MemoryStore};
use tki_engine::{
    Account, Device, ErrorKind, Factor, Invitation, JoinError, Joining, OfflineCopies, Opened,
    RemoteFactor, with_causes,
};
use tki_metadata::{
    DevicePackage, Digits, Extensions, HolderKind, JoinCode, JoinInvite, JoinNonce, JoinReply,
    JoinRequest, OpeningSeed, PendingInvite,
};
use tki_record::{Record, RecordKind};
use tki_seal::bip340::{Signature, SigningKey};
use tki_storage::{MemoryStorage, Storage as _};
use tki_testkit::rng;

use crate::support::{NOW, Person, commit, login, open, read, refresh, settle};

const EXPIRES: u64 = NOW + 900;

/// A message as it arrives.
fn sent<T, E: core::fmt::Debug>(
    encoded: Result<Vec<u8>, E>,
    decode: fn(&[u8]) -> Result<T, E>,
) -> T {
    decode(&encoded.unwrap()).unwrap()
}

fn request_of(joining: &Joining) -> JoinRequest {
    sent(joining.request().encode(), JoinRequest::decode)
}

fn reply_of(joining: &Joining) -> JoinReply {
    sent(joining.reply().unwrap().encode(), JoinReply::decode)
}

fn device(label: &str, rng: &mut ChaCha20Rng) -> Joining {
    Joining::new(HolderKind::Device, label, rng).unwrap()
}

/// An invitation as it comes back from where it was kept.
fn invite(account: &Account<'_>, request: JoinRequest, rng: &mut ChaCha20Rng) -> Invitation {
    let made = account.invite(request, "savings", EXPIRES, rng).unwrap();
    let kept = made.pending().encode().unwrap();
    Invitation::from_pending(PendingInvite::decode(&kept).unwrap())
}

/// The three messages as nobody changed them, and the digits read from one screen to the other.
fn joined(account: &Account<'_>, joining: &mut Joining, rng: &mut ChaCha20Rng) -> RemoteFactor {
    let invitation = invite(account, request_of(joining), rng);
    let message = sent(invitation.invite().encode(), JoinInvite::decode);
    joining.answer(&message, NOW).unwrap();
    let reply = reply_of(joining);
    let shown = reply.code();
    let candidate = invitation.receive(&reply, NOW).unwrap();
    candidate.confirm(shown).unwrap()
}

/// Adds what has joined, with these factors at hand.
async fn add(
    storage: &MemoryStorage,
    factors: &[&dyn Factor],
    remote: &RemoteFactor,
    rng: &mut ChaCha20Rng,
) {
    let opened = open(storage, factors).await.unwrap();
    let change = opened.change().add(remote, OfflineCopies::Keep);
    commit(change, storage, rng).await.unwrap();
}

/// Laptop, login, words; and a phone that has nothing yet.
async fn stage(test: &str) -> (MemoryStorage, Person, MemoryStore, ChaCha20Rng) {
    let mut rng = rng(test);
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    (storage, person, MemoryStore::new(), rng)
}

fn key(opened: &Opened<'_>) -> Vec<u8> {
    opened.account().verifying_key().to_vec()
}

#[tokio::test]
async fn a_new_device_joins_and_becomes_a_member() {
    let (storage, person, store, mut rng) = stage("a new device").await;
    let laptop = person.device();
    let laptop_factor = laptop.factor("laptop");
    // Request: kept, then sent.
    let joining = device("phone", &mut rng);
    Device::join(&store, &joining, &mut rng).unwrap();
    let phone = Device::load(&store).unwrap().unwrap();
    let mut joining = phone.joining().unwrap().unwrap();
    // One factor is enough to invite.
    let account = read(&storage, &[&laptop_factor]).await.unwrap();
    let invitation = invite(&account, request_of(&joining), &mut rng);
    // Reply: kept, then sent.
    joining.answer(invitation.invite(), NOW).unwrap();
    Device::join(&store, &joining, &mut rng).unwrap();
    let phone = Device::load(&store).unwrap().unwrap();
    let joining = phone.joining().unwrap().unwrap();
    let reply = reply_of(&joining);
    let candidate = invitation.receive(&reply, NOW).unwrap();
    assert_eq!(
        (candidate.kind(), candidate.label()),
        (HolderKind::Device, "phone")
    );
    let remote = candidate
        .confirm(reply.code())
        .unwrap()
        .labelled("my phone");

    let opened = open(&storage, &[&laptop_factor, &person.words])
        .await
        .unwrap();
    let before = key(&opened);
    let change = opened.change().add(&remote, OfflineCopies::Keep);
    let prepared = change.prepare(&storage, NOW, &mut rng).await.unwrap();
    let committed = settle(prepared, &storage, &laptop, &mut rng).await.unwrap();
    assert_eq!(committed.receipt.added[0].label, "my phone");

    // The phone finds its mailbox and is a member.
    let factor = phone.factor("");
    let account = read(&storage, &[&factor]).await.unwrap();
    let phone = phone.settle(&storage, &account, &mut rng).await.unwrap();
    assert!(phone.joining().unwrap().is_none());
    let package = DevicePackage::decode(&store.load().unwrap().unwrap()).unwrap();
    assert!(
        package.extensions.is_empty(),
        "nothing of the joining is kept"
    );
    assert_eq!(
        phone.membership().unwrap().holder().unwrap().label,
        "my phone"
    );
    let factor = phone.factor("");
    let opened = open(&storage, &[&factor, &person.words]).await.unwrap();
    assert_eq!(key(&opened), before);
}

#[tokio::test]
async fn the_first_writer_of_an_invite_writes_one_version() {
    let (storage, person, _, mut rng) = stage("first writer").await;
    let laptop = person.device();
    let laptop = laptop.factor("laptop");
    let mut joining = device("phone", &mut rng);
    let account = read(&storage, &[&laptop]).await.unwrap();
    let remote = joined(&account, &mut joining, &mut rng);
    let first = remote.first_writer().unwrap();
    add(&storage, &[&laptop, &person.words], &remote, &mut rng).await;

    let address = remote.address(0);
    let record = storage.get(&address).await.unwrap().unwrap();
    assert_eq!(*record.writer(), first.public_key());
    assert_ne!(record.next_writer(), Some(&first.public_key()));
    assert!(record.next_writer().is_some());
    record.verify().unwrap();
    // Whoever has w₀ cannot go on with it.
    let next = record.next(vec![0], &first, None).unwrap();
    let commit = tki_record::Commit::new(vec![next]).unwrap();
    let refused = storage.commit(&commit).await.err().unwrap();
    assert!(
        matches!(refused, tki_storage::Error::Refused { .. }),
        "{refused}"
    );
    // The account can, and hands over when somebody is removed.
    refresh(&storage, &[&laptop, &person.words], &mut rng).await;
    let opened = open(&storage, &[&laptop, &person.words]).await.unwrap();
    let provider = opened.account().holders()[1].identifier().unwrap();
    commit_removal(&storage, &opened, provider, &mut rng).await;
    let phone = joining.factor();
    open(&storage, &[&phone, &person.words]).await.unwrap();
    let opened = open(&storage, &[&laptop, &person.words]).await.unwrap();
    let phone_id = opened
        .account()
        .core()
        .holder_at(&address)
        .unwrap()
        .identifier()
        .unwrap();
    commit_removal(&storage, &opened, phone_id, &mut rng).await;
    let error = read(&storage, &[&phone]).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Removed);
}

async fn commit_removal(
    storage: &MemoryStorage,
    opened: &Opened<'_>,
    identifier: tki_math::Identifier,
    rng: &mut ChaCha20Rng,
) {
    commit(opened.change().remove(identifier), storage, rng)
        .await
        .unwrap();
}

#[tokio::test]
async fn several_devices_raise_the_threshold_and_keep_the_key() {
    let (storage, person, _, mut rng) = stage("several devices").await;
    let laptop = person.device();
    let laptop = laptop.factor("laptop");
    let before = key(&open(&storage, &[&laptop, &person.words]).await.unwrap());
    // Both ask before either is added: two requests at once are two invites.
    let account = read(&storage, &[&laptop]).await.unwrap();
    let (mut phone, mut tablet) = (device("phone", &mut rng), device("tablet", &mut rng));
    let of_phone = joined(&account, &mut phone, &mut rng);
    let of_tablet = joined(&account, &mut tablet, &mut rng);
    drop(account);
    add(&storage, &[&laptop, &person.words], &of_tablet, &mut rng).await;
    add(&storage, &[&laptop, &person.words], &of_phone, &mut rng).await;
    let opened = open(&storage, &[&laptop, &person.words]).await.unwrap();
    let change = opened.change().threshold(3);
    commit(change, &storage, &mut rng).await.unwrap();

    let (phone, tablet) = (phone.factor(), tablet.factor());
    let error = open(&storage, &[&phone, &tablet]).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::NeedMoreShares { have: 2, need: 3 });
    let opened = open(&storage, &[&phone, &tablet, &laptop]).await.unwrap();
    assert_eq!(key(&opened), before);
    assert_eq!(opened.account().holders().len(), 5);
}

#[tokio::test]
async fn a_reply_counts_for_its_own_invite_alone() {
    let (storage, person, _, mut rng) = stage("two at once").await;
    let account = read(&storage, &[&person.words]).await.unwrap();
    let (mut phone, mut tablet) = (device("phone", &mut rng), device("tablet", &mut rng));
    let of_phone = invite(&account, request_of(&phone), &mut rng);
    let of_tablet = invite(&account, request_of(&tablet), &mut rng);
    assert_eq!(
        phone.answer(of_tablet.invite(), NOW),
        Err(JoinError::OtherRequest)
    );
    phone.answer(of_phone.invite(), NOW).unwrap();
    tablet.answer(of_tablet.invite(), NOW).unwrap();
    let error = of_tablet.receive(&reply_of(&phone), NOW).err();
    assert_eq!(error, Some(JoinError::OtherInvite));
    // The other one is not touched by that.
    let candidate = of_phone.receive(&reply_of(&phone), NOW).unwrap();
    candidate.confirm(reply_of(&phone).code()).unwrap();
}

/// Everything that somebody on the way can make up for himself.
struct Attacker {
    seed: OpeningSeed,
    nonce: JoinNonce,
}

impl Attacker {
    fn new(rng: &mut ChaCha20Rng) -> Self {
        Self {
            seed: OpeningSeed::random(rng),
            nonce: JoinNonce::random(rng),
        }
    }

    fn request(&self, like: &JoinRequest) -> JoinRequest {
        let (box_key, claim_key) = (self.seed.box_key(), self.seed.claim_key(0));
        JoinRequest {
            address: self.seed.mailbox_address(0),
            commitment: JoinRequest::commit(
                &box_key.public_key(),
                &claim_key.public_key(),
                &self.nonce,
            ),
            ..like.clone()
        }
    }

    fn reply(&self, invite: &JoinInvite) -> JoinReply {
        let claim = invite.sign_claim(&self.seed);
        JoinReply {
            invite: invite.hash(),
            box_key: self.seed.box_key().public_key(),
            claim_key: *claim.key(),
            nonce: self.nonce.clone(),
            signature: *claim.signature(),
        }
    }
}

/// An invite of the attacker's own, for a request.
fn forged(request: &JoinRequest, rng: &mut ChaCha20Rng) -> JoinInvite {
    let mut bytes = [[0; 32]; 2];
    bytes.iter_mut().for_each(|part| rng.fill_bytes(part));
    JoinInvite {
        request: request.hash(),
        first_writer: SigningKey::random(rng).public_key(),
        binding: bytes[0],
        nonce: bytes[1],
        account: "savings".into(),
        expires: EXPIRES,
        extensions: Extensions::new(),
    }
}

#[tokio::test]
async fn a_man_in_the_middle_changes_the_digits() {
    let (storage, person, _, mut rng) = stage("man in the middle").await;
    let laptop = person.device();
    let laptop = laptop.factor("laptop");
    let account = read(&storage, &[&laptop]).await.unwrap();
    let mut phone = device("phone", &mut rng);
    let attacker = Attacker::new(&mut rng);
    // He asks in the phone's place, and invites the phone in the account's place.
    let invitation = invite(&account, attacker.request(&request_of(&phone)), &mut rng);
    let to_attacker = invitation.invite().clone();
    let mut to_phone = to_attacker.clone();
    to_phone.request = request_of(&phone).hash();
    phone.answer(&to_phone, NOW).unwrap();
    let shown = reply_of(&phone).code();
    let candidate = invitation
        .receive(&attacker.reply(&to_attacker), NOW)
        .unwrap();
    assert_ne!(candidate.code(), shown);
    assert_eq!(candidate.confirm(shown).err(), Some(JoinError::CodeDiffers));
    // Nothing happened to the account, and the phone is nobody.
    assert_eq!(read(&storage, &[&laptop]).await.unwrap().version(), 0);
    let error = read(&storage, &[&phone.factor()]).await.err().unwrap();
    assert!(matches!(error.kind(), ErrorKind::NotFound), "{error}");
}

#[test]
fn digits_agree_by_chance_alone_however_he_times_it() {
    // With two digits instead of six, so that chance shows: 1 in 100 of these tries.
    const TRIES: u32 = 6000;
    let mut rng = rng("by chance alone");
    let two = |reply: &JoinReply| Digits::<2>::from_hash(&reply.transcript_hash());
    let template = device("phone", &mut rng).request();
    let mut agreed = 0;
    for attempt in 0..TRIES {
        // The nonces are what is new in each try; keys cost time and change nothing.
        let (mut honest, mut his) = (reply_with(&mut rng), reply_with(&mut rng));
        let (request, his_request) = (opened_by(&template, &honest), opened_by(&template, &his));
        // His request leaves before the account's nonce is chosen, and his invite before the
        // phone's is shown; which of the two he does first is up to him.
        let (to_him, to_phone) = if attempt % 2 == 0 {
            let to_him = forged(&his_request, &mut rng);
            let mut to_phone = to_him.clone();
            to_phone.request = request.hash();
            (to_him, to_phone)
        } else {
            let to_phone = forged(&request, &mut rng);
            (forged(&his_request, &mut rng), to_phone)
        };
        honest.invite = to_phone.hash();
        his.invite = to_him.hash();
        agreed += u32::from(two(&honest) == two(&his));
    }
    // Four standard deviations around 60.
    assert!((29..=91).contains(&agreed), "{agreed} of {TRIES}");
}

/// A reply with a nonce of its own.
fn reply_with(rng: &mut ChaCha20Rng) -> JoinReply {
    let seed = OpeningSeed::from_bytes(&[1; 32]);
    JoinReply {
        invite: [0; 32],
        box_key: seed.box_key().public_key(),
        claim_key: seed.claim_key(0).public_key(),
        nonce: JoinNonce::random(rng),
        signature: Signature::from_bytes([0; 64]),
    }
}

/// The request that a reply opens.
fn opened_by(like: &JoinRequest, reply: &JoinReply) -> JoinRequest {
    JoinRequest {
        commitment: JoinRequest::commit(&reply.box_key, &reply.claim_key, &reply.nonce),
        ..like.clone()
    }
}

#[tokio::test]
async fn digits_that_he_grinds_after_the_invite_do_not_open_his_request() {
    let (storage, person, _, mut rng) = stage("grinding").await;
    let account = read(&storage, &[&person.words]).await.unwrap();
    let mut attacker = Attacker::new(&mut rng);
    let invitation = invite(
        &account,
        attacker.request(&request_of(&device("", &mut rng))),
        &mut rng,
    );
    let to_him = invitation.invite().clone();
    // Whatever three digits the phone shows: he has them soon, with another nonce.
    let wanted = Digits::<3>::from_hash(&[7; 32]);
    let reply = loop {
        attacker.nonce = JoinNonce::random(&mut rng);
        let reply = JoinReply {
            nonce: attacker.nonce.clone(),
            ..reply_with(&mut rng)
        };
        let reply = JoinReply {
            invite: to_him.hash(),
            ..reply
        };
        if Digits::<3>::from_hash(&reply.transcript_hash()) == wanted {
            break attacker.reply(&to_him);
        }
    };
    assert_eq!(
        invitation.receive(&reply, NOW).err(),
        Some(JoinError::WrongOpening)
    );
}

#[tokio::test]
async fn a_request_answers_one_invite() {
    let (storage, person, _, mut rng) = stage("one invite").await;
    let account = read(&storage, &[&person.words]).await.unwrap();
    let mut phone = device("phone", &mut rng);
    let true_invite = invite(&account, request_of(&phone), &mut rng)
        .invite()
        .clone();
    phone.answer(&true_invite, NOW).unwrap();
    let first = reply_of(&phone);
    // He knows the nonce now, and finds an invite of his own for which the phone would show what he
    // wants: that is why there is no second answer.
    let wanted = Digits::<3>::from_hash(&[7; 32]);
    let ground = loop {
        let his = forged(&request_of(&phone), &mut rng);
        let reply = JoinReply {
            invite: his.hash(),
            ..first.clone()
        };
        if Digits::<3>::from_hash(&reply.transcript_hash()) == wanted {
            break his;
        }
    };
    assert_eq!(phone.answer(&ground, NOW), Err(JoinError::AlreadyAnswered));
    // The same once more is no second answer, also when the phone died in between and it is late.
    let kept = phone.pending().encode().unwrap();
    let kept = tki_metadata::PendingJoin::decode(&kept).unwrap();
    let mut again = Joining::from_pending(kept);
    again.answer(&true_invite, EXPIRES + 1).unwrap();
    assert_eq!(reply_of(&again).encode(), first.encode());
    assert_eq!(again.answer(&ground, NOW), Err(JoinError::AlreadyAnswered));
}

#[tokio::test]
async fn what_does_not_open_the_request_is_refused() {
    let (storage, person, _, mut rng) = stage("wrong opening").await;
    let account = read(&storage, &[&person.words]).await.unwrap();
    let mut phone = device("phone", &mut rng);
    let made = invite(&account, request_of(&phone), &mut rng);
    phone.answer(made.invite(), NOW).unwrap();
    let reply = reply_of(&phone);
    let attacker = Attacker::new(&mut rng).reply(made.invite());
    let wrong = Some(JoinError::WrongOpening);
    type Change = fn(&mut JoinReply, &JoinReply);
    let cases: [(Change, Option<JoinError>); 7] = [
        (|reply, his| reply.box_key = his.box_key, wrong),
        (|reply, his| reply.nonce = his.nonce.clone(), wrong),
        (|reply, his| reply.claim_key = his.claim_key, wrong),
        (|reply, his| *reply = his.clone(), wrong),
        (
            |reply, his| reply.signature = his.signature,
            Some(JoinError::BadClaim),
        ),
        (
            |reply, _| reply.invite[0] ^= 1,
            Some(JoinError::OtherInvite),
        ),
        (|_, _| {}, None),
    ];
    let kept = made.pending().encode().unwrap();
    for (change, expected) in cases {
        let mut changed = reply.clone();
        change(&mut changed, &attacker);
        let invitation = Invitation::from_pending(PendingInvite::decode(&kept).unwrap());
        assert_eq!(invitation.receive(&changed, NOW).err(), expected);
    }
}

#[tokio::test]
async fn an_address_in_the_request_that_is_not_its_own_is_refused() {
    // c opens, but the mailbox would be where somebody else's claim key leads.
    let (storage, person, _, mut rng) = stage("address").await;
    let account = read(&storage, &[&person.words]).await.unwrap();
    let attacker = Attacker::new(&mut rng);
    let mut request = attacker.request(&request_of(&device("phone", &mut rng)));
    request.address = Attacker::new(&mut rng).seed.mailbox_address(0);
    let invitation = invite(&account, request, &mut rng);
    let reply = attacker.reply(invitation.invite());
    assert_eq!(
        invitation.receive(&reply, NOW).err(),
        Some(JoinError::WrongOpening)
    );
}

#[tokio::test]
async fn an_invite_expires_on_both_sides() {
    let (storage, person, _, mut rng) = stage("expiry").await;
    let account = read(&storage, &[&person.words]).await.unwrap();
    let mut phone = device("phone", &mut rng);
    let invitation = invite(&account, request_of(&phone), &mut rng);
    assert_eq!(
        phone.answer(invitation.invite(), EXPIRES),
        Err(JoinError::Expired)
    );
    assert!(phone.reply().is_none());
    phone.answer(invitation.invite(), EXPIRES - 1).unwrap();
    let late = invitation.receive(&reply_of(&phone), EXPIRES);
    assert_eq!(late.err(), Some(JoinError::Expired));
}

#[tokio::test]
async fn an_invite_is_for_one_account() {
    let (storage, person, _, mut rng) = stage("other account").await;
    let other = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let account = read(&storage, &[&person.words]).await.unwrap();
    let mut phone = device("phone", &mut rng);
    let remote = joined(&account, &mut phone, &mut rng);
    let laptop = other.device();
    let laptop = laptop.factor("laptop");
    let opened = open(&storage, &[&laptop, &other.words]).await.unwrap();
    let change = opened.change().add(&remote, OfflineCopies::Keep);
    let error = change.prepare(&storage, NOW, &mut rng).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(with_causes(&error).contains("another account"));
    assert_eq!(storage.get(&remote.address(0)).await.unwrap(), None);
}

#[tokio::test]
async fn who_is_a_holder_is_not_added_again() {
    let (storage, person, store, mut rng) = stage("again").await;
    let login = login(&person.provider).await;
    let mut phone = device("phone", &mut rng);
    Device::join(&store, &phone, &mut rng).unwrap();
    let account = read(&storage, &[&person.words]).await.unwrap();
    let remote = joined(&account, &mut phone, &mut rng);
    add(&storage, &[&login, &person.words], &remote, &mut rng).await;
    let opened = open(&storage, &[&login, &person.words]).await.unwrap();
    let error = opened
        .account()
        .invite(request_of(&phone), "", EXPIRES, &mut rng)
        .err()
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::Exists);
    let change = opened.change().add(&remote, OfflineCopies::Keep);
    let error = change.prepare(&storage, NOW, &mut rng).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Exists);
    // Nor does a device that is a member, or about to be one, join anything.
    let laptop = &person.store;
    let error = Device::join(laptop, &device("", &mut rng), &mut rng)
        .err()
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::Exists);
    // One that only asked may ask anew.
    Device::join(&store, &device("phone", &mut rng), &mut rng).unwrap();
}

#[tokio::test]
async fn who_writes_at_its_own_address_first_joins_nothing() {
    let (storage, person, _, mut rng) = stage("squatter").await;
    let mut phone = device("phone", &mut rng);
    let account = read(&storage, &[&person.words]).await.unwrap();
    let remote = joined(&account, &mut phone, &mut rng);
    let seed = &phone.pending().seed;
    let own = SigningKey::random(&mut rng);
    let claim = tki_record::Claim::sign(
        RecordKind::Mailbox,
        0,
        &seed.claim_key(0),
        own.public_key(),
        [0; 32],
    );
    let squat = |body: Vec<u8>| Record::first(claim.clone(), body, &own).unwrap();
    let commit_of = |record| tki_record::Commit::new(vec![record]).unwrap();
    // While the change is being made:
    let laptop = person.device();
    let laptop = laptop.factor("laptop");
    let opened = open(&storage, &[&laptop, &person.words]).await.unwrap();
    let change = opened.change().add(&remote, OfflineCopies::Keep);
    let prepared = change.prepare(&storage, NOW, &mut rng).await.unwrap();
    storage.commit(&commit_of(squat(vec![1]))).await.unwrap();
    let error = prepared.commit(&storage).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    // Before it:
    let change = opened.change().add(&remote, OfflineCopies::Keep);
    let error = change.prepare(&storage, NOW, &mut rng).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Exists);
    // And with its place closed by itself:
    let closed = squat(vec![1]).close(vec![2], &own).unwrap();
    storage.commit(&commit_of(closed)).await.unwrap();
    let change = opened.change().add(&remote, OfflineCopies::Keep);
    let error = change.prepare(&storage, NOW, &mut rng).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Exists);
    assert_eq!(read(&storage, &[&laptop]).await.unwrap().version(), 0);
}

#[tokio::test]
async fn nothing_that_travels_opens_anything() {
    let (storage, person, _, mut rng) = stage("canaries of joining").await;
    let laptop = person.device();
    let laptop = laptop.factor("laptop");
    let account = read(&storage, &[&laptop]).await.unwrap();
    let mut phone = device("phone", &mut rng);
    let invitation = invite(&account, request_of(&phone), &mut rng);
    phone.answer(invitation.invite(), NOW).unwrap();
    let reply = reply_of(&phone);
    let travelled = [
        request_of(&phone).encode().unwrap(),
        invitation.invite().encode().unwrap(),
        reply.encode().unwrap(),
    ]
    .concat();
    let (kept, seed) = (invitation.pending(), &phone.pending().seed);
    let package = DevicePackage::decode(&person.store.load().unwrap().unwrap()).unwrap();
    let secrets = [
        seed.expose_secret(),
        kept.secret.expose_secret(),
        package.opening_seed.expose_secret(),
    ];
    for secret in secrets {
        assert!(!travelled.windows(32).any(|part| part == secret));
    }
    // What is printed of either side shows none of it, either.
    let printed = format!("{phone:?} {invitation:?}");
    for secret in secrets {
        let digits: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        let listed = format!("{:?}", &secret[..8]);
        assert!(!printed.contains(&digits) && !printed.contains(listed.trim_matches(['[', ']'])));
    }
    let candidate = invitation.receive(&reply, NOW).unwrap();
    let code: JoinCode = candidate.code();
    assert_eq!(JoinCode::parse(&code.to_string()), Some(code));
}
