//! `tki receipts`: what the changes that this machine made did, and whether a receipt is one.

use std::path::Path;

use serde::Serialize;

use crate::args::{Global, ReceiptsCommand, ReceiptsOf};
use crate::describe::{self, line};
use crate::error::{Failure, Kind};
use crate::home::Home;
use crate::output::{Output, SCHEMA};
use crate::receipt::{Receipt, Signature};
use crate::receipts::{Found, MAX_RECEIPT, Receipts};
use crate::secret_input::StandardInput;

#[derive(Serialize)]
struct List<'r> {
    schema: u32,
    receipts: Vec<&'r Receipt>,
    /// For each receipt: `verified`, `none`, `bad`, `edited` or `unknown`.
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
    let (receipts, text) = match arguments.version {
        None => (found.happened.iter().collect(), table(&found)),
        Some(version) => {
            let of_version = found.happened.iter();
            let receipts: Vec<&Receipt> = of_version
                .filter(|receipt| receipt.version == version)
                .collect();
            if receipts.is_empty() {
                return Err(none_of(version));
            }
            let text = receipts.iter().map(|receipt| in_full(receipt)).collect();
            (receipts, text)
        }
    };
    let damaged = found.damaged.iter().map(|path| path.display().to_string());
    let list = List {
        schema: SCHEMA,
        signatures: receipts.iter().map(|r| r.signature().name()).collect(),
        receipts,
        damaged: damaged.collect(),
    };
    output.result(&list, &text)
}

fn table(found: &Found) -> String {
    let mut text = String::new();
    if found.happened.is_empty() {
        line(
            &mut text,
            format_args!(
                "This machine keeps no receipt of this account. What happened: tki history"
            ),
        );
    }
    for receipt in &found.happened {
        let version = receipt.version;
        let date = describe::date(receipt.time);
        let summary = receipt.summary();
        line(&mut text, format_args!("{version:>5}  {date}  {summary}"));
        if let Some(complaint) = receipt.signature().complaint() {
            line(&mut text, format_args!("       {complaint}"));
        }
    }
    text
}

/// A receipt, and what its signature is worth.
fn in_full(receipt: &Receipt) -> String {
    let mut text = receipt.text();
    match (receipt.signature().complaint(), receipt.address()) {
        (None, Some(address)) => line(
            &mut text,
            format_args!("  Signed with the key of {address}."),
        ),
        (complaint, _) => line(
            &mut text,
            format_args!("  {}.", complaint.unwrap_or("not signed")),
        ),
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
    if let Some(complaint) = signature.complaint() {
        let kind = match signature {
            Signature::Unknown => Kind::Unsupported,
            Signature::Verified | Signature::None | Signature::Bad | Signature::Edited => {
                Kind::BadSignature
            }
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
