//! Why something is not stored, or what was stored is not believed.

use thiserror::Error;

use crate::message::Message;

/// Why a value has no stored form, or bytes are not the stored form of anything.
///
/// What is secret is not described further than this: no error tells which byte was wrong.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum Error {
    /// An extension that must be understood is not.
    #[error("extension {tag:#06x} must be understood and is not known")]
    CriticalExtension {
        /// Its tag, with the critical bit.
        tag: u16,
    },
    /// The bytes are no encoding: cut off, too long, or not the one way to write their content.
    #[error("the stored bytes are damaged")]
    Malformed,
    /// The file is something else.
    #[error("this is not a bundle")]
    NotABundle,
    /// A message of another kind was wanted.
    #[error("this is {found}, and {wanted} was wanted")]
    OtherMessage {
        /// What it is.
        found: Message,
        /// What was asked for.
        wanted: Message,
    },
    /// The content contradicts itself or exceeds a limit.
    #[error("the content breaks a rule of the format: {rule}")]
    Refused {
        /// What it breaks.
        rule: Rule,
    },
    /// Longer than its kind of object may be.
    #[error("the encoding is longer than {limit} bytes")]
    TooLarge {
        /// How long it may be.
        limit: usize,
    },
    /// The bytes do not open with this key in this place: the key is wrong, they belong elsewhere,
    /// or they are damaged.
    #[error("the sealed bytes do not open")]
    Unsealed,
    /// A curve that this version does not know.
    #[error("curve {code} is not supported by this version")]
    UnsupportedCurve {
        /// Its stored code.
        code: u8,
    },
    /// An origin that this version does not know.
    #[error("origin {code} is not supported by this version")]
    UnsupportedOrigin {
        /// Its stored code.
        code: u8,
    },
    /// A kind of record that this version does not know.
    #[error("record kind {kind} is not supported by this version")]
    UnsupportedRecord {
        /// Its stored code.
        kind: u8,
    },
    /// A step of a pending operation that this version does not know.
    #[error("pending step {kind} is not supported by this version")]
    UnsupportedStep {
        /// Its stored code.
        kind: u16,
    },
    /// An access structure that this version does not know.
    #[error("access structure {kind} is not supported by this version")]
    UnsupportedStructure {
        /// Its stored code; 0 for one that has no stored form in this version.
        kind: u16,
    },
    /// Written in a format of which this version knows nothing.
    #[error("format version {version} is not supported by this version")]
    UnsupportedVersion {
        /// The first byte.
        version: u8,
    },
}

impl Error {
    /// Whether a newer version of this software might read it.
    #[must_use]
    pub const fn is_unsupported(&self) -> bool {
        match self {
            Self::CriticalExtension { .. }
            | Self::UnsupportedCurve { .. }
            | Self::UnsupportedOrigin { .. }
            | Self::UnsupportedRecord { .. }
            | Self::UnsupportedStep { .. }
            | Self::UnsupportedStructure { .. }
            | Self::UnsupportedVersion { .. } => true,
            Self::Malformed
            | Self::NotABundle
            | Self::OtherMessage { .. }
            | Self::Refused { .. }
            | Self::TooLarge { .. }
            | Self::Unsealed => false,
        }
    }

    /// Whether the bytes could not even be decrypted.
    #[must_use]
    pub const fn is_unsealed(&self) -> bool {
        matches!(self, Self::Unsealed)
    }
}

impl From<Rule> for Error {
    fn from(rule: Rule) -> Self {
        Self::Refused { rule }
    }
}

/// What stored content has to keep to. `docs/spec/metadata.md` numbers the same rules.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum Rule {
    /// Every holder has its own mailbox.
    #[error("two holders have one mailbox")]
    AddressTwice,
    /// The parameters of Argon2id are within its bounds.
    #[error("the parameters of the key derivation are out of bounds")]
    AnswerParameters,
    /// Answers are given in the order of the questions, each to a question that there is.
    #[error("an answer is to no question, or answers are not in the order of the questions")]
    AnswerPosition,
    /// At least one answer is enough, at most all are needed, and there are at most
    /// [`crate::limits::COMBINATIONS`] combinations.
    #[error(
        "no answer is needed, more than there are questions, or there are too many combinations"
    )]
    AnswerThreshold,
    /// A box key is a point of secp256k1 in its compressed encoding.
    #[error("a box key is no point")]
    BoxKey,
    /// A seed is sealed under each combination of questions, or pegged to all answers.
    #[error("the seed is not sealed once under each combination of questions")]
    CombinationCount,
    /// A key has as many commitments as the access structure has coefficients.
    #[error("the number of commitments is not that of the access structure")]
    CommitmentCount,
    /// The first commitment is the verifying key.
    #[error("the first commitment is not the verifying key")]
    CommitmentFirst,
    /// The key of a blind evaluator is a point of P-256 in its compressed encoding.
    #[error("the evaluator's key is no point")]
    EvaluatorKey,
    /// An event names and tells no more than [`crate::limits`] says, each piece with its whole
    /// content and nothing else; the first follows on none. A log has at least one, and at most
    /// [`crate::limits::EVENTS`].
    #[error("an event is damaged, too long, or one too many")]
    Event,
    /// Extensions are sorted by tag, each tag at most once, at most
    /// [`crate::limits::EXTENSIONS`].
    #[error("extensions are not sorted, repeat a tag, or are too many")]
    ExtensionOrder,
    /// The history names the versions right before this one, oldest first, as many as there were
    /// but at most [`crate::limits::HISTORY`].
    #[error("the history does not name the versions before this one")]
    History,
    /// At least one holder and at most [`crate::limits::HOLDERS`].
    #[error("no holder, or too many")]
    HolderCount,
    /// A known kind of holder is not stored as an unknown one.
    #[error("a known kind of holder is given as an unknown one")]
    HolderKind,
    /// Holders are sorted by their first identifier.
    #[error("the holders are not sorted by identifier")]
    HolderOrder,
    /// A holder has an identifier, and all have at most [`crate::limits::IDENTIFIERS`].
    #[error("a holder without identifier, or too many identifiers")]
    IdentifierCount,
    /// Identifiers of a holder ascend.
    #[error("identifiers are not sorted or one repeats")]
    IdentifierOrder,
    /// No two holders share an identifier.
    #[error("two holders have one identifier")]
    IdentifierTwice,
    /// An identifier is not zero.
    #[error("an identifier is zero")]
    IdentifierZero,
    /// There are one or two keys.
    #[error("neither one key nor two")]
    KeyCount,
    /// Devices and guardians join by an invite, and nothing else does.
    #[error("nothing of this kind joins by an invite")]
    JoinKind,
    /// All keys of a mailbox have shares at the same identifiers.
    #[error("the keys of a mailbox have different identifiers")]
    KeyIdentifiers,
    /// The two keys of an account are different.
    #[error("one key is listed twice")]
    KeyTwice,
    /// A label has at most [`crate::limits::LABEL_BYTES`] bytes.
    #[error("a label is too long")]
    LabelLength,
    /// A label has no control characters.
    #[error("a label has control characters")]
    LabelText,
    /// A stored invite is the answer to the request that is stored with it.
    #[error("an invite is kept with a request that it does not answer")]
    InviteRequest,
    /// There is one mailbox hash per holder.
    #[error("the number of mailbox hashes is not that of the holders")]
    MailboxHashCount,
    /// Copied mailboxes are in the order of their holders and each is there once.
    #[error("copied mailboxes are not in the order of the holders or one repeats")]
    MailboxOrder,
    /// The next identifier is above all that are in use.
    #[error("the next identifier is not above those in use")]
    NextIdentifier,
    /// The device's own mailbox is that of a holder in the document.
    #[error("the device's mailbox is of no holder")]
    NotAHolder,
    /// Only mailboxes of holders marked `offline` are copied.
    #[error("a copied mailbox is of no holder that is marked offline")]
    NotOffline,
    /// Points are as long as those of the curve.
    #[error("a point has not the length of the curve's")]
    PointLength,
    /// A sheet has at least one question and at most [`crate::limits::QUESTIONS`].
    #[error("no question, or too many")]
    QuestionCount,
    /// A question is not empty, no longer than [`crate::limits`] says, and has no control
    /// characters.
    #[error("a question is empty, too long, or has control characters")]
    QuestionText,
    /// A bundle has one document and at most [`crate::limits::BUNDLE_RECORDS`] records.
    #[error("a bundle has not exactly one document, or too many records")]
    RecordCount,
    /// The records of a bundle are the document, then mailboxes by ascending address, each once.
    #[error("the records of a bundle are not sorted or one repeats")]
    RecordOrder,
    /// What a receipt says of the storage is short, and nothing that a terminal would take for a
    /// command.
    #[error("what a receipt says of the storage is too long or has control characters")]
    Receipt,
    /// A sealed seed or mailbox is no longer than [`crate::limits`] says.
    #[error("sealed bytes are too long")]
    SealedLength,
    /// What was seen is not older than the document kept.
    #[error("the newest version seen is older than the document kept")]
    SeenOlder,
    /// What a device remembers of factors and writers is sorted, each once, and no more than
    /// [`crate::limits`] says.
    #[error("what is remembered of the factors is not sorted, repeats one, or is too much")]
    StandingOrder,
    /// A pending operation has between 1 and [`crate::limits::STEPS`] steps, each with its whole
    /// content and nothing else, and at most as many seeds.
    #[error("a pending operation has no step, a damaged one, or too many")]
    Steps,
    /// Thresholds are at least 1 and no more than there are members, or identifiers.
    #[error("the access structure cannot be satisfied by its holders")]
    Structure,
    /// A nested access structure names every identifier of every holder, and no others.
    #[error("the access structure names other identifiers than those of the holders")]
    StructureHolders,
    /// An access structure is no deeper and no larger than [`crate::limits`] says.
    #[error("the access structure is nested too deeply, or too large")]
    StructureSize,
}
