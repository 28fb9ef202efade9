//! `tki receipts`: what the changes that this machine made did, and whether a receipt is one.

use std::path::Path;

use serde::Serialize;

use crate::args::{Global, ReceiptsCommand, ReceiptsOf};
use crate::describe::{self, line};
use crate::error::{Failure, Kind};
use crate::home::Home;
use crate::output::{Output, SCHEMA};
use crate::receipt::{Receipt, Signature};
use crate::receipts::{Known, MAX_RECEIPT, Receipts};
use crate::secret_input::StandardInput;

#[derive(Serialize)]
struct List<'r> {
    schema: u32,
    /// In the words of this version, made of what was signed.
    receipts: Vec<&'r Receipt>,
    /// For each receipt: `verified`, `other-words`, `foreign`, `none`, `bad`, `edited` or `unknown`.
    signatures: Vec<&'static str>,
    /// Files that are no receipts, or not of this version.
    damaged: Vec<String>,
}

/// `tki receipts`. Reads only, and needs no factor: nothing in a receipt is secret.
pub(crate) fn run(global: &Global, arguments: &ReceiptsOf) -> Result<(), Failure> {
    let output = Output::new(global);
    if let Some(ReceiptsCommand::Verify { file, address }) = &arguments.command {
        return verify(output, file, address.as_deref());
    }
    let home = Home::find(global)?;
    if !home.names()?.iter().any(|name| name == home.account()) {
        let message = format!("this machine has nothing of account {}", home.account());
        return Err(Failure::new(Kind::NotFound, message).next("tki accounts lists what there is"));
    }
    let found = Receipts::of(&home).found()?;
    for path in &found.damaged {
        output.say(&format!("not a receipt: {}", path.display()));
    }
    if !found.begun.is_empty() {
        output.say("A change was begun here whose end was not seen; tki open finds out.");
    }
    let known = Known::of(&home, &found.happened);
    // What is shown is made of what was signed, whatever stands beside it.
    let shown = |receipt: Receipt| (known.signature(&receipt), receipt.reworded());
    let mut all: Vec<(Signature, Receipt)> = found.happened.into_iter().map(shown).collect();
    let text = match arguments.version {
        None => table(&all),
        Some(version) => {
            all.retain(|(_, receipt)| receipt.version == version);
            if all.is_empty() {
                return Err(none_of(version));
            }
            all.iter().map(in_full).collect()
        }
    };
    let damaged = found.damaged.iter().map(|path| path.display().to_string());
    let list = List {
        schema: SCHEMA,
        signatures: all.iter().map(|(signature, _)| signature.name()).collect(),
        receipts: all.iter().map(|(_, receipt)| receipt).collect(),
        damaged: damaged.collect(),
    };
    output.result(&list, &text)
}

fn table(all: &[(Signature, Receipt)]) -> String {
    let mut text = String::new();
    if all.is_empty() {
        line(
            &mut text,
            format_args!(
                "This machine keeps no receipt of this account. What happened: tki history"
            ),
        );
    }
    for (signature, receipt) in all {
        let version = receipt.version;
        let date = describe::date(receipt.time);
        let summary = receipt.summary();
        line(&mut text, format_args!("{version:>5}  {date}  {summary}"));
        if let Some(complaint) = signature.complaint() {
            line(&mut text, format_args!("       {complaint}"));
        }
    }
    text
}

/// A receipt, and what its signature is worth.
fn in_full((signature, receipt): &(Signature, Receipt)) -> String {
    let mut text = receipt.text();
    if let Some(complaint) = signature.complaint() {
        line(&mut text, format_args!("  {complaint}."));
    } else if let Some(address) = receipt.address() {
        line(
            &mut text,
            format_args!("  Signed with the key of {address}."),
        );
    }
    text
}

fn none_of(version: u64) -> Failure {
    let message = format!("this machine has no receipt of version {version}");
    Failure::new(Kind::NotFound, message)
        .next("tki receipts lists those that there are; other machines keep those of their changes")
}

#[derive(Serialize)]
struct Verified<'r> {
    schema: u32,
    /// The address of the key that signed it.
    address: &'r str,
    receipt: &'r Receipt,
}

/// `tki receipts verify`. Shows what was signed, in the words of this version.
fn verify(output: Output, file: &Path, address: Option<&str>) -> Result<(), Failure> {
    let content = StandardInput::default().read(file, "receipt", MAX_RECEIPT)?;
    let Some(receipt) = Receipt::decode(&content) else {
        let message = format!("{} is damaged, or no receipt", file.display());
        return Err(Failure::new(Kind::CorruptFile, message)
            .next("other copies of it may be whole; tki history shows what happened"));
    };
    let signature = receipt.signature();
    let signer = receipt.address().unwrap_or_default();
    if let Some(complaint) = signature
        .complaint()
        .filter(|_| signature != Signature::OtherWords)
    {
        let kind = match signature {
            Signature::Unknown => Kind::Unsupported,
            Signature::Verified
            | Signature::OtherWords
            | Signature::Foreign
            | Signature::None
            | Signature::Bad
            | Signature::Edited => Kind::BadSignature,
        };
        return Err(Failure::new(kind, format!("this receipt is {complaint}"))
            .next("tki history shows what the account itself says happened"));
    }
    if address.is_some_and(|address| !address.eq_ignore_ascii_case(&signer)) {
        let message = format!("this receipt was signed with another key: that of {signer}");
        return Err(Failure::new(Kind::BadSignature, message)
            .next("compare the address with the one that you know: tki address"));
    }
    let receipt = receipt.reworded();
    let mut text = receipt.text();
    if let (Signature::OtherWords, Some(complaint)) = (signature, signature.complaint()) {
        line(&mut text, format_args!("Its facts are {complaint}."));
    }
    let account = &receipt.account;
    line(
        &mut text,
        format_args!("Signed with the key of {signer}, for account {account}."),
    );
    if address.is_none() {
        line(
            &mut text,
            format_args!("Compare the address: whoever has another key can sign another receipt."),
        );
    }
    let verified = Verified {
        schema: SCHEMA,
        address: &signer,
        receipt: &receipt,
    };
    output.result(&verified, &text)
}
