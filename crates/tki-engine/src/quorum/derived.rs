//! Keys that follow from the account's: those of its tree, and one for each application.
//!
//! Each is made where the account's key is put together, for one operation, and wiped with it.
//! Specification: `docs/spec/keys.md`, section 5; `docs/spec/formats.md`, sections 15 and 16.

use alloc::vec::Vec;

use tki_formats::{
    PrivateKey,
    chain::Chain,
    derivation::{ChainCode, DerivationError, DerivationPath, ExtendedKey},
};
use tki_math::SecretScalar;
use tki_metadata::{AccountId, AccountSecret, Key, app_scalar, app_seed};
use tki_seal::{
    curve::{CurveId, SealCurve as _},
    on_curve,
    signature::{self, Input, Scheme, SchemeSignature, SignatureError},
};

use super::Quorum;
use crate::{
    account::Opened,
    error::{Error, Reason},
    stack,
};

/// Which key that follows from the account's is meant.
#[non_exhaustive]
#[derive(Clone, Copy, Debug)]
pub enum Branch<'a> {
    /// The key for the application of this name. It shows nothing of any other key, and nothing of
    /// them shows it.
    App(&'a str),
    /// The key that signs on this chain, at the standard path of this number.
    Chain(Chain, u32),
    /// The key of the account's tree at this path, whose first step is hardened.
    Path(&'a DerivationPath),
}

/// A key that follows from the account's. Keeps its verifying key, never the key.
pub struct Derived<'o, 'f, 'a> {
    opened: &'o Opened<'f>,
    branch: Branch<'a>,
    verifying_key: Vec<u8>,
}

impl<'f> Opened<'f> {
    /// The key at a branch, as a handle.
    ///
    /// # Errors
    /// `Unsupported` for a path whose first step is not hardened, for a chain of another curve, for
    /// an application without a name, and for the tree of an Ed25519 key without its seed.
    pub fn derived<'o, 'a>(&'o self, branch: Branch<'a>) -> Result<Derived<'o, 'f, 'a>, Error> {
        let verifying_key = self.with_branch(branch, |key| Ok(key.verifying_key()))?;
        Ok(Derived {
            opened: self,
            branch,
            verifying_key,
        })
    }

    /// Gives the top of the account's tree out, whole: the account's key, and the chain code with
    /// which a wallet finds the same addresses.
    ///
    /// # Errors
    /// Those of [`Opened::export`]; `Unsupported` for an Ed25519 key without its seed.
    pub fn export_tree(&self) -> Result<ExtendedKey, Error> {
        let (account, secret) = self.above_the_keys()?;
        let (quorum, key) = self.key_in_use()?;
        stack::wiped(|| quorum.tree(account, key, secret))
    }

    /// Does one thing with the key at a branch.
    fn with_branch<T>(
        &self,
        branch: Branch<'_>,
        use_key: impl FnOnce(&PrivateKey) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (account, secret) = self.above_the_keys()?;
        let (quorum, key) = self.key_in_use()?;
        stack::wiped(|| {
            let key = match branch {
                Branch::App(name) => quorum.app(account, name),
                Branch::Chain(chain, index) => {
                    let path = chain.path(index).map_err(Reason::Derivation)?;
                    let key = quorum.at(account, key, secret, &path)?;
                    chain
                        .signing_key(key)
                        .map_err(|error| Reason::Derivation(error).into())
                }
                Branch::Path(path) => quorum.at(account, key, secret, path),
            };
            use_key(&key?)
        })
    }

    /// What stays the same whatever key the account has.
    fn above_the_keys(&self) -> Result<(&AccountId, &AccountSecret), Error> {
        let snapshot = &self.account.snapshot;
        Ok((&snapshot.core().account, &snapshot.common()?.account_secret))
    }
}

impl Derived<'_, '_, '_> {
    /// The verifying key in its curve's canonical encoding: SEC 1 compressed, or RFC 8032.
    #[must_use]
    pub fn verifying_key(&self) -> &[u8] {
        &self.verifying_key
    }

    /// The curve, which is the account's.
    #[must_use]
    pub const fn curve(&self) -> CurveId {
        self.opened.account().curve()
    }

    /// Signs with the key, which is made for this one signature and wiped.
    ///
    /// # Errors
    /// `Unsupported` if the scheme does not fit the curve or the input.
    pub fn sign(&self, scheme: Scheme, input: Input<'_>) -> Result<SchemeSignature, Error> {
        if scheme.curve() != self.curve() {
            return Err(Reason::UnsupportedScheme(SignatureError::Unsupported).into());
        }
        self.opened.with_branch(self.branch, |key| {
            let scalar = key.expose_secret().scalar;
            let signed = on_curve!(key.curve(), C => {
                let scalar = SecretScalar::<C>::from_canonical_bytes(scalar);
                let scalar = scalar.map_err(|_| Reason::Bug("a private key that is no scalar"))?;
                signature::sign(scheme, &scalar, input)
            });
            signed.map_err(|error| Reason::UnsupportedScheme(error).into())
        })
    }

    /// Gives this key out, whole. It leads to no other key of the account.
    ///
    /// # Errors
    /// Those of [`Opened::export`].
    pub fn export(&self) -> Result<PrivateKey, Error> {
        let give = |key: &PrivateKey| {
            // A copy that is the caller's: the other is wiped here.
            let exposed = key.expose_secret();
            if let Some(seed) = exposed.seed {
                return Ok(PrivateKey::from_ed25519_seed(seed));
            }
            on_curve!(key.curve(), C => {
                let scalar = SecretScalar::<C>::from_canonical_bytes(exposed.scalar);
                let scalar = scalar.map_err(|_| Reason::Bug("a private key that is no scalar"))?;
                PrivateKey::from_scalar(&scalar).map_err(|_| Reason::KeyMismatch.into())
            })
        };
        self.opened.with_branch(self.branch, give)
    }
}

impl Quorum {
    /// The key for the application of this name.
    fn app(&self, account: &AccountId, name: &str) -> Result<PrivateKey, Error> {
        if name.is_empty() {
            return Err(Reason::NamelessApp.into());
        }
        on_curve!(self.curve, C => {
            let secret = self.assemble::<C>()?.to_bytes();
            if C::ID == CurveId::Ed25519 {
                return Ok(PrivateKey::from_ed25519_seed(&app_seed(&secret, account, name)));
            }
            PrivateKey::from_scalar(&app_scalar::<C>(&secret, account, name))
                .map_err(|_| Reason::Bug("a derived scalar is zero").into())
        })
    }

    /// The key at a path of the account's tree.
    fn at(
        &self,
        account: &AccountId,
        key: &Key,
        secret: &AccountSecret,
        path: &DerivationPath,
    ) -> Result<PrivateKey, Error> {
        if !path.protects_its_top() {
            return Err(Reason::UnprotectedPath.into());
        }
        let key = self.tree(account, key, secret)?.derive(path);
        Ok(key.map_err(Reason::Derivation)?.into_key())
    }

    /// The top of the account's tree.
    fn tree(
        &self,
        account: &AccountId,
        key: &Key,
        secret: &AccountSecret,
    ) -> Result<ExtendedKey, Error> {
        let chain_code = ChainCode::from_bytes(&secret.chain_code());
        let tree = ExtendedKey::new(self.export(account, key)?, chain_code);
        tree.map_err(|error: DerivationError| Reason::Derivation(error).into())
    }
}
