//! Speaking to a storage server, and what is said where that fails.

use tki::storage::Storage;
use tki::storage_http::wire::{Kind as ProblemKind, Problem};
use tki::storage_http::{BuildError, HttpError, HttpStorage};

use super::server::Server;
use crate::error::{Failure, Kind};
use crate::output::Output;
use crate::progress::Progress;

/// Largest file of certificates: a company has a few.
const LARGEST: u64 = 1 << 20;

impl Server {
    /// Opens it without asking it anything.
    pub(crate) fn open(&self) -> Result<HttpStorage, Failure> {
        let mut builder = HttpStorage::builder(&self.url);
        if let Some(path) = &self.ca {
            let what = "could not read the certificates to trust";
            let content = tki_file::read(path, LARGEST).map_err(|e| Failure::file(what, &e))?;
            let content = content.ok_or_else(|| {
                let message = format!("there is no file {}", path.display());
                Failure::usage(message).next("name a file of certificates: --storage-ca FILE")
            })?;
            builder = builder.trust(&content);
        }
        if self.allows_plain {
            builder = builder.allow_plain_http();
        }
        builder.build().map_err(|error| self.not_built(&error))
    }

    /// Opens it, and asks what it is: whether it answers, and what it keeps of old records.
    pub(super) async fn connect(&self, output: Output) -> Result<impl Storage + use<>, Failure> {
        let storage = self.open()?;
        let _progress = Progress::start(output, "asking the storage server");
        let connected = storage.connect().await;
        connected.map_err(|error| self.failure(&error))
    }

    fn not_built(&self, error: &BuildError) -> Failure {
        let failure = Failure::usage(format!("{}: {error}", self.url));
        match error {
            BuildError::PlainHttp { .. } => failure.next(
                "use https://; or, where nobody else is on the way, as in a tunnel: --insecure-http",
            ),
            BuildError::Roots => {
                failure.next("name a file of certificates in PEM: --storage-ca FILE")
            }
            BuildError::Url { .. } | BuildError::UserAgent | _ => failure.next("write it as https://HOST, or http://127.0.0.1:PORT on this machine"),
        }
    }

    /// Why it is of no use now, and what works without it.
    pub(crate) fn failure(&self, error: &HttpError) -> Failure {
        let (kind, what, next) = self.reason(error);
        let whose = if self.is_noted {
            ", the storage of this home,"
        } else {
            ""
        };
        let causes = tki::with_causes(error);
        Failure::new(kind, format!("{}{whose} {what}: {causes}", self.url)).next(next)
    }

    fn reason(&self, error: &HttpError) -> (Kind, &'static str, String) {
        let url = &self.url;
        let check = format!("check the address: tki storage check {url}");
        match error {
            HttpError::Broken(_) | HttpError::Connect(_) | HttpError::Late { .. } => {
                let next = "run the same command again when the server is up; until then, with what \
                            this device keeps: tki open --offline, and sign, show, address and drill \
                            with --offline";
                (Kind::Unavailable, "does not answer", next.to_owned())
            }
            HttpError::Untrusted(_) => {
                let next = "if it has a certificate of your own: --storage-ca FILE; otherwise somebody \
                            may be in between, and it is not to be used";
                (Kind::Refused, "cannot be trusted", next.to_owned())
            }
            HttpError::Redirect { .. } => (Kind::Refused, "is elsewhere", check),
            HttpError::OtherVersion { .. } => {
                let next = "use a tki and a server of the same time".to_owned();
                (Kind::Unsupported, "cannot be spoken to", next)
            }
            HttpError::Problem(problem) => {
                let next = problem.next.clone();
                let next = next.unwrap_or_else(|| Kind::Unavailable.next().to_owned());
                (problem_kind(problem), "cannot serve", next)
            }
            HttpError::Foreign { .. }
            | HttpError::Malformed { .. }
            | HttpError::TooLarge { .. }
            | _ => (Kind::Unavailable, "is no storage server", check),
        }
    }
}

/// What kind of failure a server's problem is.
fn problem_kind(problem: &Problem) -> Kind {
    if problem.kind == ProblemKind::TooManyRequests {
        return Kind::Busy;
    }
    match problem.outage.as_deref() {
        Some("busy") => Kind::Busy,
        Some("disk-full") => Kind::DiskFull,
        Some("read-only") => Kind::ReadOnly,
        _ => Kind::Unavailable,
    }
}
