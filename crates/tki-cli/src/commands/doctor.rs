//! `tki doctor`: what is wrong here, and what mends it. Changes nothing.

use crate::args::{self, Global};
use crate::doctor;
use crate::error::{Failure, Kind};
use crate::session::Session;

/// `tki doctor`
pub(crate) async fn run(global: &Global, arguments: &args::Doctor) -> Result<(), Failure> {
    let session = Session::looking(global)?;
    let examination = doctor::examine(&session, arguments).await?;
    examination.print(&session)?;
    if examination.is_faulty() {
        return Err(Failure::new(Kind::Found, "something is wrong"));
    }
    Ok(())
}
