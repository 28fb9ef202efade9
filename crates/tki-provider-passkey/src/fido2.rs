//! Security keys, through the programs of libfido2: `fido2-token`, `fido2-cred`, `fido2-assert`.
//!
//! They run as child processes, so that nothing here is linked with C; what they print is taken for
//! what a stranger wrote. They ask for the PIN themselves, on the terminal.
//!
//! Tested against a program that speaks as they do, and against no security key.
//!
//! Specification: `docs/spec/passkey.md`, section 3.

use alloc::{boxed::Box, format, string::String, vec::Vec};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use base64ct::{Base64, Encoding as _};
use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::RELYING_PARTY;
use crate::authenticator::PrfAuthenticator;
use crate::credential::{self, Credential, CredentialId};
use crate::error::Error;
use crate::prf::prf_salt;

mod answer;
mod program;

use answer::Failure;
use program::Program;

/// A security key at this machine, through the programs of libfido2.
///
/// Calls wait for the user, who enters the PIN and touches the key: they block their thread.
#[derive(Clone, Debug)]
pub struct Fido2Tools {
    device: Option<String>,
    folder: Option<PathBuf>,
}

impl Fido2Tools {
    /// The security key at this device, as `fido2-token -L` names it; without one, the only one that
    /// is plugged in. Nothing is started yet.
    #[must_use]
    pub fn new(device: Option<&str>) -> Self {
        Self {
            device: device.map(Into::into),
            folder: None,
        }
    }

    /// The same with programs from this folder, not from where the system looks for them.
    #[must_use]
    pub fn with_programs_in(mut self, folder: &Path) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Step 3.1: the device that was named, or the only one.
    fn device(&self) -> Result<String, Error> {
        let device = match &self.device {
            Some(device) => device.clone(),
            None => {
                let listed = self.run("fido2-token", &["-L"], "");
                let listed = listed.map_err(Failure::error)?;
                let mut devices = answer::devices(&listed)?.into_iter();
                let device = devices.next().ok_or(Error::NoAuthenticator)?;
                if devices.next().is_some() {
                    return Err(Error::Several);
                }
                device
            }
        };
        // What begins with a dash would be taken for an option.
        if device.starts_with('-') || device.is_empty() || device.contains('\0') {
            return Err(Error::NoAuthenticator);
        }
        Ok(device)
    }

    /// Step 3.2: nothing is made on a key without the extension.
    fn checked_device(&self) -> Result<String, Error> {
        let device = self.device()?;
        let about = self.run("fido2-token", &["-I", &device], "");
        let about = about.map_err(Failure::error)?;
        answer::Abilities::parse(&about)?.check()?;
        Ok(device)
    }

    fn run(
        &self,
        name: &str,
        arguments: &[&str],
        input: &str,
    ) -> Result<Zeroizing<String>, Failure> {
        Program::new(self.folder.as_deref(), name).run(arguments, input)
    }
}

#[async_trait]
impl PrfAuthenticator for Fido2Tools {
    async fn check(&self) -> Result<(), Error> {
        self.checked_device().map(drop)
    }

    async fn make_credential(
        &self,
        label: &str,
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<CredentialId, Error> {
        if !credential::is_label(label) {
            return Err(Error::Label);
        }
        let device = self.checked_device()?;
        // Step 3.3: discoverable, with the extension, the user verified.
        let mut user = [0; 16];
        rng.fill_bytes(&mut user);
        let hash = client_data_hash(label.as_bytes());
        let input = format!(
            "{hash}\n{RELYING_PARTY}\n{}\n{}\n",
            if label.is_empty() { "-" } else { label },
            Base64::encode_string(&user)
        );
        let printed = self.run("fido2-cred", &["-M", "-h", "-r", "-v", &device], &input);
        answer::made(&printed.map_err(Failure::error)?, &hash)
    }

    async fn credentials(&self) -> Result<Vec<Credential>, Error> {
        let device = self.device()?;
        // Step 3.4: those of this relying party; a key that has none says so by failing.
        match self.run("fido2-token", &["-L", "-k", RELYING_PARTY, &device], "") {
            Ok(printed) => answer::credentials(&printed),
            Err(Failure::NoCredential) => Ok(Vec::new()),
            Err(Failure::Other(error)) => Err(error),
        }
    }

    async fn evaluate(
        &self,
        credential: &CredentialId,
        input: &[u8],
    ) -> Result<Zeroizing<[u8; 32]>, Error> {
        let device = self.device()?;
        // Step 3.5: with the salt of the input, the user verified.
        let hash = client_data_hash(credential.as_bytes());
        let input = format!(
            "{hash}\n{RELYING_PARTY}\n{}\n{}\n",
            Base64::encode_string(credential.as_bytes()),
            Base64::encode_string(&prf_salt(input))
        );
        let printed = self.run("fido2-assert", &["-G", "-h", "-v", &device], &input);
        let printed = printed.map_err(|failure| failure.about(credential))?;
        answer::evaluated(&printed, &hash)
    }
}

/// What the key is to sign, in base64. Nobody verifies the signature: it only has to be 32 bytes, and
/// shows in the answer that the question was this one.
fn client_data_hash(about: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(b"tki passkey");
    hash.update(about);
    Base64::encode_string(&hash.finalize())
}
