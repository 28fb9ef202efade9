//! What a server has to say while it runs, besides its answers.

use core::fmt;
use core::net::SocketAddr;

/// Something that whoever runs the server should know.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Notice {
    /// No connection could be accepted; it is tried again.
    AcceptFailed {
        /// What the system said.
        reason: String,
    },
    /// A new certificate is in use.
    CertificateChanged,
    /// The files of the certificate changed and cannot be used: the old one stays in use.
    CertificateKept {
        /// What is wrong with the new one.
        reason: String,
    },
    /// The server was told to end.
    Ending,
    /// Requests are answered.
    Listening {
        /// Where.
        address: SocketAddr,
        /// Whether it is TLS.
        tls: bool,
    },
    /// Metrics are given out.
    Measuring {
        /// Where.
        address: SocketAddr,
    },
    /// The size of the storage could not be read: what is over its limit is not noticed.
    SizeUnknown {
        /// Why.
        reason: String,
    },
    /// Whoever can reach the server can read along and change answers.
    WithoutTls {
        /// Where it listens.
        address: SocketAddr,
    },
}

impl Notice {
    /// Writes it to the log, as what went wrong or as what is so.
    pub fn log(&self) {
        let text = self.to_string();
        match self {
            Self::AcceptFailed { .. }
            | Self::CertificateKept { .. }
            | Self::SizeUnknown { .. }
            | Self::WithoutTls { .. } => tracing::warn!("{text}"),
            Self::CertificateChanged
            | Self::Ending
            | Self::Listening { .. }
            | Self::Measuring { .. } => tracing::info!("{text}"),
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AcceptFailed { reason } => write!(f, "a connection was not accepted: {reason}"),
            Self::CertificateChanged => f.write_str("the new certificate is in use"),
            Self::CertificateKept { reason } => write!(
                f,
                "the new certificate cannot be used, the old one stays: {reason}"
            ),
            Self::Ending => f.write_str("told to end: answering what was asked"),
            Self::Listening { address, tls } => {
                let scheme = if *tls { "https" } else { "http" };
                write!(f, "listening on {scheme}://{address}")
            }
            Self::Measuring { address } => write!(f, "metrics on http://{address}/metrics"),
            Self::SizeUnknown { reason } => {
                write!(f, "the size of the storage cannot be read: {reason}")
            }
            Self::WithoutTls { address } => write!(
                f,
                "listening on {address} without TLS: give --tls-cert and --tls-key, or put a proxy \
                 with TLS before it"
            ),
        }
    }
}
