//! What an account may rely on: the function, both authenticators, and files that are none.

#![cfg(test)]

extern crate alloc;

#[cfg(unix)]
mod fido2;
mod format;
mod hostile;
mod passkeys;
mod prf;
mod secret_types;
mod software;
