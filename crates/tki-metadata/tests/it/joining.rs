//! Messages of joining and help: their bytes, hashes and digits, and what they refuse.

use std::fmt::Write as _;

use tki_metadata::{
    CRITICAL, Digits, Error, Extensions, HelpAnswer, HelpRequest, HolderKind, JoinCode, JoinInvite,
    JoinReply, JoinRequest, Message, PendingHelp, PendingInvite, PendingJoin, Rule,
};
use tki_seal::bip340::Signature;
use zeroize::Zeroizing;

use crate::{joining_samples, samples};

/// Digits without the blanks between them.
fn plain<const DIGITS: u32>(digits: Digits<DIGITS>) -> String {
    digits.to_string().replace(' ', "")
}

/// The same lines as `reader.py joining`.
fn written() -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        writeln!(text, "{name} = {value}").expect("writing to a string");
    };
    let (join, invite, help) = (
        joining_samples::pending_join(),
        joining_samples::pending_invite(),
        joining_samples::pending_help(),
    );
    let (request, reply) = (join.request(), join.reply().expect("there is an invite"));
    line("commitment", hex::encode(request.commitment));
    line("request.hash", hex::encode(request.hash()));
    line("request", hex::encode(request.encode().expect("valid")));
    line("invite.hash", hex::encode(invite.invite.hash()));
    line(
        "invite",
        hex::encode(invite.invite.encode().expect("valid")),
    );
    line("reply", hex::encode(reply.encode().expect("valid")));
    line("join.code", plain(reply.code()));
    line("kept.join", hex::encode(join.encode().expect("valid")));
    line("kept.invite", hex::encode(invite.encode().expect("valid")));
    line("help.hash", hex::encode(help.request.hash()));
    line(
        "help.request",
        hex::encode(help.request.encode().expect("valid")),
    );
    line("help.code", plain(help.request.code()));
    let answer = HelpAnswer {
        request: help.request.hash(),
        sealed: b"sealed".to_vec(),
        extensions: Extensions::new(),
    };
    line("help.answer", hex::encode(answer.encode().expect("valid")));
    line("kept.help", hex::encode(help.encode().expect("valid")));
    text
}

#[test]
fn messages_and_digits_are_those_of_the_specification() {
    assert_eq!(written(), include_str!("../vectors/joining.txt"));
}

#[test]
fn messages_are_read_as_they_were_written() {
    let (join, invite, help) = (
        joining_samples::pending_join(),
        joining_samples::pending_invite(),
        joining_samples::pending_help(),
    );
    let request = join.request();
    let bytes = request.encode().expect("valid");
    assert_eq!(JoinRequest::decode(&bytes), Ok(request));
    let bytes = invite.invite.encode().expect("valid");
    assert_eq!(JoinInvite::decode(&bytes), Ok(invite.invite.clone()));
    let reply = join.reply().expect("there is an invite");
    let read = JoinReply::decode(&reply.encode().expect("valid")).expect("just encoded");
    assert_eq!(read.code(), reply.code());
    assert_eq!(read.signature, reply.signature);
    let bytes = help.request.encode().expect("valid");
    assert_eq!(HelpRequest::decode(&bytes), Ok(help.request.clone()));
    let answer = joining_samples::help_answer();
    let bytes = answer.encode().expect("valid");
    assert_eq!(HelpAnswer::decode(&bytes), Ok(answer));

    let kept = join.encode().expect("valid");
    let again = PendingJoin::decode(&kept).expect("just encoded");
    assert_eq!(again.request(), join.request());
    assert!(again.seed.ct_eq(&join.seed) && again.nonce.ct_eq(&join.nonce));
    assert_eq!(again.invite, join.invite);
    let kept = invite.encode().expect("valid");
    let again = PendingInvite::decode(&kept).expect("just encoded");
    assert!(again.secret.ct_eq(&invite.secret));
    let kept = help.encode().expect("valid");
    let again = PendingHelp::decode(&kept).expect("just encoded");
    assert!(again.secret.ct_eq(&help.secret));
}

#[test]
fn a_message_in_the_place_of_another_is_named() {
    let reply = joining_samples::pending_join()
        .reply()
        .expect("there is an invite");
    let reply = reply.encode().expect("valid");
    assert_eq!(Message::of(&reply), Some(Message::JoinReply));
    assert_eq!(
        JoinInvite::decode(&reply).err(),
        Some(Error::OtherMessage {
            found: Message::JoinReply,
            wanted: Message::JoinInvite,
        })
    );
    assert_eq!(Message::of(&[1]), None);
    assert_eq!(Message::of(&[1, 0]), None);
    for message in Message::ALL {
        assert_eq!(Message::from_code(message.code()), Some(*message));
    }
}

#[test]
fn whatever_a_message_says_is_in_its_hash() {
    let request = joining_samples::join_request();
    let mut hashes = vec![request.hash()];
    let changes: [fn(&mut JoinRequest); 5] = [
        |request| request.kind = HolderKind::Device,
        |request| request.label.push('x'),
        |request| request.address = samples::seed(1).mailbox_address(0),
        |request| request.commitment[0] ^= 1,
        |request| request.extensions.insert(3, Vec::new()),
    ];
    for change in changes {
        let mut other = request.clone();
        change(&mut other);
        hashes.push(other.hash());
    }
    let invite = joining_samples::join_invite();
    hashes.push(invite.hash());
    let changes: [fn(&mut JoinInvite); 7] = [
        |invite| invite.request[0] ^= 1,
        |invite| invite.first_writer = samples::seed(1).claim_key(0).public_key(),
        |invite| invite.binding[0] ^= 1,
        |invite| invite.nonce[0] ^= 1,
        |invite| invite.account.push('x'),
        |invite| invite.expires += 1,
        |invite| invite.extensions.insert(3, Vec::new()),
    ];
    for change in changes {
        let mut other = invite.clone();
        change(&mut other);
        hashes.push(other.hash());
    }
    let count = hashes.len();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), count);
}

#[test]
fn the_digits_depend_on_everything_but_the_signature() {
    let reply = joining_samples::pending_join()
        .reply()
        .expect("there is an invite");
    let mut signed_anew = reply.clone();
    signed_anew.signature = Signature::from_bytes([7; 64]);
    assert_eq!(signed_anew.transcript_hash(), reply.transcript_hash());

    let changes: [fn(&mut JoinReply); 4] = [
        |reply| reply.invite[0] ^= 1,
        |reply| reply.box_key = samples::seed(1).box_key().public_key(),
        |reply| reply.claim_key = samples::seed(1).claim_key(0).public_key(),
        |reply| reply.nonce = tki_metadata::JoinNonce::from_bytes(&[1; 32]),
    ];
    for change in changes {
        let mut other = reply.clone();
        change(&mut other);
        assert_ne!(other.transcript_hash(), reply.transcript_hash());
    }
}

#[test]
fn digits_are_read_as_people_write_them() {
    let code: JoinCode = Digits::from_hash(&[0; 32]);
    assert_eq!(code.to_string(), "000 000");
    for text in ["000000", "000 000", " 000-000\n", "0.0.0 0.0.0"] {
        assert_eq!(Digits::parse(text), Some(code), "{text:?}");
    }
    for text in ["", "00000", "0000000", "00000a", "000,000", "٠٠٠٠٠٠", "-"] {
        assert_eq!(JoinCode::parse(text), None, "{text:?}");
    }
    let long = Digits::<24>::from_hash(&[0xff; 32]);
    assert_eq!(long.to_string(), "4634 6337 4607 4317 6821 1455");
    assert_eq!(Digits::parse(&long.to_string()), Some(long));
    assert_eq!(Digits::<24>::parse(&"9".repeat(40)), None);
}

#[test]
fn what_cannot_join_is_refused() {
    for kind in [
        HolderKind::Words,
        HolderKind::Provider,
        HolderKind::Other(77),
    ] {
        let mut request = joining_samples::join_request();
        request.kind = kind;
        let refused = Err(Error::from(Rule::JoinKind));
        assert_eq!(request.encode(), refused);
    }
    let mut request = joining_samples::join_request();
    request.label = "x".repeat(65);
    assert_eq!(request.encode().err(), Some(Rule::LabelLength.into()));
    let mut invite = joining_samples::join_invite();
    invite.account = "\u{1b}[2J".to_owned();
    assert_eq!(invite.encode().err(), Some(Rule::LabelText.into()));
    let mut invite = joining_samples::join_invite();
    invite.extensions.insert(CRITICAL | 1, Vec::new());
    assert_eq!(
        invite.encode().err(),
        Some(Error::CriticalExtension { tag: CRITICAL | 1 })
    );
    let mut request = joining_samples::join_request();
    request.extensions.insert(1, vec![0; 4096]);
    assert_eq!(
        request.encode().err(),
        Some(Error::TooLarge { limit: 4096 })
    );
}

#[test]
fn what_is_kept_belongs_together() {
    let refused = Some(Error::from(Rule::InviteRequest));
    let mut join = joining_samples::pending_join();
    join.label.push('x');
    assert_eq!(join.encode().err(), refused);
    let mut invite = joining_samples::pending_invite();
    invite.request.label.push('x');
    assert_eq!(invite.encode().err(), refused);
    let mut invite = joining_samples::pending_invite();
    invite.secret = tki_metadata::InviteSecret::from_bytes(&[1; 32]);
    assert_eq!(invite.encode().err(), refused);
    let mut help = joining_samples::pending_help();
    help.secret = tki_metadata::HelpSecret::from_bytes(&[1; 32]);
    assert_eq!(help.encode().err(), Some(Rule::BoxKey.into()));
}

#[test]
fn an_answer_opens_for_who_asked_and_nobody_else() {
    let (pending, answer) = (
        joining_samples::pending_help(),
        joining_samples::help_answer(),
    );
    let helped = joining_samples::helped_mailbox();
    let opened = answer.open(&pending.secret).expect("sealed so");
    assert_eq!(opened.plaintext, helped.plaintext);
    assert_eq!(
        (opened.address, opened.box_key, opened.hash),
        (helped.address, helped.box_key, helped.hash)
    );
    assert_eq!(opened.extensions, helped.extensions);
    let other = tki_metadata::HelpSecret::from_bytes(&[1; 32]);
    assert_eq!(answer.open(&other).err(), Some(Error::Unsealed));
    let mut elsewhere = answer;
    elsewhere.request[0] ^= 1;
    assert_eq!(elsewhere.open(&pending.secret).err(), Some(Error::Unsealed));

    let mut large = joining_samples::helped_mailbox();
    large.plaintext = Zeroizing::new(vec![0; (1 << 18) + 1]);
    let sealed = HelpAnswer::seal(&pending.request, &large, &mut samples::rng(31));
    assert_eq!(sealed.err(), Some(Rule::SealedLength.into()));
}
