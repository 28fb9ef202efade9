//! `tki renew`: this device, and one other factor at hand, get new secrets of their own.

use tki::math::Identifier;
use tki::metadata::{HolderKind, Step};
use tki::{Factor, Opened};

use super::Alter;
use crate::args::New;
use crate::change::{Report, Wish};
use crate::error::{Failure, Kind};
use crate::machine;
use crate::new_factors::{Made, Maker, NewSeed};

/// Who is renewed.
struct Chosen {
    device: Option<Identifier>,
    /// Words or another factor whose seed is at hand.
    other: Option<(Identifier, HolderKind)>,
}

/// Whom a command means: those that it names, or everybody who is at hand and can be renewed.
fn choose(
    named: &[Identifier],
    device: Option<Identifier>,
    others: &[(Identifier, HolderKind)],
) -> Result<Chosen, Failure> {
    let is_meant = |identifier: &Identifier| named.is_empty() || named.contains(identifier);
    let others: Vec<_> = others.iter().filter(|other| is_meant(&other.0)).collect();
    let device = device.filter(is_meant);
    for identifier in named {
        let is_at_hand = others.iter().any(|other| other.0 == *identifier);
        if device != Some(*identifier) && !is_at_hand {
            let message = format!(
                "factor {identifier} is not this device, and its secret is not at hand: only who \
                 is present is renewed"
            );
            return Err(Failure::new(Kind::InvalidChange, message).next(
                "name the words: --use words:FILE; another device renews itself; a provider is \
                 replaced: tki factor replace ID",
            ));
        }
    }
    if others.len() > 1 {
        return Err(
            Failure::usage("beside this device, one factor is renewed at a time")
                .next("name whom to renew: tki renew ID"),
        );
    }
    if device.is_none() && others.is_empty() {
        return Err(
            Failure::new(Kind::InvalidChange, "nobody at hand can be renewed")
                .next("use this device or words: --use device --use words:FILE"),
        );
    }
    Ok(Chosen {
        device,
        other: others.first().map(|other| **other),
    })
}

impl Alter<'_> {
    /// Gives those who are meant new seeds.
    pub(super) async fn renew(
        self,
        opened: &Opened<'_>,
        named: &[Identifier],
    ) -> Result<(), Failure> {
        let chosen = choose(named, self.own, &self.hand.renewable(opened.account()))?;
        let identifiers = chosen.device.into_iter();
        let identifiers = identifiers.chain(chosen.other.map(|(identifier, _)| identifier));
        let steps: Vec<Step> = identifiers
            .map(|identifier| Step::Renew { identifier })
            .collect();
        let made = match chosen.other {
            Some((_, kind)) => Some(self.make_again(kind, &steps).await?),
            None => None,
        };
        let device = match self.recorder.device {
            Some(device) => Some(device.renewal(&mut machine::random()?)),
            None => None,
        };
        let mut renew: Vec<(Identifier, &dyn Factor)> = Vec::new();
        if let (Some(identifier), Some(device)) = (chosen.device, &device) {
            renew.push((identifier, device));
        }
        if let (Some((identifier, _)), Some(made)) = (chosen.other, &made) {
            renew.push((identifier, &made.factor));
        }
        let wish = Wish {
            renew: &renew,
            ..Wish::default()
        };
        let handout = made.as_ref().and_then(NewSeed::handout);
        wish.carry_out(
            self.session,
            opened,
            self.recorder,
            handout.as_slice(),
            Report::WithReceipt,
        )
        .await
    }

    /// A seed of this kind, with which its owner is given something new to keep.
    async fn make_again(&self, kind: HolderKind, steps: &[Step]) -> Result<NewSeed, Failure> {
        let new = New::of_kind(kind, self.alteration.recovery_file());
        let maker = Maker::new(self.session, self.recorder.device, steps);
        let mut maker = maker.with_codes(self.alteration.draws_codes());
        let made = match new {
            Some(new) => maker.make(&new, "").await?,
            None => None,
        };
        match made {
            Some(Made::Seed(seed)) => Ok(seed),
            Some(Made::Login(_)) | None => {
                let message = format!("a {kind} is not renewed");
                Err(Failure::new(Kind::InvalidChange, message))
            }
        }
    }
}
