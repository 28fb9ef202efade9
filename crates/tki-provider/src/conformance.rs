//! The suite that every provider passes, as async functions that panic where it does not.
//!
//! An implementation calls [`check_service`], [`check_evaluator`], [`check_blind_evaluator`] and
//! [`check_anchor`] for the traits it has, from a test, with a generator whose seed the test prints. Each check takes one sentence
//! of a trait's documentation.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a check fails by panicking, which is said once, above"
)]

use alloc::{sync::Arc, vec::Vec};

use rand_core::CryptoRng;
use tki_record::{Claim, HandOver, Record, RecordHeader, RecordKind};
use tki_seal::bip340::{Signature, SigningKey};
use tki_seal::sealed_box;

use crate::anchor::{Anchor, Takeover};
use crate::error::Error;
use crate::evaluator::Evaluator;
use crate::service::{ServiceProvider, box_context};

mod blind_evaluator;

pub use blind_evaluator::{
    check_blind_evaluator, check_evaluation_is_stable, check_evaluations_are_those_of_the_key,
    check_outputs_do_not_depend_on_the_blind,
};

/// Every check of a [`ServiceProvider`]. `reopened` is the same login, asked anew: after a restart,
/// from another machine.
pub async fn check_service(
    provider: &dyn ServiceProvider,
    reopened: &dyn ServiceProvider,
    rng: &mut (dyn CryptoRng + Send),
) {
    check_keys_are_stable(provider, reopened).await;
    check_decrypt_opens_encrypt(provider, reopened, rng).await;
    check_decrypt_opens_what_anyone_sealed(provider, rng).await;
    check_other_context_is_denied(provider).await;
    check_tampering_is_denied(provider, rng).await;
    check_signature(provider, rng).await;
    check_claim(provider, rng).await;
}

/// Both public keys are always the same, and differ from one another.
pub async fn check_keys_are_stable(provider: &dyn ServiceProvider, reopened: &dyn ServiceProvider) {
    let key = provider.public_key().await.expect("the public key");
    let signer = provider.sign(&[0; 32]).await.expect("a signature").key;
    for provider in [provider, reopened] {
        assert_eq!(provider.public_key().await.expect("the public key"), key);
        assert_eq!(
            provider.sign(&[1; 32]).await.expect("a signature").key,
            signer
        );
    }
    assert_ne!(
        key.to_bytes().split_at(1).1,
        signer.to_bytes(),
        "one key for two purposes"
    );
}

/// `decrypt(encrypt(m)) = m`, for the same login wherever it is; and no box is made twice.
pub async fn check_decrypt_opens_encrypt(
    provider: &dyn ServiceProvider,
    reopened: &dyn ServiceProvider,
    rng: &mut (dyn CryptoRng + Send),
) {
    for length in [0, 1, 100, 10_000] {
        let message = random(length, rng);
        let context = random(length % 50, rng);
        let sealed = provider
            .encrypt(&context, &message)
            .await
            .expect("encrypting");
        for provider in [provider, reopened] {
            let opened = provider
                .decrypt(&context, &sealed)
                .await
                .expect("decrypting");
            assert_eq!(*opened, message, "another message than what was encrypted");
        }
        let again = provider
            .encrypt(&context, &message)
            .await
            .expect("encrypting");
        assert_ne!(sealed, again, "the same randomness twice");
    }
}

/// What anyone sealed to the public key opens.
pub async fn check_decrypt_opens_what_anyone_sealed(
    provider: &dyn ServiceProvider,
    rng: &mut (dyn CryptoRng + Send),
) {
    let key = provider.public_key().await.expect("the public key");
    let sealed = sealed_box::seal(&key, box_context(b"context"), b"message", rng);
    let opened = provider
        .decrypt(b"context", &sealed)
        .await
        .expect("decrypting");
    assert_eq!(*opened, b"message");
}

/// In another context nothing opens.
pub async fn check_other_context_is_denied(provider: &dyn ServiceProvider) {
    let sealed = provider
        .encrypt(b"context", b"message")
        .await
        .expect("encrypting");
    for context in [b"".as_slice(), b"contexT", b"context\0", b"contex"] {
        assert_denied(provider.decrypt(context, &sealed).await);
    }
}

/// Changed, shortened or lengthened, or sealed to someone else, nothing opens.
pub async fn check_tampering_is_denied(
    provider: &dyn ServiceProvider,
    rng: &mut (dyn CryptoRng + Send),
) {
    let sealed = provider
        .encrypt(b"context", b"message")
        .await
        .expect("encrypting");
    for at in 0..sealed.len() {
        let mut flipped = sealed.clone();
        if let Some(byte) = flipped.get_mut(at) {
            *byte ^= 1 << (rng.next_u32() % 8);
        }
        assert_denied(provider.decrypt(b"context", &flipped).await);
        let shorter = sealed.get(..at).unwrap_or_default();
        assert_denied(provider.decrypt(b"context", shorter).await);
    }
    let longer = [sealed.as_slice(), &[0]].concat();
    assert_denied(provider.decrypt(b"context", &longer).await);

    let other = sealed_box::BoxSecretKey::random(rng).public_key();
    let sealed = sealed_box::seal(&other, box_context(b"context"), b"message", rng);
    assert_denied(provider.decrypt(b"context", &sealed).await);
}

/// A signature verifies under the key that comes with it, over these 32 bytes and no others.
pub async fn check_signature(provider: &dyn ServiceProvider, rng: &mut (dyn CryptoRng + Send)) {
    for _ in 0..8 {
        let mut digest = [0; 32];
        rng.fill_bytes(&mut digest);
        let signed = provider.sign(&digest).await.expect("a signature");
        signed
            .key
            .verify(&digest, &signed.signature)
            .expect("a signature that verifies");
        let [first, ..] = &mut digest;
        *first ^= 1;
        assert!(
            signed.key.verify(&digest, &signed.signature).is_err(),
            "signs anything"
        );
    }
}

/// A signature claims an address: it is over the digest as it is.
pub async fn check_claim(provider: &dyn ServiceProvider, rng: &mut (dyn CryptoRng + Send)) {
    let key = provider.sign(&[0; 32]).await.expect("a signature").key;
    let writer = SigningKey::random(rng).public_key();
    let digest = Claim::digest(RecordKind::Mailbox, 3, &key, &writer, &[7; 32]);
    let signed = provider.sign(&digest).await.expect("a signature");
    Claim::from_signature(
        RecordKind::Mailbox,
        3,
        key,
        writer,
        [7; 32],
        signed.signature,
    )
    .expect("a claim that verifies");
}

/// Every check of an [`Evaluator`]. `reopened` is the same login, asked anew.
///
/// One label, one secret: for ever, and no other label has it.
pub async fn check_evaluator(evaluator: &dyn Evaluator, reopened: &dyn Evaluator) {
    let mut secrets = Vec::new();
    for label in ["", "opening", "opening ", "Opening", "opening\0", "öffnen"] {
        let secret = evaluator.evaluate(label).await.expect("evaluating");
        for evaluator in [evaluator, reopened] {
            let again = evaluator.evaluate(label).await.expect("evaluating");
            assert_eq!(*again, *secret, "{label:?} has two secrets");
        }
        assert!(
            !secrets.contains(&secret),
            "{label:?} has the secret of another label"
        );
        secrets.push(secret);
    }
}

/// Every check of an [`Anchor`]. `open` opens the same, at first empty, anchor each time: what one
/// instance was told, every later one knows. Uses the slots from 0 to [`SLOTS`].
pub async fn check_anchor<A: Anchor>(open: impl Fn() -> A, rng: &mut (dyn CryptoRng + Send)) {
    check_nothing_is_known_at_first(&open()).await;
    check_reservation_is_kept(&open, rng).await;
    check_takeover(&open(), rng).await;
    check_only_true_claims_of_documents(&open(), rng).await;
    check_advance_moves_forward_only(&open, rng).await;
    check_advance_may_skip_versions(&open(), rng).await;
    check_advance_needs_the_reserved_claim(&open(), rng).await;
    check_advance_verifies(&open(), rng).await;
    check_hand_overs_extend(&open(), rng).await;
    check_backdated_hand_over_is_refused(&open(), rng).await;
    check_closed_is_final(&open(), rng).await;
    check_slots_are_apart(&open(), rng).await;
}

/// How many slots [`check_anchor`] uses.
pub const SLOTS: u32 = 16;

/// Nothing is remembered at a slot that nobody reserved.
pub async fn check_nothing_is_known_at_first(anchor: &impl Anchor) {
    for slot in [0, 1, SLOTS, u32::MAX] {
        assert!(
            anchor.read(slot).await.expect("reading").is_none(),
            "slot {slot}"
        );
    }
}

/// A reservation is kept over restarts, vouches for no version, and may be repeated.
pub async fn check_reservation_is_kept<A: Anchor>(
    open: &impl Fn() -> A,
    rng: &mut (dyn CryptoRng + Send),
) {
    let history = History::new(rng);
    for takeover in [Takeover::Refuse, Takeover::Refuse, Takeover::Unconfirmed] {
        open()
            .reserve(0, &history.claim, takeover)
            .await
            .expect("reserving");
        let entry = open()
            .read(0)
            .await
            .expect("reading")
            .expect("a reservation");
        assert_eq!((&entry.claim, &entry.header), (&history.claim, &None));
    }
}

/// Another claim takes an unconfirmed slot if it says so, and a confirmed one never.
pub async fn check_takeover(anchor: &impl Anchor, rng: &mut (dyn CryptoRng + Send)) {
    let (one, other) = (History::new(rng), History::new(rng));
    anchor
        .reserve(1, &one.claim, Takeover::Refuse)
        .await
        .expect("reserving");
    assert_conflict(anchor.reserve(1, &other.claim, Takeover::Refuse).await);
    assert_holds(anchor, 1, &one.claim, None).await;
    anchor
        .reserve(1, &other.claim, Takeover::Unconfirmed)
        .await
        .expect("taking over");
    assert_holds(anchor, 1, &other.claim, None).await;

    let header = other.newest();
    anchor.advance(1, header).await.expect("confirming");
    for takeover in [Takeover::Refuse, Takeover::Unconfirmed] {
        assert_conflict(anchor.reserve(1, &one.claim, takeover).await);
        // The same claim once more is no takeover, and takes nothing back.
        anchor
            .reserve(1, &other.claim, takeover)
            .await
            .expect("reserving again");
        assert_holds(anchor, 1, &other.claim, Some(header)).await;
    }
}

/// Only a document's claim is reserved, and only if its own key signed it.
pub async fn check_only_true_claims_of_documents(
    anchor: &impl Anchor,
    rng: &mut (dyn CryptoRng + Send),
) {
    let (key, writer) = (
        SigningKey::random(rng),
        SigningKey::random(rng).public_key(),
    );
    let mailbox = Claim::sign(RecordKind::Mailbox, 0, &key, writer, [1; 32]);
    assert_denied(anchor.reserve(2, &mailbox, Takeover::Refuse).await);

    // A claim whose binding was changed after it was signed.
    let mut bytes = Claim::sign(RecordKind::Document, 0, &key, writer, [1; 32]).encode();
    for byte in bytes.iter_mut().rev().skip(64).take(32) {
        *byte = 2;
    }
    let forged = Claim::decode(&bytes).expect("the shape of a claim");
    assert_eq!(forged.binding(), &[2; 32]);
    assert_denied(anchor.reserve(2, &forged, Takeover::Refuse).await);
    assert!(
        anchor.read(2).await.expect("reading").is_none(),
        "a refused claim was kept"
    );
}

/// The slot holds the newest header, over restarts; the same one again changes nothing, an older
/// one and another one of the same version are conflicts.
pub async fn check_advance_moves_forward_only<A: Anchor>(
    open: &impl Fn() -> A,
    rng: &mut (dyn CryptoRng + Send),
) {
    let mut history = History::new(rng);
    open()
        .reserve(3, &history.claim, Takeover::Refuse)
        .await
        .expect("reserving");
    let first = history.newest().clone();
    let fork = history.fork();
    for version in 0..4 {
        let header = history.newest().clone();
        assert_eq!(header.version(), version);
        for _ in 0..2 {
            open().advance(3, &header).await.expect("advancing");
            assert_holds(&open(), 3, &history.claim, Some(&header)).await;
        }
        if version > 0 {
            assert_conflict(open().advance(3, &first).await);
        }
        if version == fork.version() {
            assert_conflict(open().advance(3, &fork).await);
        }
        assert_holds(&open(), 3, &history.claim, Some(&header)).await;
        history.write();
    }
}

/// An anchor that missed versions catches up at once, also where the first it sees is not 0.
pub async fn check_advance_may_skip_versions(
    anchor: &impl Anchor,
    rng: &mut (dyn CryptoRng + Send),
) {
    let mut history = History::new(rng);
    anchor
        .reserve(4, &history.claim, Takeover::Refuse)
        .await
        .expect("reserving");
    for _ in 0..2 {
        for _ in 0..5 {
            history.hand_over(rng);
        }
        anchor
            .advance(4, history.newest())
            .await
            .expect("advancing");
        assert_holds(anchor, 4, &history.claim, Some(history.newest())).await;
    }
}

/// A header of another account, or for a slot that nobody reserved, is a conflict.
pub async fn check_advance_needs_the_reserved_claim(
    anchor: &impl Anchor,
    rng: &mut (dyn CryptoRng + Send),
) {
    let (one, other) = (History::new(rng), History::new(rng));
    assert_conflict(anchor.advance(5, one.newest()).await);
    assert!(
        anchor.read(5).await.expect("reading").is_none(),
        "a refused header was kept"
    );

    anchor
        .reserve(5, &one.claim, Takeover::Refuse)
        .await
        .expect("reserving");
    assert_conflict(anchor.advance(5, other.newest()).await);
    assert_holds(anchor, 5, &one.claim, None).await;

    // The same address and writer, claimed for another account.
    let rebound = History::with_keys(one.document.clone(), one.writer(), [9; 32]);
    assert_eq!(rebound.claim.address(), one.claim.address());
    assert_conflict(anchor.advance(5, rebound.newest()).await);
    assert_holds(anchor, 5, &one.claim, None).await;
}

/// A header that its writer did not sign is denied.
pub async fn check_advance_verifies(anchor: &impl Anchor, rng: &mut (dyn CryptoRng + Send)) {
    let mut history = History::new(rng);
    anchor
        .reserve(6, &history.claim, Takeover::Refuse)
        .await
        .expect("reserving");
    let good = history.newest().clone();
    let unsigned = with_signature(&good, Signature::from_bytes([1; 64]));
    assert_denied(anchor.advance(6, &unsigned).await);

    // Signed, but by someone who is not the writer.
    let stranger = SigningKey::random(rng);
    let foreign = Record::first(history.claim.clone(), b"foreign".to_vec(), &stranger);
    assert_denied(anchor.advance(6, foreign.expect("a record").header()).await);

    // Handed over by someone who could not.
    anchor.advance(6, &good).await.expect("advancing");
    let hand_over = HandOver::sign(
        &history.claim.address(),
        1,
        stranger.public_key(),
        &stranger,
    );
    history.write();
    let next = history.newest();
    let usurped = RecordHeader::from_parts(
        next.claim().clone(),
        2,
        false,
        *next.body_hash(),
        Vec::from([hand_over]),
        *next.signature(),
    );
    let usurped = usurped.expect("the shape of a header");
    let usurped = with_signature(&usurped, stranger.sign(&usurped.digest()));
    assert_denied(anchor.advance(6, &usurped).await);
    assert_holds(anchor, 6, &history.claim, Some(&good)).await;
}

/// Hand-overs that are stored stay: a header of a later version without them, or with others in
/// their place, is a conflict, though it verifies by itself.
pub async fn check_hand_overs_extend(anchor: &impl Anchor, rng: &mut (dyn CryptoRng + Send)) {
    let mut history = History::new(rng);
    let first = history.newest_record().clone();
    let former = history.writer();
    anchor
        .reserve(7, &history.claim, Takeover::Refuse)
        .await
        .expect("reserving");
    history.hand_over(rng);
    history.write();
    anchor
        .advance(7, history.newest())
        .await
        .expect("advancing");

    // The former writer goes on as if there had been no hand-over, or names someone else.
    let other = SigningKey::random(rng);
    let ignored = first
        .next(b"1".to_vec(), &former, None)
        .and_then(|record| record.next(b"2".to_vec(), &former, None))
        .and_then(|record| record.next(b"3".to_vec(), &former, None));
    let replaced = first
        .next(b"1".to_vec(), &former, Some(other.public_key()))
        .and_then(|record| record.next(b"2".to_vec(), &other, None))
        .and_then(|record| record.next(b"3".to_vec(), &other, None));
    for fork in [ignored, replaced] {
        let fork = fork.expect("a record");
        fork.header().verify().expect("a header that verifies");
        assert!(fork.version() > history.newest().version());
        assert_conflict(anchor.advance(7, fork.header()).await);
        assert_holds(anchor, 7, &history.claim, Some(history.newest())).await;
    }
}

/// A hand-over that comes to light after its version was stored without it is a conflict: whoever
/// wrote that version signed it later.
pub async fn check_backdated_hand_over_is_refused(
    anchor: &impl Anchor,
    rng: &mut (dyn CryptoRng + Send),
) {
    for backdated_to in [0, 1] {
        let slot = if backdated_to == 0 { 8 } else { 9 };
        let mut history = History::new(rng);
        let former = history.writer();
        let first = history.newest_record().clone();
        history.write();
        anchor
            .reserve(slot, &history.claim, Takeover::Refuse)
            .await
            .expect("reserving");
        anchor
            .advance(slot, history.newest())
            .await
            .expect("advancing");

        let other = SigningKey::random(rng);
        let to = Some(other.public_key());
        let fork = if backdated_to == 0 {
            let claim = history.claim.clone();
            Record::first_handing_over(claim, b"0".to_vec(), &former, other.public_key())
                .and_then(|record| record.next(b"1".to_vec(), &other, None))
        } else {
            first.next(b"1".to_vec(), &former, to)
        };
        let fork = fork.and_then(|record| record.next(b"2".to_vec(), &other, None));
        let fork = fork.expect("a record");
        fork.header().verify().expect("a header that verifies");
        assert_conflict(anchor.advance(slot, fork.header()).await);
        assert_holds(anchor, slot, &history.claim, Some(history.newest())).await;
    }
}

/// Nothing follows a closed header, which itself may be told again.
pub async fn check_closed_is_final(anchor: &impl Anchor, rng: &mut (dyn CryptoRng + Send)) {
    let mut history = History::new(rng);
    let former = history.writer();
    let first = history.newest_record().clone();
    anchor
        .reserve(10, &history.claim, Takeover::Refuse)
        .await
        .expect("reserving");
    history.close();
    anchor.advance(10, history.newest()).await.expect("closing");
    anchor
        .advance(10, history.newest())
        .await
        .expect("closing again");

    let later = first
        .next(b"1".to_vec(), &former, None)
        .and_then(|record| record.next(b"2".to_vec(), &former, None));
    assert_conflict(anchor.advance(10, later.expect("a record").header()).await);
    assert_holds(anchor, 10, &history.claim, Some(history.newest())).await;
}

/// What happens at one slot happens at no other.
pub async fn check_slots_are_apart(anchor: &impl Anchor, rng: &mut (dyn CryptoRng + Send)) {
    let histories: Vec<History> = (11..SLOTS).map(|_| History::new(rng)).collect();
    for (slot, history) in (11..).zip(&histories) {
        anchor
            .reserve(slot, &history.claim, Takeover::Refuse)
            .await
            .expect("reserving");
    }
    for (slot, history) in (11..).zip(&histories).step_by(2) {
        anchor
            .advance(slot, history.newest())
            .await
            .expect("advancing");
    }
    for (slot, history) in (11..).zip(&histories) {
        let confirmed = (slot % 2 == 1).then(|| history.newest());
        assert_holds(anchor, slot, &history.claim, confirmed).await;
    }
}

/// A document record, and whoever writes its next version.
struct History {
    document: Arc<SigningKey>,
    claim: Claim,
    writer: Arc<SigningKey>,
    newest: Record,
}

impl History {
    fn new(rng: &mut (dyn CryptoRng + Send)) -> Self {
        let keys = [(); 2].map(|()| Arc::new(SigningKey::random(rng)));
        let [document, writer] = keys;
        Self::with_keys(document, writer, [0; 32])
    }

    fn with_keys(document: Arc<SigningKey>, writer: Arc<SigningKey>, binding: [u8; 32]) -> Self {
        let claim = Claim::sign(
            RecordKind::Document,
            0,
            &document,
            writer.public_key(),
            binding,
        );
        let newest = Record::first(claim.clone(), b"first".to_vec(), &writer).expect("a record");
        Self {
            document,
            claim,
            writer,
            newest,
        }
    }

    fn newest(&self) -> &RecordHeader {
        self.newest.header()
    }

    fn newest_record(&self) -> &Record {
        &self.newest
    }

    fn writer(&self) -> Arc<SigningKey> {
        self.writer.clone()
    }

    /// The next version.
    fn write(&mut self) {
        self.newest = self
            .newest
            .next(b"next".to_vec(), &self.writer, None)
            .expect("a record");
    }

    /// The next version, the last of its writer.
    fn hand_over(&mut self, rng: &mut (dyn CryptoRng + Send)) {
        let next = Arc::new(SigningKey::random(rng));
        let to = Some(next.public_key());
        self.newest = self
            .newest
            .next(b"next".to_vec(), &self.writer, to)
            .expect("a record");
        self.writer = next;
    }

    /// The last version.
    fn close(&mut self) {
        self.newest = self
            .newest
            .close(b"closed".to_vec(), &self.writer)
            .expect("a record");
    }

    /// Another next version than the one that [`write`](Self::write) makes.
    fn fork(&self) -> RecordHeader {
        let fork = self
            .newest
            .next(b"fork".to_vec(), &self.writer, None)
            .expect("a record");
        fork.header().clone()
    }
}

/// The same header with another signature.
fn with_signature(header: &RecordHeader, signature: Signature) -> RecordHeader {
    RecordHeader::from_parts(
        header.claim().clone(),
        header.version(),
        header.is_closed(),
        *header.body_hash(),
        header.hand_overs().to_vec(),
        signature,
    )
    .expect("the shape of a header")
}

async fn assert_holds(
    anchor: &impl Anchor,
    slot: u32,
    claim: &Claim,
    header: Option<&RecordHeader>,
) {
    let entry = anchor.read(slot).await.expect("reading").expect("an entry");
    assert_eq!(
        (&entry.claim, entry.header.as_ref()),
        (claim, header),
        "slot {slot}"
    );
}

#[track_caller]
fn assert_denied<T>(result: Result<T, Error>) {
    assert!(
        matches!(result, Err(Error::Denied)),
        "not denied: {:?}",
        result.err()
    );
}

#[track_caller]
fn assert_conflict<T>(result: Result<T, Error>) {
    assert!(
        matches!(result, Err(Error::Conflict)),
        "no conflict: {:?}",
        result.err()
    );
}

fn random(length: usize, rng: &mut (dyn CryptoRng + Send)) -> Vec<u8> {
    let mut bytes = alloc::vec![0; length];
    rng.fill_bytes(&mut bytes);
    bytes
}
