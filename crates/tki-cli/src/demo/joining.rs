//! The step of the story in which a second device asks to join, and somebody is in between.

use rand_chacha::ChaCha20Rng;
use tki::metadata::{HolderKind, JoinCode};
use tki::{Account, Device, Joining, OfflineCopies, ReadOptions, RemoteFactor};

use crate::demo::Stage;
use crate::demo::story::{Cast, Machine, address, open, wrong};
use crate::demo::teller::Teller;
use crate::error::Failure;

/// When the invites of the story expire: at no time that a clock says, so that the digits follow from
/// the seed of the story alone.
const EXPIRES: u64 = u64::MAX;

/// A tablet asks, the phone adds it, and the tablet opens the account with the words.
pub(super) async fn join(
    stage: &Stage,
    teller: &mut Teller,
    rng: &mut ChaCha20Rng,
    (phone, login, paper): Cast<'_>,
) -> Result<(), Failure> {
    teller.begin(&stage.storage);
    let device = phone.device()?;
    let factor = device.factor("");
    let opened = open(stage, &[&factor, login]).await?;
    let before = address(opened.account());
    let (seen, expected) = in_between(stage, opened.account(), rng)?;
    let tablet = stage.machine("tablet", rng)?;
    let (remote, code) = carried(stage, opened.account(), &tablet, rng)?;
    let change = opened.change().add(&remote, OfflineCopies::Never);
    let prepared = change.prepare(&stage.storage, stage.now, rng).await?;
    prepared.announce(&device, None, rng)?;
    let committed = prepared.commit(&stage.storage).await?;
    device
        .settle(&stage.storage, &committed.account, rng)
        .await?;

    let device = tablet.device()?;
    let factor = device.factor("");
    let account = Account::read(&stage.storage, &[&factor], ReadOptions::default()).await?;
    device.settle(&stage.storage, &account, rng).await?;
    let device = tablet.device()?;
    let factor = device.factor("");
    let opened = open(stage, &[&factor, paper]).await?;
    if address(opened.account()) != before {
        return Err(wrong("the address changed"));
    }
    let lines = vec![
        format!("in between: the tablet shows {seen} and the phone expects {expected}: refused"),
        format!("undisturbed: the tablet shows {code}, typed in on the phone: added"),
        format!("tablet and words: {}", stage.try_key(&opened)?),
        "Three messages were carried, and none of them says anything of use to who reads it."
            .into(),
    ];
    let title = "Approved: a tablet joins the account, with six digits compared by eye";
    teller.step(&stage.storage, title, lines)
}

/// Request, invite and reply, and the digits that the tablet shows.
fn carried(
    stage: &Stage,
    account: &Account<'_>,
    tablet: &Machine,
    rng: &mut ChaCha20Rng,
) -> Result<(RemoteFactor, JoinCode), Failure> {
    let mut joining = Joining::new(HolderKind::Device, tablet.name, rng)?;
    Device::join(&tablet.store, &joining, rng)?;
    let invitation = account.invite(joining.request(), "demo", EXPIRES, rng)?;
    joining.answer(invitation.invite(), stage.now)?;
    Device::join(&tablet.store, &joining, rng)?;
    let reply = joining.reply().ok_or_else(|| wrong("there is no reply"))?;
    let candidate = invitation.receive(&reply, stage.now)?;
    let remote = candidate.confirm(reply.code())?;
    Ok((remote, reply.code()))
}

/// Somebody puts a request of his own in the place of the tablet's: what the tablet shows then, and
/// what the phone expects.
fn in_between(
    stage: &Stage,
    account: &Account<'_>,
    rng: &mut ChaCha20Rng,
) -> Result<(JoinCode, JoinCode), Failure> {
    let mut tablet = Joining::new(HolderKind::Device, "tablet", rng)?;
    let mut his = Joining::new(HolderKind::Device, "tablet", rng)?;
    let invitation = account.invite(his.request(), "demo", EXPIRES, rng)?;
    let mut to_tablet = invitation.invite().clone();
    to_tablet.request = tablet.request().hash();
    tablet.answer(&to_tablet, stage.now)?;
    his.answer(invitation.invite(), stage.now)?;
    let [Some(seen), Some(reply)] = [tablet.reply(), his.reply()] else {
        return Err(wrong("there is no reply"));
    };
    let candidate = invitation.receive(&reply, stage.now)?;
    let expected = candidate.code();
    if candidate.confirm(seen.code()).is_ok() {
        return Err(wrong("somebody in between was added"));
    }
    Ok((seen.code(), expected))
}
