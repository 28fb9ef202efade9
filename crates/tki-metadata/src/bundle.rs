//! The bundle: the sealed records of one version of an account, in one file.

use alloc::vec::Vec;

use tki_record::{Record, RecordKind};

use crate::{
    codec,
    error::{Error, Rule},
    extensions::Extensions,
    limits, wire,
};

/// The bytes that every bundle begins with.
const MAGIC: [u8; 8] = *b"TKI-BNDL";

/// What an account is in a storage, to be kept elsewhere: its document and the mailboxes of its
/// holders, as they are stored.
///
/// Everything in it is sealed, and nothing of it opens without the factors of the account. It does
/// say which records belong together, how many there are, when versions changed hands and how
/// often the account was changed, which a storage of many accounts does not say to everybody.
///
/// Whether the records are validly signed is checked by whoever takes them in; whether they belong
/// to one version of one account, by whoever opens it.
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Bundle {
    /// The document, then mailboxes by ascending address: their order does not show that of the
    /// holders.
    pub records: Vec<Record>,
    /// What later versions add.
    pub extensions: Extensions,
}

impl Bundle {
    /// A bundle of these records, in whatever order they are given, without extensions.
    #[must_use]
    pub fn new(mut records: Vec<Record>) -> Self {
        records.sort_by_key(order);
        Self {
            records,
            extensions: Extensions::new(),
        }
    }

    /// The file.
    ///
    /// # Errors
    /// The rule that the bundle breaks, or `TooLarge`.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        self.check()?;
        let stored = codec::encode(&wire::bundle::Bundle::from(self))?;
        Ok([MAGIC.as_slice(), &stored].concat())
    }

    /// Reads a file. No signature is verified.
    ///
    /// # Errors
    /// `NotABundle` if the file is something else, `Unsupported…` and `CriticalExtension` for what
    /// a newer version wrote, `TooLarge`, `Malformed` for what is no encoding, `Refused` with the
    /// rule that the content breaks.
    pub fn decode(file: &[u8]) -> Result<Self, Error> {
        // Step 1.1: another beginning is another kind of file.
        let stored = file.strip_prefix(&MAGIC).ok_or(Error::NotABundle)?;
        // Step 1.2: the size, and the one encoding.
        let bundle = Self::try_from(codec::decode::<wire::bundle::Bundle>(stored)?)?;
        bundle.check()?;
        Ok(bundle)
    }

    fn check(&self) -> Result<(), Error> {
        // Step 1.3: one document, and as many records as a storage takes in at once.
        let is_document = |record: &&Record| record.claim().kind() == RecordKind::Document;
        if self.records.len() > limits::BUNDLE_RECORDS
            || self.records.iter().filter(is_document).count() != 1
        {
            return Err(Rule::RecordCount.into());
        }
        // Step 1.4: the document, then the mailboxes by address.
        if !self
            .records
            .is_sorted_by(|one, next| order(one) < order(next))
        {
            return Err(Rule::RecordOrder.into());
        }
        self.extensions.check()
    }
}

/// Kinds are numbered so that the document comes first.
fn order(record: &Record) -> (u8, tki_record::Address) {
    (record.claim().kind().code(), record.address())
}
