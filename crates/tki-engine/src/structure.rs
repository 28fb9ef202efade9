//! Who suffices: what a change makes of the access structure, which sets of holders suffice, how
//! many can be lost, and the structure in words.
//!
//! | file | what |
//! |---|---|
//! | `structure/places.rs` | the structure of the next version: who has which place in it |
//! | `structure/sets.rs` | the smallest sets of holders that suffice, and what is missing to them |
//! | `structure/losses.rs` | how many of any holders can be lost |
//! | `structure/expression.rs` | a structure read from text, with the names of factors |

mod expression;
mod losses;
mod places;
mod sets;

pub use expression::{InvalidStructure, read_structure};
pub use losses::Spare;
pub(crate) use places::{Wish, follow, shows_all, take_places};
pub use places::{rearranged, without};
pub(crate) use sets::{
    Companions, MOST_LISTED, MOST_SETS, companions, companions_of, counts_alike, is_satisfied_by,
    sets_of, some_sets, suffice,
};
pub use sets::{fewest_missing, minimal_quorums, minimal_sets_of};
