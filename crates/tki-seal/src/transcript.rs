//! Injective, tagged byte strings: what is hashed, signed or given to a key derivation.
//!
//! A transcript is a tag and a list of typed fields. Two transcripts are the same bytes only if
//! they have the same tag and the same fields: every part carries its type and its length, so that
//! `["a", "b"]`, `["ab"]` and `["ab", ""]` differ.
//!
//! Specification: `docs/spec/transcript.md`. This file holds every tag of the project.

use alloc::vec::Vec;

use sha3::{Digest as _, Sha3_256};
use zeroize::Zeroizing;

macro_rules! tags {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What a transcript is for. No two uses share a tag.
        #[non_exhaustive]
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum Tag {
            $($(#[$doc])* $variant,)*
        }

        impl Tag {
            /// Every tag, in alphabetical order of its variant.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The tag as it is encoded.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!("tki/v1/", $name),)*
                }
            }
        }
    };
}

tags! {
    /// Address of a record: kind, slot, claim key.
    Address = "address",
    /// A login's anchor advances to a newer header.
    AnchorAdvance = "anchor advance",
    /// A login's anchor is reserved for a claim.
    AnchorReserve = "anchor reserve",
    /// Answers of a combination, with the questions that they answer.
    AnswerCombination = "answer combination",
    /// Key of an account for one application, by the application's name.
    AppKey = "app key",
    /// Binding key of an account: account id, first verifying key, account secret.
    BindingKey = "binding key",
    /// Context of a blind evaluator's sealed file.
    BlindEvaluatorFile = "blind evaluator file",
    /// Ephemeral secret of a sealed box, mixed from fresh randomness and the message.
    BoxEphemeral = "box ephemeral",
    /// Box key of a holder, derived from its opening seed.
    BoxKey = "box key",
    /// Chain code over the key of an account, derived from the account secret.
    ChainCode = "chain code",
    /// Claim of an address: the statement that its key signs.
    Claim = "claim",
    /// What a claim is bound to: binding key, address.
    ClaimBinding = "claim binding",
    /// Claim key of a holder and slot, derived from its opening seed.
    ClaimKey = "claim key",
    /// Control key of an account, from which writer keys are derived.
    ControlKey = "control key",
    /// Hash of an account document's core.
    CoreHash = "core hash",
    /// Context of a sealed device file.
    DeviceFile = "device file",
    /// Context of a device package.
    DevicePackage = "device package",
    /// Context of a sealed account document.
    Document = "document",
    /// Claim key of an account document, derived from the account secret.
    DocumentClaimKey = "document claim key",
    /// Document key of an epoch.
    DocumentKey = "document key",
    /// Prefix of the nonce of an Ed25519 signature, derived from the scalar.
    Ed25519Nonce = "ed25519 nonce",
    /// An account's key signs an event.
    Event = "event",
    /// Hash of an event of an account.
    EventHash = "event hash",
    /// What moves an account's key to the one that signs its events.
    EventKey = "event key",
    /// For examples and tests only; nothing stored ever uses it.
    Example = "example",
    /// Context of a factor's file under a passphrase.
    FactorFile = "factor file",
    /// Context of a sealed file in which somebody keeps what makes him a guardian.
    GuardianFile = "guardian file",
    /// A writer key names the next one.
    HandOver = "hand-over",
    /// Context of what a guardian seals to somebody who recovers.
    HelpAnswer = "help answer",
    /// Digits by which two people compare a request for help.
    HelpCode = "help code",
    /// One-time box key of somebody who asks a guardian for help.
    HelpKey = "help key",
    /// Hash of a request for help.
    HelpRequest = "help request",
    /// Digits by which two people compare a joining.
    JoinCode = "join code",
    /// What a future holder promises to show: box key, claim key, nonce.
    JoinCommitment = "join commitment",
    /// Hash of an invite.
    JoinInvite = "join invite",
    /// Hash of a request to join.
    JoinRequest = "join request",
    /// First writer of an invited holder's mailbox.
    JoinWriter = "join writer",
    /// Context of a sealed mailbox.
    Mailbox = "mailbox",
    /// Hash of a sealed mailbox.
    MailboxHash = "mailbox hash",
    /// Context of the notice in a closed mailbox.
    Notice = "notice",
    /// Identifier of an operation.
    Operation = "operation",
    /// Context of a software authenticator's file.
    PasskeyFile = "passkey file",
    /// Opening seed of a passkey, from the output of its pseudorandom function.
    PasskeySeed = "passkey seed",
    /// Key that a passphrase opens.
    PassphraseKey = "passphrase key",
    /// Share that a holder's opening seed fixes.
    PeggedShare = "pegged share",
    /// Context of what a provider decrypts.
    ProviderDecrypt = "provider decrypt",
    /// A provider's deterministic secret for a label.
    ProviderEvaluate = "provider evaluate",
    /// Context of a sealed provider file.
    ProviderFile = "provider file",
    /// A provider's keys, derived from its seed.
    ProviderKey = "provider key",
    /// What a provider signs.
    ProviderSign = "provider sign",
    /// Digest of what a receipt says.
    Receipt = "receipt",
    /// Header of a record: the statement that its writer signs.
    Record = "record",
    /// Hash of a record's body.
    RecordBody = "record body",
    /// Hash of a recovery file.
    RecoveryFile = "recovery file",
    /// Key and commitment of a sealed box.
    SealedBox = "sealed box",
    /// Context of an account's sealed Ed25519 seed.
    SeedSeal = "seed seal",
    /// Weights of signatures that are verified together.
    SignatureBatch = "signature batch",
    /// Salt of a symmetric seal, mixed from fresh randomness and the message.
    SymmetricSalt = "symmetric salt",
    /// Key and commitment of a symmetric seal.
    SymmetricSeal = "symmetric seal",
    /// Writer key of a record, derived from the control key.
    WriterKey = "writer key",
}

/// A tag and a list of typed fields, encoded injectively.
///
/// ```
/// use tki_seal::transcript::{Tag, Transcript};
///
/// let split = Transcript::new(Tag::Example).bytes(b"a").bytes(b"b").digest();
/// let joined = Transcript::new(Tag::Example).bytes(b"ab").digest();
/// assert_ne!(split, joined);
/// ```
#[derive(Clone)]
#[must_use]
pub struct Transcript {
    // Transcripts hold plaintexts and secrets as often as not: always wiped.
    encoding: Zeroizing<Vec<u8>>,
}

impl Transcript {
    /// A transcript of no fields yet.
    pub fn new(tag: Tag) -> Self {
        // Step 1: the length of the tag, the tag.
        let tag = tag.as_str().as_bytes();
        let mut transcript = Self {
            encoding: Zeroizing::new(Vec::with_capacity(FIRST_CAPACITY)),
        };
        transcript.push(&length(tag));
        transcript.push(tag);
        transcript
    }

    /// Appends a byte string.
    pub fn bytes(self, value: &[u8]) -> Self {
        // Step 2: a byte string is its bytes.
        self.field(FieldType::Bytes, &[value])
    }

    /// Appends a 64-bit number.
    pub fn u64(self, value: u64) -> Self {
        // Step 3: a number is its little-endian bytes.
        self.field(FieldType::U64, &[&value.to_le_bytes()])
    }

    /// Appends a 128-bit number.
    pub fn u128(self, value: u128) -> Self {
        // Step 3: a number is its little-endian bytes.
        self.field(FieldType::U128, &[&value.to_le_bytes()])
    }

    /// Appends a truth value.
    pub fn flag(self, value: bool) -> Self {
        // Step 4: a flag is one byte, 0 or 1.
        self.field(FieldType::Flag, &[&[u8::from(value)]])
    }

    /// Appends a list of byte strings, which may be empty.
    pub fn list<I>(self, items: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<[u8]>,
    {
        // Step 5: a list is the number of its items, then for each its length and its bytes.
        let mut body = Self {
            encoding: Zeroizing::new(Vec::with_capacity(FIRST_CAPACITY)),
        };
        let mut count = 0_u64;
        for item in items {
            let item = item.as_ref();
            body.push(&length(item));
            body.push(item);
            count = count.wrapping_add(1);
        }
        self.field(FieldType::List, &[&count.to_le_bytes(), &body.encoding])
    }

    /// The SHA3-256 digest of the encoding.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        // Step 7: the digest is SHA3-256 of the encoding.
        Sha3_256::digest(self.encoding.as_slice()).into()
    }

    /// The encoding itself, for use as the `info` of a key derivation or as a nested field.
    #[must_use]
    pub fn into_bytes(self) -> Zeroizing<Vec<u8>> {
        self.encoding
    }

    /// Step 6: a field is its type byte, the length of its body, its body.
    fn field(mut self, field_type: FieldType, body: &[&[u8]]) -> Self {
        let length: usize = body.iter().map(|part| part.len()).sum();
        self.reserve(1 + 8 + length);
        self.push(&[field_type as u8]);
        self.push(&(length as u64).to_le_bytes());
        for part in body {
            self.push(part);
        }
        self
    }

    fn push(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        self.encoding.extend_from_slice(bytes);
    }

    /// Makes room without leaving an unwiped copy behind, as a growing `Vec` would.
    fn reserve(&mut self, additional: usize) {
        let needed = self.encoding.len().saturating_add(additional);
        if needed > self.encoding.capacity() {
            let capacity = needed.max(self.encoding.capacity().saturating_mul(2));
            let mut grown = Zeroizing::new(Vec::with_capacity(capacity));
            grown.extend_from_slice(&self.encoding);
            // The old buffer is wiped as it is dropped.
            self.encoding = grown;
        }
    }
}

impl core::fmt::Debug for Transcript {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Transcript").finish_non_exhaustive()
    }
}

/// The type byte of a field.
#[derive(Clone, Copy)]
#[repr(u8)]
enum FieldType {
    Bytes = 1,
    U64 = 2,
    U128 = 3,
    Flag = 4,
    List = 5,
}

/// Room for a tag and a few 32-byte fields.
const FIRST_CAPACITY: usize = 256;

fn length(bytes: &[u8]) -> [u8; 8] {
    (bytes.len() as u64).to_le_bytes()
}
