//! Any sequence of calls to `tki-seal`: keys from anything, seals, files, signatures, and attempts
//! to open and verify any of them with any key.

use rand_chacha::ChaCha20Rng;
use tki_math::{SecretScalar, VerifyingKey};
use tki_seal::bip340::{self, Statement, verify_all};
use tki_seal::curve::{CurveId, SealCurve, Secp256k1};
use tki_seal::ed25519_seed::scalar_from_seed;
use tki_seal::kdf::{derive_key, derive_scalar};
use tki_seal::on_curve;
use tki_seal::passphrase_file::{FileKey, FileKind, SealedFile};
use tki_seal::password::{self, Argon2Params};
use tki_seal::sealed_box::{self, BoxSecretKey};
use tki_seal::signature::{self, Input, Scheme};
use tki_seal::symmetric::{self, SymmetricKey};
use tki_seal::transcript::{Tag, Transcript};

use crate::Target;
use crate::calls::{Program, keep};
use crate::inputs::{array, rng};

pub(crate) const CALLS: Target = Target {
    name: "seal_calls",
    run,
    seeds,
};

/// Calls in one input.
const MOST: usize = 24;

const KIND: FileKind = FileKind::new(*b"TKI-CALL", Tag::Example);

/// Something sealed, and all that it takes to open it.
struct Sealed {
    key: usize,
    context: [u8; 32],
    plaintext: Vec<u8>,
    sealed: Vec<u8>,
}

/// A signature, and all that it takes to verify it.
struct Signed {
    scheme: Scheme,
    key: Vec<u8>,
    input: Vec<u8>,
    digest: bool,
    signature: [u8; 64],
}

struct Machine<'a> {
    program: Program<'a>,
    rng: ChaCha20Rng,
    keys: Vec<[u8; 32]>,
    boxes: Vec<Sealed>,
    seals: Vec<Sealed>,
    signed: Vec<Signed>,
    statements: Vec<Statement>,
    files: Vec<(Vec<u8>, Vec<u8>)>,
}

fn run(data: &[u8]) {
    let mut machine = Machine {
        program: Program::new(data),
        rng: rng(11),
        keys: vec![[1; 32]],
        boxes: Vec::new(),
        seals: Vec::new(),
        signed: Vec::new(),
        statements: Vec::new(),
        files: Vec::new(),
    };
    // Argon2id and signatures are what an input costs.
    for _ in 0..MOST {
        let Some(call) = machine.program.next_call() else {
            return;
        };
        match call % 10 {
            0 => machine.derive(),
            1 => machine.seal_box(),
            2 => machine.open_box(),
            3 => machine.seal(),
            4 => machine.open(),
            5 => machine.sign(),
            6 => machine.verify(),
            7 => machine.claim(),
            8 => machine.verify_all(),
            _ => machine.file(),
        }
    }
}

impl Machine<'_> {
    /// A transcript of whatever fields the program names.
    fn transcript(&mut self) -> Transcript {
        let mut transcript = Transcript::new(Tag::Example);
        for _ in 0..self.program.byte() % 6 {
            transcript = match self.program.byte() % 5 {
                0 => transcript.bytes(self.program.bytes()),
                1 => transcript.u64(u64::from_le_bytes(array(self.program.bytes()))),
                2 => transcript.u128(u128::from_le_bytes(array(self.program.bytes()))),
                3 => transcript.flag(self.program.byte() & 1 == 1),
                _ => {
                    let items = [self.program.bytes(), self.program.bytes()];
                    transcript.list(items)
                }
            };
        }
        transcript
    }

    fn key(&mut self) -> (usize, [u8; 32]) {
        let place = usize::from(self.program.byte()) % self.keys.len();
        (place, self.keys[place])
    }

    fn derive(&mut self) {
        let info = self.transcript();
        let (secret, salt) = (self.program.bytes(), self.program.bytes());
        let key = match self.program.byte() % 4 {
            0 => *derive_key(secret, salt, info),
            1 => {
                let curve = *self.program.pick(CurveId::ALL).expect("there are curves");
                on_curve!(curve, C => *derive_scalar::<C>(secret, salt, info).to_bytes())
            }
            2 => *scalar_from_seed(&array(secret)).to_bytes(),
            _ => {
                let salt = array(salt);
                let params = Argon2Params::insecure_for_tests();
                let derived = password::derive(secret, &salt, params);
                derived.map_or([2; 32], |derived| *derived)
            }
        };
        // Never more than a few, and none is taken away: what was sealed names its key by place.
        if self.keys.len() < 8 && !self.keys.contains(&key) {
            self.keys.push(key);
        }
    }

    fn context(context: [u8; 32]) -> Transcript {
        Transcript::new(Tag::Example).bytes(&context)
    }

    /// The box key whose scalar follows from these bytes.
    fn box_key(key: &[u8; 32]) -> BoxSecretKey {
        let info = Transcript::new(Tag::Example);
        let scalar = derive_scalar::<Secp256k1>(key, b"box", info);
        BoxSecretKey::from_scalar(scalar).expect("never zero")
    }

    fn seal_box(&mut self) {
        let (place, key) = self.key();
        let context = array(self.program.bytes());
        let plaintext = self.program.bytes().to_vec();
        let public = Self::box_key(&key).public_key();
        let sealed = sealed_box::seal(&public, Self::context(context), &plaintext, &mut self.rng);
        assert_eq!(sealed.len(), plaintext.len() + sealed_box::OVERHEAD);
        let made = Sealed {
            key: place,
            context,
            plaintext,
            sealed,
        };
        keep(&mut self.boxes, made);
    }

    fn open_box(&mut self) {
        let (place, key) = self.key();
        let context: [u8; 32] = array(self.program.bytes());
        let Some(made) = self.program.pick(&self.boxes) else {
            return;
        };
        let context = if context == [0; 32] {
            made.context
        } else {
            context
        };
        let opened = sealed_box::open(&Self::box_key(&key), Self::context(context), &made.sealed);
        let fits = place == made.key && context == made.context;
        assert_eq!(opened.is_ok(), fits);
        assert!(opened.is_err() || *opened.expect("it opened") == made.plaintext);
    }

    fn symmetric_key(key: [u8; 32]) -> SymmetricKey {
        SymmetricKey::from_bytes(key.into())
    }

    fn seal(&mut self) {
        let (place, key) = self.key();
        let context = array(self.program.bytes());
        let plaintext = self.program.bytes().to_vec();
        let key = Self::symmetric_key(key);
        let sealed = symmetric::seal(&key, Self::context(context), &plaintext, &mut self.rng);
        assert_eq!(sealed.len(), plaintext.len() + symmetric::OVERHEAD);
        let made = Sealed {
            key: place,
            context,
            plaintext,
            sealed,
        };
        keep(&mut self.seals, made);
    }

    fn open(&mut self) {
        let (place, key) = self.key();
        let context: [u8; 32] = array(self.program.bytes());
        let Some(made) = self.program.pick(&self.seals) else {
            return;
        };
        let context = if context == [0; 32] {
            made.context
        } else {
            context
        };
        let opened = symmetric::open(
            &Self::symmetric_key(key),
            Self::context(context),
            &made.sealed,
        );
        let fits = place == made.key && context == made.context;
        assert_eq!(opened.is_ok(), fits);
        assert!(opened.is_err() || *opened.expect("it opened") == made.plaintext);
    }

    /// Signs with a key of any curve, whether the scheme is of that curve or not.
    fn sign(&mut self) {
        let curve = *self.program.pick(CurveId::ALL).expect("there are curves");
        on_curve!(curve, C => self.sign_on::<C>());
    }

    fn sign_on<C: SealCurve>(&mut self) {
        let (_, key) = self.key();
        let scheme = *self.program.pick(Scheme::ALL).expect("there are schemes");
        let digest = self.program.byte() & 1 == 1;
        let input = self.program.bytes().to_vec();
        let secret = Self::scalar::<C>(&key);
        let made = signature::sign(scheme, &secret, asked(digest, &input));
        // Ed25519 signs no digest; everything else of the curve is signed.
        let possible = scheme.curve() == C::ID && !(scheme == Scheme::Ed25519 && digest);
        assert_eq!(made.is_ok(), possible);
        let Ok(made) = made else { return };
        let key = VerifyingKey::from_secret(&secret).expect("not zero");
        let made = Signed {
            scheme,
            key: key.to_bytes(),
            input,
            digest,
            signature: made.to_bytes(),
        };
        keep(&mut self.signed, made);
    }

    fn scalar<C: SealCurve>(key: &[u8; 32]) -> SecretScalar<C> {
        derive_scalar(key, b"sign", Transcript::new(Tag::Example))
    }

    /// Verifies with any key, any input and any scheme that were used before.
    fn verify(&mut self) {
        let (Some(made), Some(other)) = (
            self.program.pick(&self.signed),
            self.program.pick(&self.signed),
        ) else {
            return;
        };
        let verified = |of: &Signed, input: &Signed| {
            let asked = asked(input.digest, &input.input);
            signature::verify(of.scheme, &of.key, asked, &made.signature)
        };
        assert_eq!(verified(made, made), Ok(()));
        let _ = (verified(other, made), verified(other, other));
        let same = made.input == other.input
            || (made.digest && array::<32>(&made.input) == array::<32>(&other.input));
        if !same && made.digest == other.digest {
            assert!(verified(made, other).is_err(), "this was never signed");
        }
    }

    /// A statement under BIP-340: right, or with the digest of another.
    fn claim(&mut self) {
        let (_, key) = self.key();
        let digest: [u8; 32] = array(self.program.bytes());
        let wrong = self.program.byte().is_multiple_of(4);
        let key =
            bip340::SigningKey::from_scalar(Self::scalar::<Secp256k1>(&key)).expect("not zero");
        let signature = key.sign(&digest);
        let statement = Statement {
            key: key.public_key(),
            digest: if wrong { [9; 32] } else { digest },
            signature,
        };
        assert_eq!(statement.verify().is_ok(), !wrong || digest == [9; 32]);
        keep(&mut self.statements, statement);
    }

    /// Together they verify exactly if each of them does.
    fn verify_all(&mut self) {
        let picked = self.program.some(&self.statements, 6);
        let statements: Vec<Statement> = picked
            .into_iter()
            .map(|statement| Statement { ..*statement })
            .collect();
        let each = statements
            .iter()
            .all(|statement| statement.verify().is_ok());
        assert_eq!(verify_all(&statements).is_ok(), each);
    }

    /// Seals a file under a passphrase, or opens one.
    fn file(&mut self) {
        let passphrase = self.program.bytes();
        let params = Argon2Params::insecure_for_tests();
        if let Some((file, of)) = self.program.pick(&self.files) {
            let sealed = SealedFile::parse(KIND, file).expect("it was written so");
            let key = sealed.derive_key(passphrase).expect("small parameters");
            assert!(sealed.is_for(&key));
            assert_eq!(sealed.open(&key).is_ok(), passphrase == of.as_slice());
        }
        let key = FileKey::create(KIND, passphrase, params, &mut self.rng);
        let file = key
            .expect("small parameters")
            .seal(passphrase, &mut self.rng);
        if self.files.len() < 4 {
            self.files.push((file, passphrase.to_vec()));
        }
    }
}

fn asked(digest: bool, input: &[u8]) -> Input<'_> {
    if digest {
        Input::Digest(array(input))
    } else {
        Input::Message(input)
    }
}

/// One program that makes everything and tries it, and the same with other keys.
fn seeds() -> Vec<Vec<u8>> {
    let made: &[&[u8]] = &[
        &[0, 1, 0, 2, 7, 7, 1, 5, 1, 6, 0],
        &[1, 0, 1, 9, 3, 1, 2, 3],
        &[2, 0, 0, 0],
        &[3, 0, 1, 9, 3, 1, 2, 3],
        &[4, 0, 0, 0],
        &[5, 0, 0, 0, 0, 2, 4, 4],
        &[5, 1, 0, 3, 0, 2, 4, 5],
        &[5, 2, 0, 4, 0, 2, 4, 5],
        &[6, 0, 1],
        &[7, 0, 1, 3, 1],
        &[7, 0, 1, 4, 0],
        &[8, 3, 0, 0, 1],
        &[9, 2, 5, 5, 0],
        &[9, 2, 5, 5, 0],
    ];
    let mut other = made.concat();
    other.iter_mut().step_by(5).for_each(|byte| *byte ^= 1);
    vec![made.concat(), other]
}
