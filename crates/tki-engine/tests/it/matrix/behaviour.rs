//! What an adversarial storage does.

use tki_metadata::OpeningSeed;
use tki_provider::Evaluator as _;
use tki_record::{Address, Record, RecordKind};
use tki_seal::bip340::SigningKey;
use tki_storage::Storage as _;
use tki_testkit::{Call, Outcome, Stall, forge};

use super::flow::{Flow, Targets};
use super::stage::{Hostile, Stage};
use crate::support::login;

/// The rows. The first, second and absent mailbox are those of the flow's factors, see
/// [`Targets`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behaviour {
    Honest,
    // Failing.
    Down,
    CallFails,
    CommitsFail,
    DocumentFails,
    StallsBefore,
    StallsAfter,
    // Losing and delaying.
    LandedUnknown,
    LostUnknown,
    CommitUnavailable,
    ArrivesBefore,
    ArrivesAfter,
    Overtaken,
    // Rolling back.
    RolledBack,
    DocumentRolledBack,
    FirstRolledBack,
    SecondRolledBack,
    AbsentRolledBack,
    Reopened,
    // Forking.
    Forked,
    ForkedByFormerWriter,
    // Withholding.
    DocumentWithheld,
    FirstWithheld,
    SecondWithheld,
    AbsentWithheld,
    // Damaging.
    DocumentDamaged,
    FirstDamaged,
    SecondDamaged,
    AbsentDamaged,
    // Swapping.
    SwappedWithin,
    SwappedBetween,
    DocumentsSwapped,
    // Planting.
    DocumentByFormerWriter,
    FirstByFormerWriter,
    DocumentReplaced,
    FirstSquatted,
    FirstSquattedWithKey,
}

impl Behaviour {
    pub(super) const ALL: &'static [Self] = &[
        Self::Honest,
        Self::Down,
        Self::CallFails,
        Self::CommitsFail,
        Self::DocumentFails,
        Self::StallsBefore,
        Self::StallsAfter,
        Self::LandedUnknown,
        Self::LostUnknown,
        Self::CommitUnavailable,
        Self::ArrivesBefore,
        Self::ArrivesAfter,
        Self::Overtaken,
        Self::RolledBack,
        Self::DocumentRolledBack,
        Self::FirstRolledBack,
        Self::SecondRolledBack,
        Self::AbsentRolledBack,
        Self::Reopened,
        Self::Forked,
        Self::ForkedByFormerWriter,
        Self::DocumentWithheld,
        Self::FirstWithheld,
        Self::SecondWithheld,
        Self::AbsentWithheld,
        Self::DocumentDamaged,
        Self::FirstDamaged,
        Self::SecondDamaged,
        Self::AbsentDamaged,
        Self::SwappedWithin,
        Self::SwappedBetween,
        Self::DocumentsSwapped,
        Self::DocumentByFormerWriter,
        Self::FirstByFormerWriter,
        Self::DocumentReplaced,
        Self::FirstSquatted,
        Self::FirstSquattedWithKey,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Honest => "honest",
            Self::Down => "out of reach",
            Self::CallFails => "any one call fails",
            Self::CommitsFail => "every commit fails",
            Self::DocumentFails => "the document cannot be read",
            Self::StallsBefore => "the machine dies before any one call",
            Self::StallsAfter => "the machine dies after any one call",
            Self::LandedUnknown => "commit made, answer lost",
            Self::LostUnknown => "commit and answer lost",
            Self::CommitUnavailable => "commit refused for now",
            Self::ArrivesBefore => "commit arrives late, before the rerun",
            Self::ArrivesAfter => "commit arrives late, after the rerun",
            Self::Overtaken => "another change comes first",
            Self::RolledBack => "everything rolled back",
            Self::DocumentRolledBack => "document rolled back",
            Self::FirstRolledBack => "first mailbox rolled back",
            Self::SecondRolledBack => "second mailbox rolled back",
            Self::AbsentRolledBack => "absent mailbox rolled back",
            Self::Reopened => "closed mailbox opened again",
            Self::Forked => "forked",
            Self::ForkedByFormerWriter => "forked by a former writer",
            Self::DocumentWithheld => "document withheld",
            Self::FirstWithheld => "first mailbox withheld",
            Self::SecondWithheld => "second mailbox withheld",
            Self::AbsentWithheld => "absent mailbox withheld",
            Self::DocumentDamaged => "document damaged",
            Self::FirstDamaged => "first mailbox damaged",
            Self::SecondDamaged => "second mailbox damaged",
            Self::AbsentDamaged => "absent mailbox damaged",
            Self::SwappedWithin => "first and absent mailbox swapped",
            Self::SwappedBetween => "first mailbox swapped with another account's",
            Self::DocumentsSwapped => "document swapped with another account's",
            Self::DocumentByFormerWriter => "document signed by a former writer",
            Self::FirstByFormerWriter => "first mailbox signed by a former writer",
            Self::DocumentReplaced => "document signed by a stranger",
            Self::FirstSquatted => "first mailbox squatted without its claim key",
            Self::FirstSquattedWithKey => "first mailbox squatted with its claim key",
        }
    }

    /// What of the testkit it uses.
    pub(super) const fn uses(self) -> &'static [&'static str] {
        match self {
            Self::Honest => &[],
            Self::Down => &["take_down"],
            Self::CallFails => &["fail_call"],
            Self::CommitsFail | Self::DocumentFails => &["fail_when"],
            Self::StallsBefore | Self::StallsAfter => &["stall_call"],
            Self::LandedUnknown => &["LandedButUnknown"],
            Self::LostUnknown => &["LostButUnknown"],
            Self::CommitUnavailable => &["Unavailable"],
            Self::ArrivesBefore | Self::ArrivesAfter => &["HeldBack", "release"],
            Self::Overtaken => &["gather_commits"],
            Self::RolledBack => &["roll_back_to"],
            Self::DocumentRolledBack
            | Self::FirstRolledBack
            | Self::SecondRolledBack
            | Self::AbsentRolledBack
            | Self::Reopened => &["roll_back"],
            Self::Forked => &["fork"],
            Self::ForkedByFormerWriter => &["plant"],
            Self::DocumentWithheld
            | Self::FirstWithheld
            | Self::SecondWithheld
            | Self::AbsentWithheld => &["withhold"],
            Self::DocumentDamaged
            | Self::FirstDamaged
            | Self::SecondDamaged
            | Self::AbsentDamaged => &["damage", "damaged"],
            Self::SwappedWithin | Self::SwappedBetween | Self::DocumentsSwapped => &["swap"],
            Self::DocumentByFormerWriter | Self::FirstByFormerWriter => &["damaged_and_signed"],
            Self::DocumentReplaced => &["replaced_body"],
            Self::FirstSquatted => &["squatting"],
            Self::FirstSquattedWithKey => &["squatting_with_claim_key"],
        }
    }

    /// What is written can be lost only by those who write; a new account has no records to lie about;
    /// there is no second factor where there is one.
    pub(super) const fn applies_to(self, flow: Flow) -> bool {
        match self {
            Self::CommitsFail
            | Self::LandedUnknown
            | Self::LostUnknown
            | Self::CommitUnavailable
            | Self::ArrivesBefore
            | Self::ArrivesAfter => flow.writes(),
            Self::Overtaken => flow.commits(),
            Self::SecondRolledBack | Self::SecondWithheld | Self::SecondDamaged => {
                flow.has_second()
            }
            Self::DocumentFails
            | Self::RolledBack
            | Self::DocumentRolledBack
            | Self::FirstRolledBack
            | Self::AbsentRolledBack
            | Self::Reopened
            | Self::ForkedByFormerWriter
            | Self::DocumentWithheld
            | Self::FirstWithheld
            | Self::AbsentWithheld
            | Self::DocumentDamaged
            | Self::FirstDamaged
            | Self::AbsentDamaged
            | Self::SwappedWithin
            | Self::SwappedBetween
            | Self::DocumentsSwapped
            | Self::DocumentByFormerWriter
            | Self::FirstByFormerWriter
            | Self::DocumentReplaced => !flow.makes_account(),
            Self::Honest
            | Self::Down
            | Self::CallFails
            | Self::StallsBefore
            | Self::StallsAfter
            | Self::Forked
            | Self::FirstSquatted
            | Self::FirstSquattedWithKey => true,
        }
    }

    /// Whether it begins at each call in turn.
    pub(super) const fn is_at_each_call(self) -> bool {
        matches!(
            self,
            Self::CallFails | Self::StallsBefore | Self::StallsAfter
        )
    }

    pub(super) const fn needs_loot(self) -> bool {
        matches!(
            self,
            Self::ForkedByFormerWriter | Self::DocumentByFormerWriter | Self::FirstByFormerWriter
        )
    }

    pub(super) const fn needs_other(self) -> bool {
        matches!(self, Self::SwappedBetween | Self::DocumentsSwapped)
    }

    /// Begins. `call` is the number of the call that it happens to, for those that happen to one.
    pub(super) async fn begin(self, stage: &mut Stage, flow: Flow, call: u64) {
        let targets = flow.targets(stage).await;
        let document = stage.document;
        match self {
            Self::Honest | Self::Forked => {}
            Self::Down => stage.view().take_down(),
            Self::CallFails => stage.view().fail_call(call),
            Self::CommitsFail => stage
                .view()
                .fail_when(|call| matches!(call, Call::Commit(_) | Call::Restore(_))),
            Self::DocumentFails => stage.view().fail_when(move |call| reads(call, &document)),
            Self::StallsBefore => stage.view().stall_call(call, Stall::Before),
            Self::StallsAfter => stage.view().stall_call(call, Stall::After),
            Self::LandedUnknown => stage.view().fail_next_commit(Outcome::LandedButUnknown),
            Self::LostUnknown => stage.view().fail_next_commit(Outcome::LostButUnknown),
            Self::CommitUnavailable => stage.view().fail_next_commit(Outcome::Unavailable),
            Self::ArrivesBefore | Self::ArrivesAfter => {
                stage.view().fail_next_commit(Outcome::HeldBack);
            }
            Self::Overtaken => stage.view().gather_commits(2),
            Self::RolledBack => stage.view().roll_back_to(stage.before),
            Self::ForkedByFormerWriter => {
                let truth = truth(stage, &document).await;
                let loot = stage.loot.take().unwrap();
                loot.plant_fork(&stage.storage, &truth, &mut stage.rng);
            }
            _ => self.lie(stage, flow, &targets).await,
        }
    }

    /// The behaviours that are about one record.
    async fn lie(self, stage: &mut Stage, flow: Flow, targets: &Targets) {
        let (storage, document, first) = (stage.view(), &stage.document, &targets.first);
        let second = || targets.second.as_ref().unwrap();
        let absent = || targets.absent.as_ref().unwrap();
        match self {
            Self::DocumentRolledBack => storage.roll_back(document, 0),
            Self::FirstRolledBack => storage.roll_back(first, 0),
            Self::SecondRolledBack => storage.roll_back(second(), 0),
            Self::AbsentRolledBack => storage.roll_back(absent(), 0),
            Self::Reopened => storage.roll_back(&Flow::Removed.targets(stage).await.first, 0),
            Self::DocumentWithheld => storage.withhold(document),
            Self::FirstWithheld => storage.withhold(first),
            Self::SecondWithheld => storage.withhold(second()),
            Self::AbsentWithheld => storage.withhold(absent()),
            Self::DocumentDamaged => storage.damage(document),
            Self::FirstDamaged => storage.damage(first),
            Self::SecondDamaged => storage.damage(second()),
            Self::AbsentDamaged => storage.damage(absent()),
            Self::SwappedWithin => storage.swap(first, absent()),
            Self::SwappedBetween | Self::DocumentsSwapped => self.swap(stage, first).await,
            Self::DocumentByFormerWriter => forge_by_former(stage, document).await,
            Self::FirstByFormerWriter => forge_by_former(stage, first).await,
            Self::DocumentReplaced => {
                let truth = truth(stage, document).await;
                let stranger = SigningKey::random(&mut stage.rng);
                let body = truth.body().iter().rev().copied().collect();
                stage
                    .view()
                    .plant(forge::replaced_body(&truth, body, &stranger));
            }
            Self::FirstSquatted | Self::FirstSquattedWithKey => self.squat(stage, flow).await,
            other => panic!("{other:?} is not about one record"),
        }
    }

    async fn swap(self, stage: &Stage, first: &Address) {
        let other = stage.other.as_ref().unwrap();
        let words = &other.words;
        let theirs = crate::support::read(&stage.storage, &[words])
            .await
            .unwrap();
        match self {
            Self::DocumentsSwapped => {
                stage
                    .storage
                    .swap(&stage.document, &theirs.document_address());
            }
            _ => {
                let login = login(&other.provider).await;
                stage
                    .storage
                    .swap(first, &tki_engine::Factor::address(&login, 0));
            }
        }
    }

    /// Somebody else's record at the address, with and without the key that claims it.
    async fn squat(self, stage: &mut Stage, flow: Flow) {
        let seed = seed_of_first(stage, flow).await;
        let claim_key = seed.claim_key(0);
        let attacker = SigningKey::random(&mut stage.rng);
        let (kind, body) = (RecordKind::Mailbox, vec![7; 300]);
        let record = match self {
            Self::FirstSquatted => {
                forge::squatting(kind, 0, &claim_key.public_key(), &attacker, body)
            }
            _ => forge::squatting_with_claim_key(kind, 0, &claim_key, &attacker, body),
        };
        stage.view().plant(record);
    }
}

/// The opening seed of the first factor at hand.
async fn seed_of_first(stage: &Stage, flow: Flow) -> OpeningSeed {
    let provider = match flow {
        Flow::Create | Flow::Import => &stage.new_login,
        _ => &stage.person.provider,
    };
    match flow {
        Flow::Create | Flow::Import | Flow::CreateAgain | Flow::OpenFresh | Flow::Recover => {
            OpeningSeed::from_bytes(&provider.evaluate("opening").await.unwrap())
        }
        Flow::ReadWords => stage.person.words.expose_seed().clone(),
        Flow::Removed => {
            let phone = tki_engine::Device::load(&stage.phone).unwrap().unwrap();
            phone.factor("").expose_seed().clone()
        }
        _ => stage.laptop_seed_only().expose_seed().clone(),
    }
}

async fn truth(stage: &Stage, address: &Address) -> Record {
    let storage: &Hostile = &stage.storage;
    storage.get(address).await.unwrap().unwrap()
}

/// Another body under the signature of who could write before the phone was removed.
async fn forge_by_former(stage: &Stage, address: &Address) {
    let record = truth(stage, address).await;
    let writer = stage.loot.as_ref().unwrap().control.writer(address);
    stage
        .view()
        .plant(forge::damaged_and_signed(&record, &writer));
}

fn reads(call: Call<'_>, address: &Address) -> bool {
    match call {
        Call::Get(asked) => asked == address,
        Call::GetMany(asked) => asked.contains(address),
        _ => false,
    }
}
