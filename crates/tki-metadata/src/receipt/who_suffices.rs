//! Who holds an account and which of them suffice, each by name.

use alloc::vec::Vec;

use crate::{arrangement::Arrangement, document::core::Core, event::name::HolderName};

/// Who holds an account, and which of them suffice: as much of a document as it takes to say what its
/// owner could do next.
///
/// # Examples
/// ```
/// use tki_metadata::{Core, WhoSuffices};
///
/// fn show(core: &Core) {
///     let who = WhoSuffices::of(core);
///     println!("{} of {} factors", who.arrangement, who.holders.len());
/// }
/// ```
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WhoSuffices {
    /// The holders, in the order of the document.
    pub holders: Vec<HolderName>,
    /// Which of them suffice, each by its first identifier.
    pub arrangement: Arrangement,
}

impl WhoSuffices {
    /// Those of an account.
    #[must_use]
    pub fn of(core: &Core) -> Self {
        Self {
            holders: core.holders.iter().map(HolderName::of).collect(),
            arrangement: Arrangement::of(core),
        }
    }
}
