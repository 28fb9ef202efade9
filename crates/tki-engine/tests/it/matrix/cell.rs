//! One behaviour against one flow: the answer, and that the account is whole afterwards.

use std::sync::Arc;

use tki_engine::{
    Device, Error, ErrorKind, Factor, Freshness, ProviderFactor, SeedFactor, with_causes,
};
use tki_metadata::{Core, HolderKind};
use tki_storage::Storage;

use super::behaviour::Behaviour;
use super::flow::Flow;
use super::stage::Stage;
use crate::support::{login, open, read, refresh, until_it_stalls};

/// How a flow ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Works,
    Refused,
    Named,
    Unverified,
    Unavailable,
    Unknown,
    Conflict,
}

impl Answer {
    pub(super) const ALL: &'static [Self] = &[
        Self::Works,
        Self::Refused,
        Self::Named,
        Self::Unverified,
        Self::Unavailable,
        Self::Unknown,
        Self::Conflict,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Refused => "refused",
            Self::Named => "named",
            Self::Unverified => "unverified",
            Self::Unavailable => "unavailable",
            Self::Unknown => "unknown",
            Self::Conflict => "conflict",
        }
    }

    fn of(result: Option<Result<Freshness, Error>>) -> Self {
        let error = match result {
            None => return Self::Unknown,
            Some(Ok(Freshness::Unverified)) => return Self::Unverified,
            Some(Ok(_)) => return Self::Works,
            Some(Err(error)) => error,
        };
        match error.kind() {
            ErrorKind::Refused if !error.culprits().is_empty() => Self::Named,
            ErrorKind::Refused
            | ErrorKind::Exists
            | ErrorKind::Removed
            | ErrorKind::NotFound
            | ErrorKind::NeedMoreShares { .. } => Self::Refused,
            ErrorKind::Unverified => Self::Unverified,
            ErrorKind::Unavailable => Self::Unavailable,
            ErrorKind::OutcomeUnknown => Self::Unknown,
            ErrorKind::Conflict => Self::Conflict,
            kind => panic!("{kind:?}: {}", with_causes(&error)),
        }
    }
}

/// The answer of one cell.
pub(super) async fn run(behaviour: Behaviour, flow: Flow) -> Answer {
    if !behaviour.is_at_each_call() {
        return once(behaviour, flow, 0).await.0;
    }
    let (_, calls) = once(Behaviour::Honest, flow, 0).await;
    // A flow that makes no call cannot fail in one.
    let (mut answer, _) = once(behaviour, flow, 1).await;
    for call in 2..=calls {
        let (found, _) = once(behaviour, flow, call).await;
        assert_eq!(
            found,
            answer,
            "{}: call {call} of {calls}",
            behaviour.name()
        );
        answer = found;
    }
    answer
}

/// Runs it on a stage of its own. Returns the answer and the number of calls that it took.
#[expect(clippy::print_stdout, reason = "shown only by a test that fails")]
async fn once(behaviour: Behaviour, flow: Flow, call: u64) -> (Answer, u64) {
    let mut stage = Stage::new(behaviour, flow).await;
    behaviour.begin(&mut stage, flow, call).await;
    let view = Arc::clone(stage.view());
    let before = view.calls();
    let result = match behaviour {
        Behaviour::Overtaken => Some(overtaken(&mut stage, flow, &*view).await),
        _ => until_it_stalls(flow.run(&mut stage, &*view)),
    };
    let text = result
        .as_ref()
        .and_then(|result| result.as_ref().err())
        .map(|error| with_causes(error));
    let answer = Answer::of(result);
    let calls = view.calls() - before;
    let title = format!(
        "{} against {}: {answer:?} {text:?}",
        behaviour.name(),
        flow.name()
    );
    println!("{title}");
    Aftermath {
        behaviour,
        flow,
        answer,
        title,
    }
    .check(&mut stage)
    .await;
    (answer, calls)
}

/// Login and words change the account after the flow has read it, and before it commits.
async fn overtaken(stage: &mut Stage, flow: Flow, view: &dyn Storage) -> Result<Freshness, Error> {
    let provider = stage.person.provider.clone();
    let words = stage.words();
    let mut rng = tki_testkit::rng("who comes first");
    let rival = async {
        let login = login(&provider).await;
        refresh(view, &[&login, &words], &mut rng).await;
    };
    let (result, ()) = tokio::join!(flow.run(stage, view), rival);
    result
}

/// What must be true after a cell, with a storage that is honest again.
struct Aftermath {
    behaviour: Behaviour,
    flow: Flow,
    answer: Answer,
    title: String,
}

impl Aftermath {
    async fn check(&self, stage: &mut Stage) {
        if self.behaviour == Behaviour::ArrivesBefore {
            for answer in stage.storage.release().await {
                answer.unwrap();
            }
        }
        let truth = Arc::clone(&stage.storage);
        truth.bring_up();
        truth.be_honest();
        let lied = self.check_untouched(stage, &*truth).await;
        if self.flow.makes_account() {
            self.check_created(stage, &*truth).await;
        } else if lied {
            self.check_witnesses(stage, &*truth).await;
        } else {
            self.check_again(stage, &*truth).await;
        }
        self.check_late(stage).await;
        self.check_holders(stage, &*truth).await;
    }

    /// What did not work did nothing. Returns whether what did was done in a lie.
    async fn check_untouched(&self, stage: &mut Stage, truth: &dyn Storage) -> bool {
        let core = account_core(stage, self.flow, truth).await;
        let rival = u64::from(self.behaviour == Behaviour::Overtaken);
        let is_old = core.version == stage.core.version + rival;
        let is_new =
            core.version == stage.core.version + 1 && self.flow.is_done(&core, &stage.core);
        if !self.flow.commits() || self.flow.makes_account() {
            assert!(is_old, "{}", self.title);
            // It cannot know of its own change, and makes it again.
            let again = (Flow::Finish, Behaviour::RolledBack, Answer::Works);
            return (self.flow, self.behaviour, self.answer) == again;
        }
        match self.answer {
            Answer::Works => {
                let lies = stage.fork.is_some() || !is_new;
                assert!(is_new || is_old, "{}", self.title);
                lies
            }
            Answer::Unknown => {
                assert!(is_new || is_old, "{}", self.title);
                false
            }
            _ => {
                assert!(is_old, "{}", self.title);
                false
            }
        }
    }

    /// The same flow again, of a storage that tells the truth.
    async fn check_again(&self, stage: &mut Stage, truth: &dyn Storage) {
        let before = account_core(stage, self.flow, truth).await;
        let rival = u64::from(self.behaviour == Behaviour::Overtaken);
        let is_to_repeat = !self.flow.commits() && self.flow != Flow::Finish;
        if self.answer != Answer::Works || is_to_repeat {
            let result = self.flow.run(stage, truth).await;
            let text = result.as_ref().err().map(|error| with_causes(error));
            let answer = Answer::of(Some(result));
            let title = format!("{}, and again: {answer:?} {text:?}", self.title);
            let expected = match self.flow {
                Flow::CreateAgain | Flow::Removed => Answer::Refused,
                Flow::ReadWords => Answer::Unverified,
                // What it was shown before contradicts the truth, and it notices.
                Flow::CatchUp if stage.fork.is_some() || self.is_forked() => Answer::Named,
                _ => Answer::Works,
            };
            assert_eq!(answer, expected, "{title}");
        }
        let after = account_core(stage, self.flow, truth).await;
        let is_done = self.flow.is_done(&after, &before);
        assert!(is_done || after.version == before.version, "{}", self.title);
        if self.flow.commits() {
            assert!(self.flow.is_done(&after, &stage.core), "{}", self.title);
            assert_eq!(
                after.version,
                stage.core.version + rival + 1,
                "{}",
                self.title
            );
        }
    }

    const fn is_forked(&self) -> bool {
        matches!(self.behaviour, Behaviour::ForkedByFormerWriter)
    }

    /// A change that was accepted in a lie: who made it sees that it is gone, and still has the
    /// key; everybody else has the account as it was.
    async fn check_witnesses(&self, stage: &Stage, truth: &dyn Storage) {
        let store = match self.flow {
            Flow::Recover => &stage.desk,
            _ => &stage.person.store,
        };
        let device = Device::load(store).unwrap().unwrap();
        let factor = device.factor("");
        let error = read(truth, &[&factor]).await.err().unwrap();
        assert!(
            Answer::of(Some(Err(error))) != Answer::Works,
            "{}",
            self.title
        );
        if self.flow != Flow::Threshold && self.flow != Flow::Remove {
            let words = stage.words();
            let account = tki_engine::Account::read_offline(&[&factor, &words])
                .await
                .unwrap();
            let opened = account.open().unwrap();
            assert_eq!(
                opened.account().verifying_key(),
                stage.key,
                "{}",
                self.title
            );
        }
    }

    /// The new account is there, once, or is made now.
    async fn check_created(&self, stage: &mut Stage, truth: &dyn Storage) {
        if self.answer == Answer::Works && stage.fork.is_some() {
            let device = Device::load(&stage.desk).unwrap().unwrap();
            let factor = device.factor("");
            let sheet = stage.sheets.last().unwrap();
            let account = tki_engine::Account::read_offline(&[&factor, sheet])
                .await
                .unwrap();
            account.open().unwrap();
            return;
        }
        if self.answer != Answer::Works {
            let again = self.flow.run(stage, truth).await;
            assert_eq!(
                Answer::of(Some(again)),
                Answer::Works,
                "{}, and again",
                self.title
            );
        }
        let login = login(&stage.new_login).await;
        let device = Device::load(&stage.desk).unwrap().unwrap();
        let factor = device.factor("");
        let sheet = stage.sheets.last().unwrap();
        let all: [&dyn Factor; 3] = [&factor, &login, sheet];
        for pair in [[all[0], all[1]], [all[1], all[2]], [all[0], all[2]]] {
            let opened = open(truth, &pair).await.unwrap();
            assert_eq!(opened.account().version(), 0);
        }
    }

    /// What arrives after the rerun is too late.
    async fn check_late(&self, stage: &Stage) {
        let late = stage.storage.release().await;
        // What is restored twice is restored once.
        let is_refused = |answer: &Result<_, _>| answer.is_err() || self.flow == Flow::Restore;
        assert!(late.iter().all(is_refused), "{}", self.title);
    }

    /// Any two holders open the account (three, if three are needed), nobody else even reads it.
    async fn check_holders(&self, stage: &Stage, truth: &dyn Storage) {
        let core = account_core(stage, self.flow, truth).await;
        let known = everybody(stage, self.flow).await;
        let (live, gone): (Vec<_>, Vec<_>) = known
            .iter()
            .map(|factor| &**factor)
            .partition(|factor| core.holder_at(&factor.address(0)).is_some());
        assert_eq!(live.len(), core.holders.len(), "{}", self.title);
        let need = usize::from(core.structure.threshold().get());
        for first in 0..live.len() {
            let quorum: Vec<&dyn Factor> = (0..need)
                .map(|next| live[(first + next) % live.len()])
                .collect();
            let opened = open(truth, &quorum).await;
            let opened = opened.unwrap_or_else(|error| panic!("{}: {error}", self.title));
            assert_eq!(opened.account().verifying_key(), stage.key);
            assert_eq!(opened.account().version(), core.version);
        }
        for factor in gone {
            let answer = Answer::of(Some(read(truth, &[factor]).await.map(|a| a.freshness())));
            let refused = [Answer::Refused, Answer::Named];
            assert!(refused.contains(&answer), "{}: {answer:?}", self.title);
        }
    }
}

/// Everybody who was, is, or might be a holder, with nothing that they remember.
async fn everybody(stage: &Stage, flow: Flow) -> Vec<Box<dyn Factor + '_>> {
    let provider = &stage.person.provider;
    let login = ProviderFactor::connect("login", provider, Some(provider), None).await;
    let mut everybody: Vec<Box<dyn Factor + '_>> =
        vec![Box::new(login.unwrap()), Box::new(stage.words())];
    // The desk of somebody who makes another account is none of this one's.
    let desk = (!flow.makes_account()).then_some(&stage.desk);
    let mut seeds = Vec::new();
    let devices = [&stage.person.store, &stage.sleeping, &stage.phone];
    for store in devices.into_iter().chain(desk) {
        if let Some(device) = Device::load(store).unwrap() {
            seeds.push(device.factor("").expose_seed().clone());
            let pending = device.pending().map_or(&[][..], |pending| &pending.seeds);
            let next = pending.iter().filter(|new| new.kind == HolderKind::Device);
            seeds.extend(next.map(|new| new.seed.clone()));
        }
    }
    let mut sheets = Vec::new();
    for seed in seeds {
        let factor = SeedFactor::new(HolderKind::Device, "", seed);
        if !sheets.contains(&factor.address(0)) {
            sheets.push(factor.address(0));
            everybody.push(Box::new(factor));
        }
    }
    for sheet in stage.sheets.iter().filter(|_| desk.is_some()) {
        let address = sheet.address(0);
        if !sheets.contains(&address) {
            sheets.push(address);
            let seed = sheet.expose_seed().clone();
            everybody.push(Box::new(SeedFactor::new(sheet.kind(), "", seed)));
        }
    }
    everybody
}

/// The account as the first of its holders reads it who can.
async fn account_core(stage: &Stage, flow: Flow, truth: &dyn Storage) -> Core {
    for factor in everybody(stage, flow).await {
        if let Ok(account) = read(truth, &[&*factor]).await
            && account.id() == stage.core.account
        {
            return account.core().clone();
        }
    }
    panic!("nobody can read the account")
}
