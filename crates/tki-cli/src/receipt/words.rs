//! Which words receipts are put in.
//!
//! | number | since |
//! |---|---|
//! | 0 | receipts that were not signed, and have no number |
//! | 1 | the first that were signed |
//! | 2 | who had shares of two keys may have been renewed, too; what earlier structures leave; one command for each factor; "at least"; no hash of the document |
//!
//! A receipt with the number of this version is compared word for word with what these make of its
//! facts; of another one, only what is no sentence is.

/// The number of the words of this version: one more, where a sentence becomes another.
pub(super) const WORDS: u32 = 2;

#[cfg(test)]
mod tests {
    use tki::HolderName;
    use tki::engine::{Gone, Residual};
    use tki::math::{Identifier, Threshold};
    use tki::metadata::{Arrangement, HolderKind, Statement, WhoSuffices};

    use super::WORDS;
    use crate::advice;

    fn name(number: u128, kind: HolderKind) -> HolderName {
        HolderName::new(Identifier::new(number).unwrap(), kind, "")
    }

    fn of_seeds() -> Vec<Residual> {
        let removed = name(4, HolderKind::Device);
        let unchanged = vec![name(1, HolderKind::Device), name(3, HolderKind::Words)];
        let list = vec![removed.clone()];
        let sets = vec![unchanged.clone()];
        vec![
            Residual::Copies {
                removed: removed.clone(),
                copied: unchanged.clone(),
            },
            Residual::MayKnowKey {
                removed: removed.clone(),
            },
            Residual::NotRenewed {
                renewed: list.clone(),
                old: 1,
                unchanged: unchanged.clone(),
                needed: 1,
                sets: Vec::new(),
            },
            Residual::NotRenewed {
                renewed: list.clone(),
                old: 1,
                unchanged: unchanged.clone(),
                needed: 2,
                sets: sets.clone(),
            },
            Residual::OldStructure {
                unchanged: unchanged.clone(),
                needed: 2,
                sets: sets.clone(),
            },
            Residual::Pegged {
                removed: list.clone(),
                pegged: unchanged.clone(),
                needed: 1,
            },
            Residual::PegsWeaken {
                pegged: unchanged.clone(),
                enough: 1,
            },
            Residual::Together { removed: list },
            Residual::UnchangedSeeds {
                removed,
                unchanged: unchanged.clone(),
                needed: 1,
                sets,
            },
            Residual::Unknown(Statement {
                kind: 99,
                about: Vec::new(),
                others: Vec::new(),
                numbers: Vec::new(),
            }),
        ]
    }

    fn of_earlier() -> Vec<Residual> {
        let earlier = |how, needed| Residual::EarlierStructure {
            gone: name(4, HolderKind::Device),
            how,
            versions: (2, 2),
            unchanged: vec![name(1, HolderKind::Device), name(3, HolderKind::Words)],
            needed,
            sets: Vec::new(),
        };
        vec![
            earlier(Gone::Removed, Some(1)),
            earlier(Gone::Renewed, Some(1)),
            earlier(Gone::Removed, None),
            earlier(Gone::Renewed, None),
        ]
    }

    fn of_keys() -> Vec<Residual> {
        let list = vec![name(4, HolderKind::Device)];
        vec![
            Residual::DroppedKey,
            Residual::HadNextKey { removed: list },
            Residual::HadNextKey {
                removed: Vec::new(),
            },
            Residual::OldCopies,
            Residual::OldKey { since: 3 },
        ]
    }

    /// What is said, line by line. Whoever changes it raises [`WORDS`], says in the table above what
    /// became another, and stores the new lines beside this file.
    #[test]
    fn the_words_are_those_of_their_number() {
        let kinds = [
            HolderKind::Device,
            HolderKind::Provider,
            HolderKind::Words,
            HolderKind::File,
            HolderKind::Answers,
            HolderKind::Passkey,
            HolderKind::Guardian,
        ];
        let holders: Vec<HolderName> = (1..).zip(kinds).map(|(x, kind)| name(x, kind)).collect();
        let members = holders
            .iter()
            .map(|holder| Arrangement::Holder(holder.identifier));
        let two = Threshold::new(2).unwrap();
        let arrangement = Arrangement::gate(two, members.collect());
        let who = WhoSuffices {
            holders: holders.clone(),
            arrangement,
        };
        let all = of_seeds().into_iter().chain(of_keys());
        let all = all.chain(of_earlier());
        let mut lines: Vec<String> = all.map(|said| said.to_string()).collect();
        let seeds = Residual::UnchangedSeeds {
            removed: name(9, HolderKind::Words),
            unchanged: holders.clone(),
            needed: 1,
            sets: Vec::new(),
        };
        let known = Residual::MayKnowKey {
            removed: name(9, HolderKind::Words),
        };
        let own = holders.first().map(|holder| holder.identifier);
        lines.extend(advice::after(&[seeds, known], Some(&who), own));
        let had = Residual::HadNextKey {
            removed: Vec::new(),
        };
        lines.extend(advice::after(&[had], None, None));
        assert_eq!(WORDS, 2);
        let stored: Vec<&str> = include_str!("words-2.txt").lines().collect();
        assert_eq!(lines, stored, "{}", lines.join("\n"));
    }
}
