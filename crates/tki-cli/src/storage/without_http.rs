//! What is said of storage servers by a program that cannot speak to them.

use tki::storage::{MemoryStorage, Storage};

use super::server::Server;
use crate::error::{Failure, Kind};
use crate::output::Output;

impl Server {
    /// Opens nothing.
    #[expect(clippy::unused_async, reason = "the same shape as with the feature")]
    pub(super) async fn connect(&self, _output: Output) -> Result<impl Storage + use<>, Failure> {
        let message = format!(
            "{} is a storage server, and this tki was built without the feature http",
            self.url
        );
        let failure = Failure::new(Kind::Unsupported, message);
        Err::<MemoryStorage, _>(failure.next("use a tki that was built with the feature http"))
    }
}
