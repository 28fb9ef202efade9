//! What can be refused of a change before anything is read.

use tki_math::{AccessStructure, Identifier};
use tki_metadata::Arrangement;

use super::{Change, Unverified};
use crate::{
    create::MAX_HOLDERS,
    error::{Error, InvalidChange, Reason},
    label,
    receipt::first_identifier,
    structure::Wish,
};

impl Change<'_, '_> {
    /// What can be refused without reading anything.
    pub(super) fn check(&self) -> Result<(), Error> {
        let account = &self.opened.account;
        let core = account.core();
        let asks = !self.added.is_empty()
            || !self.removed.is_empty()
            || !self.renewed.is_empty()
            || self.refresh
            || self.structure.is_some()
            || self.rotation.is_some()
            || self.renames();
        if !asks {
            return Err(InvalidChange::Empty.into());
        }
        self.check_named()?;
        for (position, identifier) in self.removed.iter().enumerate() {
            let repeated = self
                .removed
                .iter()
                .take(position)
                .any(|other| other == identifier);
            if core.holder(*identifier).is_none() || repeated {
                return Err(InvalidChange::UnknownHolder(*identifier).into());
            }
        }
        self.check_rotation()?;
        self.check_freedom()?;
        if core.holders.len() - self.removed.len() + self.added.len() > MAX_HOLDERS {
            return Err(InvalidChange::TooManyHolders.into());
        }
        if !account.freshness.is_vouched_for() && self.unverified == Unverified::Refuse {
            return Err(Reason::Unverified.into());
        }
        Ok(())
    }

    /// Whether anybody gets a name that is not the one it has, or one that nobody can have.
    fn renames(&self) -> bool {
        let core = self.opened.account.core();
        let differs = |(x, label): &(Identifier, String)| {
            core.holder(*x).is_none_or(|holder| holder.label != *label)
        };
        self.renamed.iter().any(differs)
    }

    /// Who is renamed or renewed stays, and each is so once; names are names; whoever is renewed is
    /// what it was.
    fn check_named(&self) -> Result<(), Error> {
        let core = self.opened.account.core();
        let renamed: Vec<_> = self.renamed.iter().map(|(x, _)| *x).collect();
        let renewed: Vec<_> = self.renewed.iter().map(|(x, _)| *x).collect();
        for named in [&renamed, &renewed] {
            for (position, identifier) in named.iter().enumerate() {
                if core.holder(*identifier).is_none() {
                    return Err(InvalidChange::UnknownHolder(*identifier).into());
                }
                let repeated = named.iter().take(position).any(|other| other == identifier);
                if repeated || self.removed.contains(identifier) {
                    return Err(InvalidChange::Twice(*identifier).into());
                }
            }
        }
        for (_, label) in &self.renamed {
            label::check(label)?;
        }
        for (identifier, factor) in &self.renewed {
            let kind = core.holder(*identifier).map(|holder| holder.kind);
            if kind.is_some_and(|kind| !kind.is_renewable()) {
                return Err(InvalidChange::NotRenewable(*identifier).into());
            }
            if kind != Some(factor.kind()) {
                return Err(InvalidChange::OtherKind(*identifier).into());
            }
        }
        Ok(())
    }

    /// The shares that stay where they are leave something to draw: with the secret they are fewer
    /// than the coefficients, or old shares would fit the new ones.
    fn check_freedom(&self) -> Result<(), Error> {
        let core = self.opened.account.core();
        let threshold = match &self.structure {
            Some(Wish::Threshold(threshold)) => *threshold,
            Some(Wish::Arrangement(arrangement)) => gate_threshold(arrangement),
            None => core.structure.threshold().get(),
        };
        let kept = core
            .holders
            .iter()
            .filter(|holder| holder.is_pegged() && !self.leaves_behind(first_identifier(holder)));
        let kept = kept.count();
        let new = self.newcomers();
        let new = new.filter(|factor| factor.peg().is_some()).count();
        let is_nested = match &self.structure {
            Some(wish) => wish.is_nested(),
            None => matches!(core.structure, AccessStructure::Gate(_)),
        };
        if is_nested && kept.saturating_add(new) > 0 {
            return Err(InvalidChange::PegsNeedThreshold.into());
        }
        let freedom = usize::from(threshold).saturating_sub(1);
        if self.makes_new_polynomial() && kept > 0 && kept >= freedom {
            return Err(InvalidChange::NoFreedom {
                pegged: kept,
                threshold,
            }
            .into());
        }
        if kept.saturating_add(new) > freedom {
            return Err(InvalidChange::TooManyPegs {
                pegged: kept.saturating_add(new),
                threshold,
            }
            .into());
        }
        Ok(())
    }
}

/// The threshold of the outermost gate.
const fn gate_threshold(arrangement: &Arrangement) -> u16 {
    match arrangement {
        Arrangement::Gate { threshold, .. } => threshold.get(),
        Arrangement::Holder(_) => 1,
    }
}
