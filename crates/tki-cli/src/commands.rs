//! The commands, one file for each way of using an account.

mod accounts;
mod address;
mod alter;
mod approve;
mod backup;
mod create;
mod custody;
mod device;
mod doctor;
mod drill;
mod export;
mod guardian;
mod health;
mod history;
mod import;
mod key_options;
mod manual;
mod questions;
mod reading;
mod receipts;
mod recover;
mod restore;
mod shares;
mod sign;
mod storage;
mod verify;

use crate::args::{
    AccountsCommand, Cli, Command, FactorCommand, StructureCommand, ThresholdCommand,
};
use crate::commands::alter::Alteration;
use crate::demo;
use crate::error::Failure;

/// Runs the command that was typed.
pub(crate) async fn run(cli: &Cli) -> Result<(), Failure> {
    let global = &cli.global;
    match &cli.command {
        Command::Demo(arguments) => demo::run(global, arguments).await,
        Command::Create(arguments) => create::run(global, arguments).await,
        Command::Import(arguments) => import::run(global, arguments).await,
        Command::Export(arguments) => export::run(global, arguments).await,
        Command::Open => reading::open(global).await,
        Command::Show(arguments) => reading::show(global, arguments).await,
        Command::Custody(arguments) => custody::run(global, arguments).await,
        Command::Recover(arguments) => recover::run(global, arguments).await,
        Command::Health(arguments) => health::run(global, arguments).await,
        Command::Drill(arguments) => drill::run(global, arguments).await,
        Command::Factor(FactorCommand::List) => reading::list(global).await,
        Command::Factor(FactorCommand::Add(arguments)) => {
            alter::run(global, Alteration::Add(arguments)).await
        }
        Command::Factor(FactorCommand::Remove(arguments)) => {
            alter::run(global, Alteration::Remove(arguments)).await
        }
        Command::Factor(FactorCommand::Replace(arguments)) => {
            alter::run(global, Alteration::Replace(arguments)).await
        }
        Command::Factor(FactorCommand::Rename(arguments)) => {
            alter::run(global, Alteration::Rename(arguments)).await
        }
        Command::Device(command) => device::run(global, command).await,
        Command::Guardian(command) => guardian::run(global, command).await,
        Command::Renew(arguments) => alter::run(global, Alteration::Renew(arguments)).await,
        Command::Storage(command) => storage::run(global, command).await,
        Command::Structure(StructureCommand::Show) => reading::structure(global).await,
        Command::Structure(StructureCommand::Set(arguments)) => {
            alter::run(global, Alteration::Structure(arguments)).await
        }
        Command::Threshold(ThresholdCommand::Set(arguments)) => {
            alter::run(global, Alteration::Threshold(arguments)).await
        }
        Command::Refresh => alter::run(global, Alteration::Refresh).await,
        Command::Rotate(arguments) => alter::run(global, Alteration::Rotate(arguments)).await,
        Command::Address(arguments) => address::run(global, arguments).await,
        Command::Sign(arguments) => sign::run(global, arguments).await,
        Command::Verify(arguments) => verify::run(global, arguments),
        Command::Backup(arguments) => backup::run(global, arguments).await,
        Command::Restore(arguments) => restore::run(global, arguments).await,
        Command::Accounts { command: None } => accounts::run(global),
        Command::Accounts {
            command: Some(AccountsCommand::Remove { name, yes }),
        } => accounts::remove(global, name, *yes),
        Command::Questions(arguments) => questions::run(global, arguments),
        Command::History => history::run(global).await,
        Command::Receipts(arguments) => receipts::run(global, arguments),
        Command::Doctor(arguments) => doctor::run(global, arguments).await,
        Command::Completions { shell } => manual::completions(global, *shell),
        Command::Man(arguments) => manual::man(global, arguments),
    }
}
