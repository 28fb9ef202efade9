//! A new passkey: a credential on a security key or in a software authenticator's file.

use tki::SeedFactor;
use tki::metadata::HolderKind;
use tki::passkey::{Passkey, PrfAuthenticator};

use super::Maker;
use crate::args::{New, PasskeyAt};
use crate::error::Failure;
use crate::machine;
use crate::passkeys::{self, failure};
use crate::session::Purpose;

/// Authenticators that are open, so that a passphrase is asked for once.
#[derive(Default)]
pub(super) struct Authenticators(Vec<(PasskeyAt, Box<dyn PrfAuthenticator>)>);

impl Authenticators {
    fn get(&self, at: &PasskeyAt) -> Option<&dyn PrfAuthenticator> {
        let mut open = self.0.iter();
        let found = open.find(|(place, _)| place == at);
        found.map(|(_, authenticator)| authenticator.as_ref())
    }
}

impl Maker<'_> {
    /// Refuses authenticators that could not be used, before anything is made.
    pub(crate) async fn check_passkeys(&mut self, news: &[New]) -> Result<(), Failure> {
        for new in news {
            if let New::Passkey(at) = new
                && passkeys::is_there(at)
            {
                let authenticator = passkeys::open(self.session, at, Purpose::Use)?;
                let checked = authenticator.check().await;
                checked.map_err(|error| failure(at, &error))?;
                self.authenticators.0.push((at.clone(), authenticator));
            }
        }
        Ok(())
    }

    /// A new passkey, or the one of a first attempt that did not happen.
    pub(super) async fn passkey(
        &mut self,
        at: &PasskeyAt,
        label: &str,
    ) -> Result<SeedFactor<'static>, Failure> {
        if self.authenticators.get(at).is_none() {
            let opened = passkeys::open(self.session, at, Purpose::Create)?;
            self.authenticators.0.push((at.clone(), opened));
        }
        let authenticator = self.authenticators.get(at);
        let authenticator = authenticator.ok_or_else(|| Failure::usage("no authenticator"))?;
        let passkey = match self.known_passkey(at, authenticator).await? {
            Some(known) => known,
            None => self.new_passkey(at, authenticator, label).await?,
        };
        self.credentials.push(passkey.credential.clone());
        Ok(passkeys::factor(label, passkey))
    }

    /// The one of a first attempt that did not happen.
    async fn known_passkey(
        &self,
        at: &PasskeyAt,
        authenticator: &dyn PrfAuthenticator,
    ) -> Result<Option<Passkey>, Failure> {
        let mut known = self.known.iter();
        if !known.any(|known| known.kind == HolderKind::Passkey) {
            return Ok(None);
        }
        let all = Passkey::all(authenticator).await;
        let mut all = all.map_err(|error| failure(at, &error))?.into_iter();
        Ok(all.find(|passkey| {
            let mut known = self.known.iter();
            known.any(|known| known.seed.ct_eq(&passkey.seed))
        }))
    }

    async fn new_passkey(
        &self,
        at: &PasskeyAt,
        authenticator: &dyn PrfAuthenticator,
        label: &str,
    ) -> Result<Passkey, Failure> {
        let refused = |error| failure(at, &error);
        if !self.credentials.is_empty() {
            let listed = authenticator.credentials().await.map_err(refused)?;
            let mut listed = listed.iter();
            if listed.any(|credential| self.credentials.contains(&credential.id)) {
                self.session.output.say(&format!(
                    "both passkeys are on {at}: whoever has it has two factors, and they are lost \
                     together"
                ));
            }
        }
        passkeys::announce_touch(self.session, at);
        let mut rng = machine::random()?;
        let made = Passkey::make(authenticator, label, &mut rng).await;
        made.map_err(refused)
    }
}

/// What a passkey is called if nobody says otherwise. Several are told apart by their files.
pub(super) fn usual_label(at: &PasskeyAt) -> String {
    match at {
        PasskeyAt::Fido2(_) => "security key".into(),
        PasskeyAt::Software(path) => {
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            stem.unwrap_or("passkey").into()
        }
    }
}
