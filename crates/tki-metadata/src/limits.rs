//! How much of everything there may be. Part of the format: a value beyond these has no encoding.

/// Holders of an account.
pub const HOLDERS: usize = 256;

/// Identifiers of all holders of an account together.
pub const IDENTIFIERS: usize = 1024;

/// Gates above one another in an access structure.
pub const STRUCTURE_DEPTH: usize = tki_math::MOST_DEPTH;

/// Places of an access structure that holders take, one for each unit of a holder's weight.
pub const STRUCTURE_PLACES: usize = tki_math::MOST_HOLDERS;

/// Bytes of an encoded access structure: more than so many places take, and twice as many gates.
pub const STRUCTURE_BYTES: usize = 1 << 16;

/// Bytes of a label.
pub const LABEL_BYTES: usize = 64;

/// Versions before the current one of which the document knows the hash.
pub const HISTORY: usize = 256;

/// Events that the document keeps.
pub const EVENTS: usize = 64;

/// Bytes of the encoded log of events: the document is rewritten at every change.
pub const EVENT_LOG_BYTES: usize = 1 << 15;

/// Factors at hand that an event names, and pieces of what changed.
pub const EVENT_ENTRIES: usize = 32;

/// Bytes of the body of a piece of what changed, in an event.
pub const EVENT_BODY_BYTES: usize = 512;

/// Bytes of an encoded signed receipt: 256 factors, each named in several statements.
pub const RECEIPT_BYTES: usize = 1 << 22;

/// Bytes of who holds an account and who of them suffices, as a receipt says it: all names, and the
/// largest structure.
pub const WHO_SUFFICES_BYTES: usize = 1 << 17;

/// Bytes of what a storage says of what it keeps.
pub const RETENTION_BYTES: usize = 1024;

/// Keys of an account: one, two while it moves to a new one.
pub const KEYS: usize = 2;

/// Questions of an answer sheet.
pub const QUESTIONS: usize = 16;

/// Combinations of questions that are enough: 4 of 8.
pub const COMBINATIONS: usize = 70;

/// Bytes of a question of the owner's.
pub const QUESTION_BYTES: usize = 256;

/// Bytes of the id of a question of the catalogue.
pub const QUESTION_ID_BYTES: usize = 32;

/// Bytes of an encoded answer sheet.
pub const ANSWER_SHEET_BYTES: usize = 1 << 14;

/// Extensions in one list.
pub const EXTENSIONS: usize = 256;

/// Steps of a pending operation, and its seeds.
pub const STEPS: usize = 512;

/// Bytes of a sealed Ed25519 seed.
pub const SEALED_SEED_BYTES: usize = 1024;

/// Bytes of an encoded point of any curve.
pub const POINT_BYTES: usize = 128;

/// Bytes of a sealed mailbox: what a record can hold.
pub const SEALED_MAILBOX_BYTES: usize = 1 << 20;

/// Bytes of an encoded document: what a record can hold, less what sealing adds.
pub const DOCUMENT_BYTES: usize = (1 << 20) - (1 << 10);

/// Bytes of an encoded mailbox.
pub const MAILBOX_BYTES: usize = 1 << 18;

/// Records of which a device remembers the writer: the document and every mailbox.
pub const KNOWN_WRITERS: usize = HOLDERS + 1;

/// Bytes of what a device remembers of how its account stands.
pub const STANDING_BYTES: usize = 1 << 16;

/// Bytes of an encoded notice.
pub const NOTICE_BYTES: usize = 1 << 16;

/// Bytes of an encoded device package.
pub const PACKAGE_BYTES: usize = 1 << 24;

/// Records in a bundle: as many as a storage takes in at once.
pub const BUNDLE_RECORDS: usize = 1024;

/// Bytes of an encoded bundle after its magic: more than the largest document and 256 of the
/// largest mailboxes, each with as many hand-overs as a record can have.
pub const BUNDLE_BYTES: usize = 1 << 28;

/// Bytes of an encoded message by which somebody joins, or of what either side keeps of it.
pub const JOIN_BYTES: usize = 1 << 12;

/// Bytes of an encoded request for a guardian's help.
pub const HELP_REQUEST_BYTES: usize = 1 << 12;

/// Bytes of what a guardian hands out: a mailbox, and where it is.
pub const HELPED_MAILBOX_BYTES: usize = MAILBOX_BYTES + (1 << 12);

/// Bytes of an encoded answer of a guardian.
pub const HELP_ANSWER_BYTES: usize = HELPED_MAILBOX_BYTES + (1 << 12);
