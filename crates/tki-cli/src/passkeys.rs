//! Passkeys at hand: where they are, and which of them belong to an account.
//!
//! An account that other factors have opened names its passkeys by their credentials. Where a
//! passkey is the first factor at hand, each one on its authenticator may be the one: those whose
//! mailbox is in the storage are.

use tki::metadata::{AccountId, Holder, HolderKind};
use tki::passkey::{
    CredentialId, Error, Fido2Tools, Passkey, Prf, PrfAuthenticator, SoftwareAuthenticator,
};
use tki::{Account, Factor as _, SeedFactor};
use zeroize::Zeroizing;

use crate::args::PasskeyAt;
use crate::asking::Choice;
use crate::describe::Description;
use crate::error::{Failure, Kind};
use crate::machine;
use crate::output;
use crate::progress::Progress;
use crate::secret_input;
use crate::session::{Purpose, Session};
use crate::structure;

/// Whether there is something to open; a security key says so itself.
pub(crate) fn is_there(at: &PasskeyAt) -> bool {
    match at {
        PasskeyAt::Fido2(_) => true,
        PasskeyAt::Software(path) => path.symlink_metadata().is_ok(),
    }
}

/// Opens an authenticator, and makes one in software if it is to be and is not there.
pub(crate) fn open(
    session: &Session,
    at: &PasskeyAt,
    purpose: Purpose,
) -> Result<Box<dyn PrfAuthenticator>, Failure> {
    let path = match at {
        PasskeyAt::Fido2(device) => return Ok(Box::new(Fido2Tools::new(device.as_deref()))),
        PasskeyAt::Software(path) => path,
    };
    let refused = |error| failure(at, &error);
    if purpose == Purpose::Create && !is_there(at) {
        let passphrase = given_passphrase(session)?;
        let sealed = passphrase.as_ref();
        let sealed = sealed.map(|phrase| (phrase.as_slice(), machine::argon2_params()));
        let mut rng = machine::random()?;
        let made = SoftwareAuthenticator::create(path, sealed, Prf::Available, &mut rng);
        let made = made.map_err(refused)?;
        let how = if passphrase.is_some() {
            ""
        } else {
            " without a passphrase"
        };
        let path = path.display();
        session
            .output
            .say(&format!("made a software authenticator{how}: {path}"));
        return Ok(Box::new(made));
    }
    let passphrase = if SoftwareAuthenticator::has_passphrase(path).map_err(refused)? {
        Some(match given_passphrase(session)? {
            Some(passphrase) => passphrase,
            None if output::is_interactive() => typed_passphrase()?,
            None => return Err(failure(at, &Error::PassphraseNeeded)),
        })
    } else {
        None
    };
    let _progress = Progress::start(session.output, "unlocking the authenticator");
    let passphrase = passphrase.as_ref().map(|phrase| phrase.as_slice());
    let opened = SoftwareAuthenticator::open(path, passphrase).map_err(refused)?;
    Ok(Box::new(opened))
}

fn given_passphrase(session: &Session) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
    let file = session.global.passkey_passphrase_file.as_deref();
    let read = file.map(|file| session.input.passphrase(file, "passphrase of the passkeys"));
    read.transpose()
}

fn typed_passphrase() -> Result<Zeroizing<Vec<u8>>, Failure> {
    let typed = secret_input::prompt("passphrase of the passkeys")?;
    Ok(Zeroizing::new(typed.as_bytes().to_vec()))
}

/// A passkey as a factor, of which the document says which credential it is.
pub(crate) fn factor(label: &str, passkey: Passkey) -> SeedFactor<'static> {
    let (tag, credential) = passkey.extension();
    SeedFactor::new(HolderKind::Passkey, label, passkey.seed).with_extension(tag, credential)
}

/// A security key blinks and says nothing.
pub(crate) fn announce_touch(session: &Session, at: &PasskeyAt) {
    if matches!(at, PasskeyAt::Fido2(_)) {
        session.output.say("touch the security key when it blinks");
    }
}

/// Those there that an account names.
pub(crate) async fn named(
    session: &Session,
    at: &PasskeyAt,
    account: &Account<'_>,
) -> Result<Vec<SeedFactor<'static>>, Failure> {
    let refused = |error| failure(at, &error);
    let holders = account.core().holders.iter();
    let wanted = holders.filter_map(|holder| Some((holder, Passkey::named_by(holder)?)));
    let wanted: Vec<(&Holder, CredentialId)> = wanted.collect();
    if wanted.is_empty() {
        let message = "the account has no passkey";
        return Err(Failure::new(Kind::NotFound, message)
            .next("tki factor list shows its factors; to add one: tki factor add passkey:WHERE"));
    }
    let authenticator = open(session, at, Purpose::Use)?;
    let listed = authenticator.credentials().await.map_err(refused)?;
    let mut found = Vec::new();
    for (holder, id) in &wanted {
        if listed.iter().any(|credential| credential.id == *id) {
            announce_touch(session, at);
            let passkey = Passkey::find(authenticator.as_ref(), id).await;
            found.push(factor(&holder.label, passkey.map_err(refused)?));
        }
    }
    if found.is_empty() {
        return Err(gone(at, &wanted, account));
    }
    Ok(found)
}

/// None of an account's passkeys is there: which they were, and what opens the account without.
fn gone(at: &PasskeyAt, wanted: &[(&Holder, CredentialId)], account: &Account<'_>) -> Failure {
    let name = |holder: &Holder| {
        let identifier = holder.identifier().map(|x| x.to_string());
        let label = match holder.label.as_str() {
            "" => String::new(),
            label => format!(" ({label})"),
        };
        format!("{} {}{label}", holder.kind, identifier.unwrap_or_default())
    };
    let lost = wanted.iter();
    let lost = lost.map(|(holder, id)| format!("{}, credential {id}", name(holder)));
    let lost = lost.collect::<Vec<_>>().join("; ");
    let message = format!("not on {at}, or deleted there: {lost}");
    let others = account.core().holders.iter();
    let others = others.filter(|holder| wanted.iter().all(|(lost, _)| lost != holder));
    let others = others.map(name).collect::<Vec<_>>().join(", ");
    let enough = match structure::plain(account.core()) {
        Some(needed) => format!("any {needed} of the others open the account"),
        None => "the others open the account where they suffice (tki structure show)".into(),
    };
    let identifier = wanted.first().and_then(|(holder, _)| holder.identifier());
    let identifier = identifier.map(|x| x.to_string()).unwrap_or_default();
    Failure::new(Kind::NotFound, message).next(format!(
        "{enough}: {others}; with them, replace what is lost: \
         tki factor replace {identifier} --with passkey:WHERE"
    ))
}

/// Those there that have a mailbox in the storage, where no other factor says which are meant.
pub(crate) async fn candidates(
    session: &Session,
    at: &PasskeyAt,
) -> Result<Vec<SeedFactor<'static>>, Failure> {
    let authenticator = open(session, at, Purpose::Use)?;
    announce_touch(session, at);
    let all = Passkey::all(authenticator.as_ref()).await;
    let mut found = Vec::new();
    for passkey in all.map_err(|error| failure(at, &error))? {
        let label = passkey.label.clone().unwrap_or_default();
        let factor = factor(&label, passkey);
        // Offline, the device's copies decide.
        let has_mailbox =
            session.global.offline || session.storage()?.get(&factor.address(0)).await?.is_some();
        if has_mailbox {
            found.push(factor);
        }
    }
    if found.is_empty() {
        let message = format!("no passkey on {at} belongs to an account in this storage");
        return Err(Failure::new(Kind::NotFound, message).next(
            "check --storage; a passkey that was deleted is gone: use other factors, for example \
             --use words:FILE --use provider",
        ));
    }
    of_one_account(session, found).await
}

/// Leaves out those of other accounts than the one that is meant.
async fn of_one_account(
    session: &Session,
    found: Vec<SeedFactor<'static>>,
) -> Result<Vec<SeedFactor<'static>>, Failure> {
    if found.len() < 2 || session.global.offline {
        return Ok(found);
    }
    let options = session.read_options(None);
    let mut accounts: Vec<(AccountId, SeedFactor<'static>)> = Vec::new();
    let mut names: Vec<(AccountId, String)> = Vec::new();
    for factor in found {
        // What was removed, or cannot be read, opens nothing beside one that can.
        if let Ok(account) = Account::read(session.storage()?, &[&factor], options).await {
            let id = account.id();
            if !names.iter().any(|(known, _)| *known == id) {
                let address = Description::of(&account, "").address().to_string();
                names.push((id, address));
            }
            drop(account);
            accounts.push((id, factor));
        }
    }
    let wanted = match session.global.account_id {
        Some(id) => Some(id),
        None => which(&names)?,
    };
    let of_wanted = accounts.into_iter().filter(|(id, _)| Some(*id) == wanted);
    Ok(of_wanted.map(|(_, factor)| factor).collect())
}

/// Which of several accounts is meant: somebody is asked, by their addresses.
fn which(accounts: &[(AccountId, String)]) -> Result<Option<AccountId>, Failure> {
    let mut ids = accounts.iter().map(|(id, _)| *id);
    if accounts.len() < 2 {
        return Ok(ids.next_back());
    }
    let options: Vec<String> = accounts
        .iter()
        .map(|(_, address)| address.clone())
        .collect();
    let listed: Vec<String> = ids.clone().map(|id| id.to_string()).collect();
    if !output::is_interactive() {
        let message = "the passkeys there belong to several accounts";
        let next = format!("say which, with --account-id NUMBER: {}", listed.join(", "));
        return Err(Failure::usage(message).next(next));
    }
    let choice = Choice {
        question: "The passkeys there belong to several accounts. Which one is meant?",
        options: &options,
        instead: "--account-id NUMBER",
    };
    let place = choice.one()?;
    Ok(ids.clone().nth(place))
}

/// Why an authenticator was of no use, and what to do.
pub(crate) fn failure(at: &PasskeyAt, error: &Error) -> Failure {
    let message = format!("passkeys at {at}: {}", tki::with_causes(error));
    let kind = kind_of(error);
    let failure = Failure::new(kind, message);
    if let Some(file) = file_error(error) {
        return Failure::file(&format!("passkeys at {at}"), file);
    }
    match next(error) {
        Some(next) => failure.next(next),
        None => failure,
    }
}

fn file_error(error: &Error) -> Option<&tki_file::Error> {
    core::error::Error::source(error)?.downcast_ref()
}

const fn kind_of(error: &Error) -> Kind {
    match error {
        Error::AlreadyExists => Kind::Exists,
        Error::Busy => Kind::Busy,
        Error::Corrupt => Kind::CorruptFile,
        Error::Deleted { .. } => Kind::NotFound,
        Error::Full | Error::NoPrf | Error::PinNotSet => Kind::InvalidChange,
        Error::Label | Error::PassphraseNeeded | Error::PinNeeded | Error::Several => Kind::Usage,
        Error::PinBlocked | Error::Protocol | Error::Refused => Kind::Refused,
        Error::Unsupported { .. } => Kind::Unsupported,
        Error::WrongPassphrase | Error::WrongPin => Kind::WrongPassphrase,
        Error::Backend(_)
        | Error::KeyDerivation(_)
        | Error::NoAuthenticator
        | Error::NoTools
        | _ => Kind::Unavailable,
    }
}

const fn next(error: &Error) -> Option<&'static str> {
    match error {
        Error::Busy => Some("wait for what is using it, then run the same command again"),
        Error::Corrupt => Some("restore the file from a copy, or use other factors"),
        Error::NoPrf => {
            Some("use another authenticator, one with the extension hmac-secret; nothing was made")
        }
        Error::PassphraseNeeded => Some("give it in a file: --passkey-passphrase-file FILE"),
        Error::PinBlocked => Some("plug it in again, or use other factors"),
        Error::PinNeeded => Some("run the same command on a terminal"),
        Error::PinNotSet => Some("fido2-token -S DEVICE sets one"),
        Error::Protocol => {
            Some("check which programs fido2-token, fido2-cred and fido2-assert are")
        }
        Error::Refused => Some("run the same command again, and touch the key when it blinks"),
        Error::NoAuthenticator => Some("plug it in, or name another: passkey:software:FILE"),
        Error::NoTools => Some("install fido2-tools, or use passkey:software:FILE"),
        Error::Several => Some("name one: passkey:fido2:DEVICE; fido2-token -L lists them"),
        Error::Full => Some("delete a credential there, or use another authenticator"),
        // What the kind says is enough.
        Error::AlreadyExists
        | Error::Backend(_)
        | Error::Deleted { .. }
        | Error::KeyDerivation(_)
        | Error::Label
        | Error::Unsupported { .. }
        | Error::WrongPin
        | Error::WrongPassphrase
        | _ => None,
    }
}
