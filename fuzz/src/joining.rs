//! What people carry from one machine to another when somebody joins or a guardian helps, and what
//! is kept in between.

use tki_metadata::{
    Digits, Error, HelpAnswer, HelpCode, HelpRequest, HelpSecret, HolderKind, InviteSecret,
    JoinCode, JoinInvite, JoinReply, JoinRequest, Message, PendingHelp, PendingInvite, PendingJoin,
};
use tki_seal::sealed_box;
use tki_seal::transcript::{Tag, Transcript};

use crate::Target;
use crate::inputs::{choice, chosen, rng};
use crate::memory::bounded_stored;

pub(crate) const MESSAGES: Target = Target {
    name: "metadata_messages",
    run: messages,
    seeds: message_seeds,
};

pub(crate) const KEPT: Target = Target {
    name: "metadata_joining",
    run: kept,
    seeds: kept_seeds,
};

/// The choice says which message is wanted, or that the rest is digits.
fn messages(data: &[u8]) {
    let (choice, data) = choice(data);
    let named = Message::of(data);
    if let Some(message) = named {
        assert_eq!(data.get(1).copied(), Some(message.code()));
        assert_eq!(Message::from_code(message.code()), Some(message));
    }
    let length = data.len();
    let (wanted, again) = match choice % 6 {
        0 => {
            let read = bounded_stored(length, || JoinRequest::decode(data));
            (Message::JoinRequest, read.and_then(|read| read.encode()))
        }
        1 => {
            let read = bounded_stored(length, || JoinInvite::decode(data));
            (Message::JoinInvite, read.and_then(|read| read.encode()))
        }
        2 => {
            let read = bounded_stored(length, || JoinReply::decode(data));
            (Message::JoinReply, read.and_then(|read| read.encode()))
        }
        3 => {
            let read = bounded_stored(length, || HelpRequest::decode(data));
            (Message::HelpRequest, read.and_then(|read| read.encode()))
        }
        4 => {
            let read = bounded_stored(length, || HelpAnswer::decode(data));
            (Message::HelpAnswer, read.and_then(|read| read.encode()))
        }
        _ => return digits(data),
    };
    match again {
        Ok(again) => assert_eq!(again, data),
        Err(Error::OtherMessage { found, wanted: by }) => {
            assert_eq!((Some(found), by), (named, wanted));
            assert_ne!(found, wanted);
        }
        Err(_) => {}
    }
}

/// Whatever is read is shown, and what is shown is read as the same.
fn digits(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Some(code) = JoinCode::parse(text) {
        assert_eq!(Digits::parse(&code.to_string()), Some(code));
        assert!(HelpCode::parse(text).is_none());
    }
    if let Some(code) = Digits::<24>::parse(text) {
        assert_eq!(HelpCode::parse(&code.to_string()), Some(code));
    }
}

fn secret() -> HelpSecret {
    HelpSecret::from_bytes(&[6; 32])
}

/// The choice says who keeps it, or that it is in an answer.
fn kept(data: &[u8]) {
    let (choice, data) = choice(data);
    let length = data.len();
    let again = match choice % 4 {
        0 => bounded_stored(length, || PendingJoin::decode(data)).and_then(|read| {
            assert_eq!(read.reply().is_some(), read.invite.is_some());
            read.encode()
        }),
        1 => bounded_stored(length, || PendingInvite::decode(data)).and_then(|read| {
            assert_eq!(read.invite.request, read.request.hash());
            read.encode()
        }),
        2 => bounded_stored(length, || PendingHelp::decode(data)).and_then(|read| read.encode()),
        _ => return answered(data),
    };
    if let Ok(again) = again {
        assert_eq!(again.as_slice(), data);
    }
}

/// Whatever somebody seals to a request for help.
fn answered(data: &[u8]) {
    let pending = PendingHelp {
        secret: secret(),
        ..PendingHelp::new("", 1, &mut rng(40))
    };
    let request = pending.request.hash();
    let context = Transcript::new(Tag::HelpAnswer).bytes(&request);
    let to = secret().box_key().public_key();
    let answer = HelpAnswer {
        request,
        sealed: sealed_box::seal(&to, context, data, &mut rng(41)),
        extensions: tki_metadata::Extensions::new(),
    };
    if let Ok(mailbox) = HelpAnswer::open(&answer, &pending.secret) {
        // It is sealed again as it was.
        let mut request = pending.request;
        request.box_key = to;
        let again = HelpAnswer::seal(&request, &mailbox, &mut rng(42)).expect("what was read");
        let opened = again.open(&pending.secret).expect("just sealed");
        assert_eq!(opened.plaintext, mailbox.plaintext);
    }
    // As it came, it was sealed by nobody.
    let raw = HelpAnswer {
        sealed: data.to_vec(),
        ..answer
    };
    assert_eq!(raw.open(&pending.secret).err(), Some(Error::Unsealed));
}

/// A guardian that was answered, and who answered him.
fn sides() -> (PendingJoin, PendingInvite) {
    let mut join = PendingJoin::new(HolderKind::Guardian, "Bob", &mut rng(43));
    let request = join.request();
    let secret = InviteSecret::from_bytes(&[7; 32]);
    let invite = JoinInvite {
        request: request.hash(),
        first_writer: secret.first_writer(&request).public_key(),
        binding: [8; 32],
        nonce: [9; 32],
        account: "savings".to_owned(),
        expires: 1_800_000_000,
        extensions: tki_metadata::Extensions::new(),
    };
    join.invite = Some(invite.clone());
    let open = PendingInvite {
        request,
        invite,
        secret,
        extensions: tki_metadata::Extensions::new(),
    };
    (join, open)
}

fn message_seeds() -> Vec<Vec<u8>> {
    let (join, open) = sides();
    let help = PendingHelp::new("Alice", 1_800_000_000, &mut rng(44)).request;
    let answer = HelpAnswer {
        request: help.hash(),
        sealed: b"sealed".to_vec(),
        extensions: tki_metadata::Extensions::new(),
    };
    let reply = join.reply().expect("it was answered");
    let texts = [help.code().to_string(), reply.code().to_string()];
    let encoded = [
        join.request().encode(),
        open.invite.encode(),
        reply.encode(),
        help.encode(),
        answer.encode(),
    ];
    let mut seeds = Vec::new();
    for (number, message) in (0..).zip(encoded) {
        let message = message.expect("valid");
        seeds.extend(chosen(number, [message.clone()]));
        seeds.extend(chosen((number + 1) % 5, [message]));
    }
    seeds.extend(chosen(5, texts.map(String::into_bytes)));
    seeds
}

fn kept_seeds() -> Vec<Vec<u8>> {
    let (join, open) = sides();
    let help = PendingHelp::new("Alice", 1_800_000_000, &mut rng(44));
    let encoded = [join.encode(), open.encode(), help.encode()];
    let mut seeds = Vec::new();
    for (number, kept) in (0..).zip(encoded) {
        seeds.extend(chosen(number, [kept.expect("valid").to_vec()]));
    }
    // An address, a box key, a hash, an empty mailbox, no extension.
    let to = secret().box_key().public_key();
    let mut plaintext = vec![1];
    plaintext.extend([3; 32]);
    plaintext.extend(33_u64.to_le_bytes());
    plaintext.extend(to.to_bytes());
    plaintext.extend([4; 32]);
    plaintext.extend([0; 16]);
    seeds.extend(chosen(3, [plaintext]));
    seeds
}
