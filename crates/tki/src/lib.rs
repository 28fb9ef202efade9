#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

pub use tki_device as device;
pub use tki_engine as engine;
pub use tki_engine::custody;
pub use tki_formats as formats;
pub use tki_math as math;
pub use tki_metadata as metadata;
pub use tki_provider as provider;
pub use tki_provider_passkey as passkey;
pub use tki_record as record;
pub use tki_seal as seal;
pub use tki_storage as storage;
#[cfg(feature = "http")]
#[cfg_attr(docsrs, doc(cfg(feature = "http")))]
pub use tki_storage_http as storage_http;
#[cfg(feature = "postgres")]
#[cfg_attr(docsrs, doc(cfg(feature = "postgres")))]
pub use tki_storage_postgres as storage_postgres;
#[cfg(feature = "redb")]
#[cfg_attr(docsrs, doc(cfg(feature = "redb")))]
pub use tki_storage_redb as storage_redb;

pub use tki_engine::{
    Account, Another, Branch, Candidate, Change, Committed, Culprit, Custody, Derived, Device,
    Drill, DrillFrom, Error, ErrorKind, Factor, Finding, FoundMailbox, Freshness, Health,
    HelpError, HelpedFactor, History, HistoryError, HolderName, InvalidChange, InvalidStructure,
    Invitation, JoinError, Joining, OfflineCopies, Opened, Outcome, Place, Plan, Prepared,
    ProviderFactor, ReadOptions, Receipt, RemoteFactor, Renamed, Residual, SeedFactor, Severity,
    Standpoint, Together, Tried, Unverified, Verdict, create, drill, freedom, health, help,
    overdue, read_structure, spare, with_causes,
};

// The guide for developers, whose example is a test.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide/developers.md")]
struct DevelopersGuide;
