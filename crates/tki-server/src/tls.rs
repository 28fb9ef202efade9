//! TLS with a certificate that can be replaced while the server runs.

use alloc::sync::Arc;
use std::fs;
use std::path::PathBuf;
use std::sync::{PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;
use tokio_rustls::TlsAcceptor;

use crate::config::TlsFiles;

/// What is spoken inside, what is liked best first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The certificate in use, and the files that it came from.
#[derive(Debug)]
pub struct Tls {
    files: TlsFiles,
    current: RwLock<Loaded>,
}

#[derive(Debug)]
struct Loaded {
    /// What was read: the same again is nothing new.
    pem: [Vec<u8>; 2],
    config: Arc<ServerConfig>,
}

/// Why a certificate cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The file has no certificate in PEM.
    #[error("{} has no certificate in PEM", path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// The file has no private key in PEM.
    #[error("{} has no private key in PEM", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// A file cannot be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// They do not belong together, or are of a kind that is not used.
    #[error("certificate and key cannot be used together")]
    Unusable(#[source] rustls::Error),
}

impl Tls {
    /// Reads certificate and key.
    ///
    /// # Errors
    /// Any [`TlsError`].
    pub fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let current = RwLock::new(load(&files, read(&files)?)?);
        Ok(Self { files, current })
    }

    /// Reads them again. What is no better than it was changes nothing: the old certificate stays.
    /// Says whether there is a new one.
    ///
    /// # Errors
    /// Any [`TlsError`].
    pub fn reload(&self) -> Result<bool, TlsError> {
        let pem = read(&self.files)?;
        if self
            .current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .pem
            == pem
        {
            return Ok(false);
        }
        let loaded = load(&self.files, pem)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = loaded;
        Ok(true)
    }

    /// What accepts the next connection.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(&current.config))
    }
}

fn read(files: &TlsFiles) -> Result<[Vec<u8>; 2], TlsError> {
    let read = |path: &PathBuf| {
        fs::read(path).map_err(|source| TlsError::Read {
            path: path.clone(),
            source,
        })
    };
    Ok([read(&files.certificate)?, read(&files.key)?])
}

fn load(files: &TlsFiles, pem: [Vec<u8>; 2]) -> Result<Loaded, TlsError> {
    let [certificate, key] = &pem;
    let chain: Result<Vec<CertificateDer<'static>>, _> =
        CertificateDer::pem_slice_iter(certificate).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    let chain = chain.ok_or_else(|| TlsError::NoCertificate {
        path: files.certificate.clone(),
    })?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::NoKey {
        path: files.key.clone(),
    })?;
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Unusable)?;
    let mut config = builder
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(TlsError::Unusable)?;
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    Ok(Loaded {
        pem,
        config: Arc::new(config),
    })
}
