//! Where the server is, and how long is waited for it.

use alloc::borrow::ToOwned as _;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;
use core::time::Duration;

use http::{HeaderValue, Uri};
use thiserror::Error;
use tki_storage::Retention;

use super::HttpStorage;
use super::connection::{self, Transport};

/// How long a connection may take to be made, by default.
const CONNECTING: Duration = Duration::from_secs(5);

/// How long a call may take as a whole, by default: enough for the largest commit over a slow line.
const CALLING: Duration = Duration::from_secs(60);

/// The settings of an [`HttpStorage`]. Nothing is sent before it is built, nor by building it.
///
/// There is one way to the server, the one that is named: no proxy of the environment, no redirect, no
/// cookie, no compression.
#[derive(Clone, Debug)]
pub struct Builder {
    url: String,
    connecting: Duration,
    calling: Duration,
    user_agent: String,
    roots: Vec<u8>,
    plain: Plain,
    versions: Versions,
}

/// Over which hosts unencrypted HTTP is spoken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Plain {
    Anywhere,
    Loopback,
}

/// Which version of HTTP is spoken without TLS, which would negotiate one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Versions {
    Negotiated,
    Two,
}

impl Builder {
    /// A server at `http://HOST:PORT` or `https://HOST`, with a path where it is not at the top.
    pub(super) fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            connecting: CONNECTING,
            calling: CALLING,
            user_agent: format!("tki/{}", env!("CARGO_PKG_VERSION")),
            roots: Vec::new(),
            plain: Plain::Loopback,
            versions: Versions::Negotiated,
        }
    }

    /// How long making a connection may take, names and TLS included; 5 s unless said.
    #[must_use]
    pub const fn connect_within(mut self, time: Duration) -> Self {
        self.connecting = time;
        self
    }

    /// How long one request may take, from its first byte to the last one of the answer; 60 s unless
    /// said. A call that reads may repeat a request twice where no answer came, but not one that took
    /// so long.
    #[must_use]
    pub const fn answer_within(mut self, time: Duration) -> Self {
        self.calling = time;
        self
    }

    /// What the client calls itself; `tki/VERSION` unless said.
    #[must_use]
    pub fn user_agent(mut self, name: &str) -> Self {
        name.clone_into(&mut self.user_agent);
        self
    }

    /// Certificates in PEM that are trusted besides those of Mozilla's list: the authority of a
    /// company, or a server's own certificate.
    #[must_use]
    pub fn trust(mut self, pem: &[u8]) -> Self {
        self.roots.extend_from_slice(pem);
        self.roots.push(b'\n');
        self
    }

    /// Speaks `http://` also to hosts that are not this machine.
    ///
    /// # Security
    /// Whoever is on the way then sees which records are read together and from where, and can
    /// withhold, delay or answer with older records. What records hold stays sealed and signed.
    #[must_use]
    pub const fn allow_plain_http(mut self) -> Self {
        self.plain = Plain::Anywhere;
        self
    }

    /// Speaks HTTP/2 from the first byte, where the server is known to: with TLS it is negotiated.
    #[must_use]
    pub const fn http2_prior_knowledge(mut self) -> Self {
        self.versions = Versions::Two;
        self
    }

    /// The storage. Nothing is sent; what the server says of itself is asked for by
    /// [`HttpStorage::connect`].
    ///
    /// # Errors
    /// [`BuildError`].
    pub fn build(self) -> Result<HttpStorage, BuildError> {
        let base = check_url(&self.url, self.plain)?;
        let user_agent =
            HeaderValue::from_str(&self.user_agent).map_err(|_| BuildError::UserAgent)?;
        let tls = connection::tls(&self.roots)?;
        let client = connection::client(tls, self.connecting, self.versions);
        Ok(HttpStorage {
            transport: Transport::new(client, base, user_agent, self.calling),
            retention: Retention::unknown(),
        })
    }
}

/// The URL without the slash at its end, if it names a server and nothing else.
fn check_url(url: &str, plain: Plain) -> Result<String, BuildError> {
    let invalid = |why| BuildError::Url { why };
    let uri: Uri = url.parse().map_err(|_| invalid("it is no URL"))?;
    let is_plain = match uri.scheme_str() {
        Some("http") => true,
        Some("https") => false,
        _ => return Err(invalid("it begins neither with https:// nor with http://")),
    };
    let authority = uri.authority().ok_or(invalid("it names no host"))?;
    if authority.as_str().contains('@') {
        return Err(invalid(
            "it has a user name in it, which everybody would see",
        ));
    }
    if authority.host().is_empty() {
        return Err(invalid("it names no host"));
    }
    let port = authority.as_str().strip_prefix(authority.host());
    let port = port.map(|port| port.strip_prefix(':').map(str::parse::<u16>));
    if !matches!(port, Some(None | Some(Ok(_)))) {
        return Err(invalid("its port is no number"));
    }
    if uri.query().is_some() || url.contains('#') {
        return Err(invalid("it has more than a host and a path"));
    }
    if is_plain && plain == Plain::Loopback && !is_loopback(authority.host()) {
        return Err(BuildError::PlainHttp {
            host: authority.host().to_owned(),
        });
    }
    Ok(url.trim_end_matches('/').to_owned())
}

/// Whether a host is this machine, by its name or its number; no name is looked up.
fn is_loopback(host: &str) -> bool {
    let number = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || number
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Why no storage can be made of these settings.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum BuildError {
    /// The server would be spoken to unencrypted, over a network.
    #[error(
        "{host} is not this machine, and http:// is not encrypted: others would see which records \
         are read"
    )]
    PlainHttp {
        /// The host.
        host: String,
    },
    /// The certificates to trust cannot be read.
    #[error("there is no certificate in PEM among those to trust, or one is damaged")]
    Roots,
    /// The URL names no server.
    #[error("this is no address of a server: {why}")]
    Url {
        /// What is wrong with it.
        why: &'static str,
    },
    /// The client's name for itself cannot be sent.
    #[error("the client's name has characters that cannot be sent")]
    UserAgent,
}
