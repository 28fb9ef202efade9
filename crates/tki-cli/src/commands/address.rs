//! `tki address`: how chains call the account's key, or one that follows from it.

use alloc::collections::BTreeMap;

use serde::Serialize;
use tki::Opened;
use tki::formats::chain::Chain;
use tki::seal::curve::CurveId;

use crate::args::{Address, BranchArgs, Global};
use crate::commands::key_options::check_chain;
use crate::commands::reading;
use crate::commands::sign::no_such_key;
use crate::describe::{Addresses, line};
use crate::error::{Failure, Kind};
use crate::output::SCHEMA;
use crate::session::{Purpose, Session};

#[derive(Serialize)]
struct Shown {
    schema: u32,
    curve: &'static str,
    verifying_key: String,
    addresses: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app: Option<String>,
}

/// `tki address`
pub(crate) async fn run(global: &Global, arguments: &Address) -> Result<(), Failure> {
    let session = Session::begin(global, Purpose::Use).await?;
    let branch = &arguments.branch;
    if branch.branch().is_none() {
        // One factor is enough for what anybody may know.
        return reading::with_account(&session, |account, _| {
            let key = if branch.next {
                let next = account.next_verifying_key();
                next.ok_or_else(reading::no_next_key)?
            } else {
                account.verifying_key()
            };
            let curve = account.curve();
            print(
                &session,
                &of(curve.name(), addresses(curve, key, None)?, key),
            )
        })
        .await;
    }
    reading::with_key(&session, branch.next, |opened| {
        print(&session, &derived(opened, branch)?)
    })
    .await
}

fn derived(opened: &Opened<'_>, arguments: &BranchArgs) -> Result<Shown, Failure> {
    let Some(branch) = arguments.branch() else {
        return Err(Failure::new(Kind::Internal, "no key was named"));
    };
    check_chain(arguments, opened.account().curve())?;
    let derived = opened.derived(branch).map_err(no_such_key)?;
    let key = derived.verifying_key();
    let curve = derived.curve();
    let mut shown = of(curve.name(), addresses(curve, key, arguments.chain)?, key);
    let standard = arguments.standard_path();
    let path = arguments.path.as_ref().or(standard.as_ref());
    shown.path = path.map(ToString::to_string);
    shown.app.clone_from(&arguments.app);
    Ok(shown)
}

fn of(curve: &'static str, addresses: BTreeMap<&'static str, String>, key: &[u8]) -> Shown {
    Shown {
        schema: SCHEMA,
        curve,
        verifying_key: hex::encode(key),
        addresses,
        path: None,
        app: None,
    }
}

/// The address of a key that signs on this chain, or the one by which people know a key of this
/// curve.
pub(crate) fn addresses(
    curve: CurveId,
    key: &[u8],
    chain: Option<Chain>,
) -> Result<BTreeMap<&'static str, String>, Failure> {
    let named = if let Some(chain) = chain {
        let address = chain
            .address(key)
            .map_err(|error| Failure::new(Kind::Internal, tki::with_causes(&error)))?;
        (chain.name(), address)
    } else {
        Addresses::of(curve, key)
            .ok_or_else(|| Failure::new(Kind::Internal, "a key without an address"))?
            .into_named()
    };
    Ok(BTreeMap::from([named]))
}

fn print(session: &Session, shown: &Shown) -> Result<(), Failure> {
    let mut text = String::new();
    for address in shown.addresses.values() {
        line(&mut text, format_args!("{address}"));
    }
    session.output.result(shown, &text)
}
