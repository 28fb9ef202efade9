//! What the commands take by which somebody joins an account from afar, or helps.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::args::CodeOut;

#[derive(Debug, Subcommand)]
pub(crate) enum DeviceCommand {
    /// On the new machine: ask to become a device of an account
    #[command(
        after_help = "Examples:\n  tki device request --output request.txt\n  \
        tki device request --qr\n\
        Then, on a device of the account: tki device approve request.txt"
    )]
    Request(Request),
    /// On a device of the account: answer a request, and after the reply add the device
    #[command(
        after_help = "Examples:\n  tki device approve request.txt --output invite.txt\n  \
        tki device approve reply.txt\n\
        The digits that it asks for are those on the new machine's screen: do not take them from \
        a message."
    )]
    Approve(Approve),
    /// On the new machine: answer the invite, and show six digits
    #[command(after_help = "Example:\n  tki device reply invite.txt --output reply.txt")]
    Reply(Reply),
    /// On the new machine: become a device of the account, once it was approved
    #[command(after_help = "Example:\n  tki device finish --storage redb:/mnt/tki/storage.redb")]
    Finish,
}

#[derive(Debug, Subcommand)]
pub(crate) enum GuardianCommand {
    /// As a guardian: offer to guard somebody's account, under a name of your own for it
    #[command(after_help = "Example:\n  tki guardian offer alice --label Bob --output request.txt")]
    Offer(Offer),
    /// As the owner: answer a guardian's offer, and after the reply add the guardian
    #[command(
        after_help = "Examples:\n  tki guardian approve request.txt --output invite.txt\n  \
        tki guardian approve reply.txt\n\
        The digits that it asks for are read aloud by the guardian: do not take them from a message."
    )]
    Approve(Approve),
    /// As a guardian: accept the owner's invite, and show six digits
    #[command(after_help = "Example:\n  tki guardian accept alice invite.txt --output reply.txt")]
    Accept(Accept),
    /// As a guardian: list whose accounts this machine guards; asks for no secret
    #[command(after_help = "Example:\n  tki guardian list")]
    List,
    /// As the owner, on a machine that has too few factors: ask a guardian for help
    #[command(
        after_help = "Example:\n  tki guardian ask --label Alice --output help.txt\n\
        With the answer: tki recover --use words:words.txt --use guardian:answer.txt"
    )]
    Ask(Ask),
    /// As a guardian: help the owner, whose voice or face you know
    #[command(
        after_help = "Example:\n  tki guardian help alice help.txt --output answer.txt\n\
        Whoever gets the answer has your share of the key, once. The digits that it asks for are \
        read aloud by the owner."
    )]
    Help(Help),
    /// As a guardian: destroy what this machine keeps of an account; its owner then has one less
    #[command(after_help = "Example:\n  tki guardian forget alice")]
    Forget(Forget),
}

/// Where a message goes.
#[derive(Args, Debug)]
pub(crate) struct MessageOut {
    /// Write the message to this new file instead of standard output
    #[arg(long = "output", value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) code: CodeOut,
}

#[derive(Args, Debug)]
pub(crate) struct Request {
    /// What this device is called in the account (default: the machine's name)
    #[arg(long, value_name = "TEXT")]
    pub(crate) label: Option<String>,
    /// Begin anew, although an invite was answered; a device that was added for it stays without use
    #[arg(long)]
    pub(crate) again: bool,
    #[command(flatten)]
    pub(crate) output: MessageOut,
}

#[derive(Args, Debug)]
pub(crate) struct Approve {
    /// File with the request or the reply, or - for standard input
    #[arg(value_name = "FILE|-")]
    pub(crate) message: PathBuf,
    /// What it is called in the account (default: what it calls itself)
    #[arg(long, value_name = "TEXT")]
    pub(crate) label: Option<String>,
    /// The six digits that the other side shows (default: asked for)
    #[arg(long, value_name = "DIGITS")]
    pub(crate) code: Option<String>,
    /// How long the invite is good for
    #[arg(long, value_name = "MINUTES", default_value_t = 60,
        value_parser = clap::value_parser!(u64).range(1..=60 * 24 * 30))]
    pub(crate) expires: u64,
    /// With a request: drop every open invite of the account first; whoever has one asks anew
    #[arg(long)]
    pub(crate) drop_invites: bool,
    #[command(flatten)]
    pub(crate) output: MessageOut,
}

#[derive(Args, Debug)]
pub(crate) struct Reply {
    /// File with the invite, or - for standard input
    #[arg(value_name = "FILE|-")]
    pub(crate) invite: PathBuf,
    #[command(flatten)]
    pub(crate) output: MessageOut,
}

#[derive(Args, Debug)]
pub(crate) struct Offer {
    /// What you call the account that you guard
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// What you are called in the account
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) label: String,
    #[command(flatten)]
    pub(crate) output: MessageOut,
}

#[derive(Args, Debug)]
pub(crate) struct Accept {
    /// What you call the account that you guard
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) reply: Reply,
}

#[derive(Args, Debug)]
pub(crate) struct Ask {
    /// What you call yourself, for the guardian to read
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) label: String,
    /// How long the request is good for
    #[arg(long, value_name = "MINUTES", default_value_t = 60 * 24,
        value_parser = clap::value_parser!(u64).range(1..=60 * 24 * 30))]
    pub(crate) expires: u64,
    #[command(flatten)]
    pub(crate) output: MessageOut,
}

#[derive(Args, Debug)]
pub(crate) struct Help {
    /// What you call the account that you guard
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// File with the request, or - for standard input
    #[arg(value_name = "FILE|-")]
    pub(crate) request: PathBuf,
    /// The 24 digits that the owner reads aloud (default: asked for)
    #[arg(long, value_name = "DIGITS")]
    pub(crate) code: Option<String>,
    #[command(flatten)]
    pub(crate) output: MessageOut,
}

#[derive(Args, Debug)]
pub(crate) struct Forget {
    /// What you call the account that you guard
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}
