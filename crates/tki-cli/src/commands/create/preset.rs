//! The factors of a structure to begin with: those that are named, each in a place of its kind, and
//! the usual ones where nothing has to be named.

use tki::custody::Preset;
use tki::metadata::HolderKind;

use crate::args::{New, Over};
use crate::error::Failure;

impl Over {
    /// How many factors are needed, of a structure in which there are no more gates.
    pub(crate) fn needed(&self) -> u16 {
        self.preset.map_or(self.threshold, Preset::threshold)
    }

    /// The factors in the order of the preset.
    pub(super) fn filling(&self, preset: Preset) -> Result<Vec<New>, Failure> {
        let mut given = self.factors.clone();
        let mut news = Vec::with_capacity(preset.kinds().len());
        for (kind, label) in preset.kinds() {
            let named = given.iter().position(|new| new.kind() == *kind);
            news.push(match (named, kind) {
                (Some(position), _) => given.remove(position),
                (None, HolderKind::Device) => New::Device,
                (None, HolderKind::Provider) => New::Provider(None),
                (None, HolderKind::Words) if !news.contains(&New::Words(None)) => New::Words(None),
                (None, kind) => return Err(lacking(preset, *kind, label)),
            });
        }
        if let Some(surplus) = given.first() {
            let (name, kind) = (preset.name(), surplus.kind());
            let message = format!("{name} has no place for the factor {kind} that is named");
            return Err(Failure::usage(message).next(format!(
                "leave it out, or choose the structure yourself: {}",
                "--structure STRUCTURE, with --factor for each"
            )));
        }
        Ok(news)
    }
}

fn lacking(preset: Preset, kind: HolderKind, label: &str) -> Failure {
    let same = preset.kinds().iter().filter(|(other, _)| *other == kind);
    let count = same.count();
    let (name, kind) = (preset.name(), kind.to_string());
    let has = match count {
        1 => format!("a {kind}"),
        count => format!("{count} factors of the kind {kind}"),
    };
    let message = format!("{name} has {has}, and it is not said where {label} is to be");
    Failure::usage(message).next(format!("name where each goes: --factor {kind}:NEW-FILE"))
}
