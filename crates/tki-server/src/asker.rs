//! Who asks, as everything that answers needs to know it.

use crate::limits::clients::Client;
use crate::limits::sending::Sending;

/// Who asks, and the answers that this connection has not yet taken.
#[derive(Clone, Debug)]
pub(crate) struct Asker {
    pub(crate) client: Client,
    pub(crate) sending: Sending,
}
