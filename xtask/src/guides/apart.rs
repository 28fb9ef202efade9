//! A place of a page's own: programs that it leaves running see each other and no network, and end
//! with it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

/// A process that holds the place; it is the first one there, and takes all others with it.
pub(super) struct Apart {
    holder: Child,
    first: String,
    users: Users,
}

/// Who is who in the place.
#[derive(Clone, Copy)]
enum Users {
    /// As they are outside, which root alone can have: programs that refuse to be root have theirs.
    AsHere,
    /// One, who is called what he is called outside.
    Oneself,
    /// One, who is called root.
    Root,
}

/// What holds the place: `bash`, since it sees to processes whose own parent is gone.
const HOLD: &str = "ip link set lo up && echo ready && read -r";

impl Apart {
    /// Such a place, if the system has them.
    pub(super) fn begin() -> Option<Self> {
        let users = [Users::AsHere, Users::Oneself, Users::Root];
        users.into_iter().find_map(Self::with)
    }

    fn with(users: Users) -> Option<Self> {
        let mut unshare = Command::new("unshare");
        unshare.args(match users {
            Users::AsHere => &[][..],
            Users::Oneself => &["--map-current-user", "--keep-caps"],
            Users::Root => &["--map-root-user"],
        });
        unshare.args(["--net", "--pid", "--fork"]);
        unshare.args(["--kill-child", "bash", "-c", HOLD]);
        unshare.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut holder = unshare.stderr(Stdio::null()).spawn().ok()?;
        let mut line = String::new();
        let said = holder.stdout.take().map(BufReader::new);
        let ready = said.is_some_and(|mut said| said.read_line(&mut line).is_ok());
        let id = holder.id();
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
        let first = children.unwrap_or_default().trim().to_owned();
        let place = Self {
            holder,
            first,
            users,
        };
        (ready && line == "ready\n" && !place.first.is_empty()).then_some(place)
    }

    /// What stands before a program that is to run there.
    pub(super) fn words(&self) -> Vec<String> {
        let words = ["nsenter", "--target", &self.first, "--net", "--pid"];
        let user = match self.users {
            Users::AsHere => &[][..],
            Users::Oneself | Users::Root => &["--user", "--preserve-credentials"],
        };
        let all = words.iter().chain(user);
        all.map(|word| (*word).to_owned()).collect()
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        // One that has ended already cannot be killed, and is waited for all the same.
        self.holder.kill().ok();
        self.holder.wait().ok();
    }
}
