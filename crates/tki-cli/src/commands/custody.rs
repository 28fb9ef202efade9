//! `tki custody`: who can use the key, get it back, keep its owner from it, or destroy it.

use std::path::Path;

use tki::custody::{Custody, Preset};
use tki::metadata::Holder;
use tki::{Account, Device, HolderName};

use crate::args::{Custody as Arguments, Global};
use crate::custody::report::{self, Report};
use crate::custody::{facts, markdown, picture};
use crate::error::Failure;
use crate::factors::{self, Hand, Need};
use crate::output::{self, Output};
use crate::session::{Purpose, Session};

use super::reading::device_store;

/// `tki custody`. One factor is enough: nothing is opened.
pub(crate) async fn run(global: &Global, arguments: &Arguments) -> Result<(), Failure> {
    if arguments.presets {
        return output::print(&markdown::presets());
    }
    if let Some(preset) = arguments.preset {
        return of_preset(global, arguments, preset);
    }
    let session = Session::begin(global, Purpose::Use).await?;
    let store = device_store(&session)?;
    let device = factors::load_device(&session, store.as_deref())?;
    let standing = device.as_ref().map(Device::standing);
    let hand = Hand::gather(&session, device, Need::One).await?;
    let bound = hand.bind().await?;
    let account = hand.read(&session, &bound.list()).await?;
    let custody = of_account(&session, &account, hand.device.as_ref(), arguments)?;
    for holder in &account.core().holders {
        let known = standing.as_ref().zip(holder.identifier());
        if known.is_some_and(|(standing, x)| standing.of(x).lost.is_some()) {
            let name = HolderName::of(holder);
            session.output.say(&format!(
                "{name}, noted as lost, is counted as if you had it."
            ));
        }
    }
    let title = format!("Custody of {}", session.home.account());
    let id = Some(account.id().to_string());
    show(session.output, arguments, &custody, &title, id)
}

fn of_account(
    session: &Session,
    account: &Account<'_>,
    device: Option<&Device<'_>>,
    arguments: &Arguments,
) -> Result<Custody, Failure> {
    let core = account.core();
    let own = device.and_then(|device| device.identifier_in(core));
    let noted = device.map_or_else(Vec::new, |device| device.noted_in(core));
    let known = facts::of_machine(session, core, (own, &noted), &arguments.kept);
    let factors: Vec<_> = core.holders.iter().filter_map(Holder::identifier).collect();
    let facts = facts::said(known, &arguments.kept, &factors)?;
    Ok(Custody::of(core, &facts))
}

/// A structure to begin with, before there is an account.
fn of_preset(global: &Global, arguments: &Arguments, preset: Preset) -> Result<(), Failure> {
    let factors = preset.factors();
    let names: Vec<_> = factors
        .iter()
        .map(tki::custody::Listed::identifier)
        .collect();
    let facts = facts::said(preset.facts(), &arguments.kept, &names)?;
    let custody = Custody::over(&preset.structure(), &factors, &facts);
    let title = format!("Custody of {}: {}", preset.name(), preset.expression());
    show(Output::new(global), arguments, &custody, &title, None)
}

fn show(
    output: Output,
    arguments: &Arguments,
    custody: &Custody,
    title: &str,
    account: Option<String>,
) -> Result<(), Failure> {
    if let Some(file) = &arguments.svg {
        write_picture(file, &picture::svg(custody, title))?;
        output.say(&format!("drew {}", file.display()));
    }
    if arguments.markdown {
        return output::print(&markdown::table(custody));
    }
    output.result(&Report::of(custody, account), &report::text(custody))
}

/// A new file. The very same picture is there when the command was killed after drawing it.
fn write_picture(file: &Path, svg: &str) -> Result<(), Failure> {
    let limit = u64::try_from(svg.len()).unwrap_or(u64::MAX);
    let old = tki_file::read(file, limit).ok().flatten();
    if old.is_some_and(|old| old.as_slice() == svg.as_bytes()) {
        return Ok(());
    }
    tki_file::write_new(file, svg.as_bytes()).map_err(|error| {
        Failure::file("could not write the picture", &error).next("name a new file: --svg FILE")
    })
}
