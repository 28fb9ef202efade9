//! What an account may rely on: the function, both authenticators, and files that are none.

#![cfg(test)]

#[cfg(unix)]
mod fido2;
mod format;
mod hostile;
mod passkeys;
mod prf;
mod secret_types;
mod software;
