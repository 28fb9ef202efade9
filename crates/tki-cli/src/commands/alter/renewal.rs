//! `tki renew`: this device, and words at hand, get new secrets of their own.

use tki::math::Identifier;
use tki::metadata::Step;
use tki::{Factor, Opened};

use super::Alter;
use crate::change::{Report, Wish};
use crate::delivery::{self, Delivery, Sheet};
use crate::error::{Failure, Kind};
use crate::machine;

/// Who is renewed.
struct Chosen {
    device: Option<Identifier>,
    words: Option<Identifier>,
}

/// Whom a command means: those that it names, or everybody who is at hand and can be renewed.
fn choose(
    named: &[Identifier],
    device: Option<Identifier>,
    words: &[Identifier],
) -> Result<Chosen, Failure> {
    let is_meant = |identifier: &Identifier| named.is_empty() || named.contains(identifier);
    let words: Vec<Identifier> = words.iter().copied().filter(is_meant).collect();
    let device = device.filter(is_meant);
    for identifier in named {
        if device != Some(*identifier) && !words.contains(identifier) {
            let message = format!(
                "factor {identifier} is not this device, and its words are not at hand: only who is \
                 present is renewed"
            );
            return Err(Failure::new(Kind::InvalidChange, message).next(
                "name the words: --use words:FILE; another device renews itself; a provider is \
                 replaced: tki factor replace ID",
            ));
        }
    }
    if words.len() > 1 {
        return Err(Failure::usage("one sheet of words is renewed at a time")
            .next("name whom to renew: tki renew ID"));
    }
    if device.is_none() && words.is_empty() {
        return Err(
            Failure::new(Kind::InvalidChange, "nobody at hand can be renewed")
                .next("use this device or words: --use device --use words:FILE"),
        );
    }
    Ok(Chosen {
        device,
        words: words.first().copied(),
    })
}

impl Alter<'_> {
    /// Gives those who are meant new seeds.
    pub(super) async fn renew(
        self,
        opened: &Opened<'_>,
        named: &[Identifier],
    ) -> Result<(), Failure> {
        let chosen = choose(named, self.own, &self.hand.words_of(opened.account()))?;
        let delivery = match chosen.words {
            Some(_) => Some(Delivery::choose(
                self.alteration.recovery_file(),
                self.recorder.device,
            )?),
            None => None,
        };
        let identifiers = chosen.device.iter().chain(&chosen.words);
        let steps: Vec<Step> = identifiers
            .map(|identifier| Step::Renew {
                identifier: *identifier,
            })
            .collect();
        let words = delivery::words_for(self.recorder.device, &steps, "")?;
        let device = match self.recorder.device {
            Some(device) => Some(device.renewal(&mut machine::random()?)),
            None => None,
        };
        let mut renew: Vec<(Identifier, &dyn Factor)> = Vec::new();
        if let (Some(identifier), Some(device)) = (chosen.device, &device) {
            renew.push((identifier, device));
        }
        if let Some(identifier) = chosen.words {
            renew.push((identifier, &words));
        }
        let wish = Wish {
            renew: &renew,
            ..Wish::default()
        };
        let sheet = delivery.as_ref().map(|delivery| Sheet {
            words: &words,
            delivery,
        });
        wish.carry_out(
            self.session,
            opened,
            self.recorder,
            sheet,
            Report::WithReceipt,
        )
        .await
    }
}
