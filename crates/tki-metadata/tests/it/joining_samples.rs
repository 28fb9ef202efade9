//! What joining and helping send and keep, made the same way every time, beside the sample account.

use tki_metadata::{
    Extensions, HelpAnswer, HelpRequest, HelpSecret, HelpedMailbox, HolderKind, InviteSecret,
    JoinInvite, JoinNonce, JoinRequest, Mailbox, OpeningSeed, PendingHelp, PendingInvite,
    PendingJoin,
};

use crate::samples::{core, extensions, mailbox, rng, sealed_mailbox};

/// A guardian that has not been answered yet.
fn asking() -> PendingJoin {
    PendingJoin {
        kind: HolderKind::Guardian,
        label: "phone, grün".to_owned(),
        seed: OpeningSeed::from_bytes(&[0x11; 32]),
        nonce: JoinNonce::from_bytes(&[0x22; 32]),
        invite: None,
        request_extensions: extensions(&[(9, b"nine")]),
        extensions: Extensions::new(),
    }
}

pub(crate) fn join_request() -> JoinRequest {
    asking().request()
}

pub(crate) fn join_invite() -> JoinInvite {
    let request = join_request();
    let secret = InviteSecret::from_bytes(&[0x33; 32]);
    JoinInvite {
        request: request.hash(),
        first_writer: secret.first_writer(&request).public_key(),
        binding: [0x5b; 32],
        nonce: [0x4b; 32],
        account: "savings, 2º".to_owned(),
        expires: 1_800_000_000,
        extensions: Extensions::new(),
    }
}

/// A guardian that has been answered.
pub(crate) fn pending_join() -> PendingJoin {
    let mut pending = asking();
    pending.invite = Some(join_invite());
    pending
}

pub(crate) fn pending_invite() -> PendingInvite {
    PendingInvite {
        request: join_request(),
        invite: join_invite(),
        secret: InviteSecret::from_bytes(&[0x33; 32]),
        extensions: Extensions::new(),
    }
}

pub(crate) fn pending_help() -> PendingHelp {
    let secret = HelpSecret::from_bytes(&[0x66; 32]);
    PendingHelp {
        request: HelpRequest {
            box_key: secret.box_key().public_key(),
            label: "me".to_owned(),
            expires: 1_800_000_001,
            extensions: Extensions::new(),
        },
        secret,
        extensions: Extensions::new(),
    }
}

/// What the words of the sample would hand out if they were a guardian's.
pub(crate) fn helped_mailbox() -> HelpedMailbox {
    let copy = sealed_mailbox(2);
    HelpedMailbox {
        address: copy.address,
        box_key: core().holders[2].box_key,
        hash: Mailbox::hash(&copy.sealed),
        plaintext: mailbox(2).encode().expect("valid"),
        extensions: extensions(&[(1, b"one")]),
    }
}

pub(crate) fn help_answer() -> HelpAnswer {
    let request = pending_help().request;
    HelpAnswer::seal(&request, &helped_mailbox(), &mut rng(30)).expect("valid")
}
