//! Custody on the command line: the facts that this machine knows, text, tables, picture.

pub(crate) mod facts;
pub(crate) mod markdown;
pub(crate) mod picture;
pub(crate) mod report;

use tki::custody::Ability;

/// Coalitions that are shown of one ability, unless all are asked for.
const MOST_SHOWN: usize = 40;

/// What stands above the coalitions of an ability.
const fn heading(ability: Ability) -> &'static str {
    match ability {
        Ability::Use => "can use the key without you",
        Ability::Recover => "is enough to get the key back, when all else is gone",
        Ability::Block => "can keep you from the key by refusing",
        Ability::Destroy => "destroys the key when it is lost for good",
    }
}

/// What is said of an ability that nobody has.
const fn nobody(ability: Ability) -> &'static str {
    match ability {
        Ability::Use | Ability::Block => "nobody",
        Ability::Recover | Ability::Destroy => "nothing",
    }
}
