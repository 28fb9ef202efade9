//! Signatures of all schemes, their refusals, RFC 6979 and RFC 8032.

use ff::Field as _;
use group::GroupEncoding as _;
use tki_math::{Curve, SecretScalar};
use tki_seal::curve::{CurveId, Ed25519, P256, SealCurve, Secp256k1};
use tki_seal::signature::{Input, Scheme, SchemeSignature, SignatureError, sign, verify};

use crate::support::{array, bytes, scalar};

const SECP256K1: [Scheme; 3] = [Scheme::Bip340, Scheme::EcdsaKeccak256, Scheme::EcdsaSha256];
const ECDSA: [Scheme; 3] = [
    Scheme::EcdsaKeccak256,
    Scheme::EcdsaP256Sha256,
    Scheme::EcdsaSha256,
];

/// A vector of RFC 8032, section 7.1.
pub(crate) struct Rfc8032 {
    pub(crate) seed: &'static str,
    pub(crate) public_key: &'static str,
    message: &'static str,
    signature: &'static str,
}

/// Tests 1, 2, 3 and "SHA(abc)" of RFC 8032, section 7.1.
pub(crate) const RFC_8032: [Rfc8032; 4] = [
    Rfc8032 {
        seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        public_key: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        message: "",
        signature: "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    },
    Rfc8032 {
        seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        public_key: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        message: "72",
        signature: "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    },
    Rfc8032 {
        seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        public_key: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        message: "af82",
        signature: "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    },
    Rfc8032 {
        seed: "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        public_key: "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        message: "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        signature: "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    },
];

#[test]
fn signatures_of_rfc_8032_verify() {
    for vector in RFC_8032 {
        let message = bytes(vector.message);
        let key = bytes(vector.public_key);
        let signature = array(vector.signature);
        assert_eq!(
            verify(Scheme::Ed25519, &key, Input::Message(&message), &signature),
            Ok(())
        );
        let other = verify(Scheme::Ed25519, &key, Input::Message(b"other"), &signature);
        assert_eq!(other, Err(SignatureError::InvalidSignature));
    }
}

/// RFC 6979, appendix A.2.5: P-256 with SHA-256. The signature of "sample" has the high s.
#[test]
fn signatures_on_p256_are_those_of_rfc_6979() {
    let key: SecretScalar<P256> =
        scalar("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721");
    let public_key = bytes("0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6");
    assert_eq!(key.public_point().to_bytes().as_slice(), public_key);
    for (message, signature) in [
        (
            "sample",
            "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
        ),
        (
            "test",
            "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
        ),
    ] {
        let input = Input::Message(message.as_bytes());
        let signed = sign(Scheme::EcdsaP256Sha256, &key, input).unwrap();
        assert_eq!(hex::encode(signed.to_bytes()), signature);
    }
}

struct Signer {
    ed25519: SecretScalar<Ed25519>,
    p256: SecretScalar<P256>,
    secp256k1: SecretScalar<Secp256k1>,
}

impl Signer {
    fn new(test: &str) -> Self {
        let mut rng = tki_testkit::rng(test);
        Self {
            secp256k1: SecretScalar::random(&mut rng),
            ed25519: SecretScalar::random(&mut rng),
            p256: SecretScalar::random(&mut rng),
        }
    }

    fn key(&self, scheme: Scheme) -> Vec<u8> {
        match scheme.curve() {
            CurveId::Ed25519 => self.ed25519.public_point().to_bytes().to_vec(),
            CurveId::P256 => self.p256.public_point().to_bytes().to_vec(),
            CurveId::Secp256k1 => self.secp256k1.public_point().to_bytes().to_vec(),
        }
    }

    fn sign(&self, scheme: Scheme, input: Input<'_>) -> Result<SchemeSignature, SignatureError> {
        match scheme.curve() {
            CurveId::Ed25519 => sign(scheme, &self.ed25519, input),
            CurveId::P256 => sign(scheme, &self.p256, input),
            CurveId::Secp256k1 => sign(scheme, &self.secp256k1, input),
        }
    }
}

#[test]
fn what_is_signed_verifies_under_its_scheme_alone() {
    let signer = Signer::new("signatures");
    for scheme in Scheme::ALL.iter().copied() {
        for message in [&b""[..], b"m", &[7; 32], &[7; 1000]] {
            let input = Input::Message(message);
            let signature = signer.sign(scheme, input).unwrap();
            assert_eq!(
                signer.sign(scheme, input),
                Ok(signature),
                "is deterministic"
            );
            for other in Scheme::ALL.iter().copied() {
                let verified = verify(other, &signer.key(other), input, &signature.to_bytes());
                assert_eq!(verified.is_ok(), other == scheme, "{scheme} as {other}");
            }
        }
    }
}

#[test]
fn no_changed_message_key_or_signature_verifies() {
    let signer = Signer::new("signatures");
    for scheme in Scheme::ALL.iter().copied() {
        let key = signer.key(scheme);
        let input = Input::Message(b"message");
        let signature = signer.sign(scheme, input).unwrap().to_bytes();
        let other = verify(scheme, &key, Input::Message(b"massage"), &signature);
        assert_eq!(other, Err(SignatureError::InvalidSignature));
        for position in 0..64 {
            let mut changed = signature;
            changed[position] ^= 1;
            let verified = verify(scheme, &key, input, &changed);
            assert_eq!(
                verified,
                Err(SignatureError::InvalidSignature),
                "{scheme} at {position}"
            );
        }
        for made_up in [[0; 64], [0xff; 64]] {
            let verified = verify(scheme, &key, input, &made_up);
            assert_eq!(verified, Err(SignatureError::InvalidSignature), "{scheme}");
        }
        let another = Signer::new("another").key(scheme);
        let verified = verify(scheme, &another, input, &signature);
        assert_eq!(verified, Err(SignatureError::InvalidSignature), "{scheme}");
    }
}

#[test]
fn keys_of_wrong_form_are_named() {
    let signer = Signer::new("signatures");
    for scheme in Scheme::ALL.iter().copied() {
        let input = Input::Message(b"message");
        let signature = signer.sign(scheme, input).unwrap().to_bytes();
        let key = signer.key(scheme);
        let longer = [&key[..], &[0]].concat();
        let zeros = vec![0; key.len()];
        let ones = vec![0xff; key.len()];
        for wrong in [&key[..key.len() - 2], &longer, &zeros, &ones, &[]] {
            let verified = verify(scheme, wrong, input, &signature);
            assert_eq!(
                verified,
                Err(SignatureError::InvalidKey),
                "{scheme} {wrong:?}"
            );
        }
    }
}

/// BIP-340 takes the key of an account as it is, or its x coordinate.
#[test]
fn bip340_ignores_the_parity_of_the_key() {
    let signer = Signer::new("signatures");
    let input = Input::Message(b"message");
    let signature = signer.sign(Scheme::Bip340, input).unwrap().to_bytes();
    let x = &signer.key(Scheme::Bip340)[1..];
    for key in [x.to_vec(), [&[2], x].concat(), [&[3], x].concat()] {
        assert_eq!(verify(Scheme::Bip340, &key, input, &signature), Ok(()));
    }
    let uncompressed = [&[4], x].concat();
    // No point has this x coordinate: it is above p.
    for wrong in [uncompressed, vec![0xff; 32]] {
        let verified = verify(Scheme::Bip340, &wrong, input, &signature);
        assert_eq!(verified, Err(SignatureError::InvalidKey));
    }
}

#[test]
fn a_digest_is_signed_as_it_is() {
    use sha2::{Digest as _, Sha256};
    use sha3::Keccak256;

    let signer = Signer::new("signatures");
    let message = b"message";
    for (scheme, digest) in [
        (
            Scheme::EcdsaSha256,
            <[u8; 32]>::from(Sha256::digest(message)),
        ),
        (
            Scheme::EcdsaP256Sha256,
            <[u8; 32]>::from(Sha256::digest(message)),
        ),
        (
            Scheme::EcdsaKeccak256,
            <[u8; 32]>::from(Keccak256::digest(message)),
        ),
    ] {
        let signature = signer.sign(scheme, Input::Digest(digest)).unwrap();
        assert_eq!(signer.sign(scheme, Input::Message(message)), Ok(signature));
        let key = signer.key(scheme);
        let verified = verify(scheme, &key, Input::Message(message), &signature.to_bytes());
        assert_eq!(verified, Ok(()));
    }
    let by_digest = signer.sign(Scheme::Bip340, Input::Digest([7; 32]));
    assert_eq!(
        by_digest,
        signer.sign(Scheme::Bip340, Input::Message(&[7; 32]))
    );
}

#[test]
fn ed25519_refuses_digests() {
    let signer = Signer::new("signatures");
    let digest = Input::Digest([7; 32]);
    assert_eq!(
        signer.sign(Scheme::Ed25519, digest),
        Err(SignatureError::Unsupported)
    );
    let key = signer.key(Scheme::Ed25519);
    let verified = verify(Scheme::Ed25519, &key, digest, &[0; 64]);
    assert_eq!(verified, Err(SignatureError::Unsupported));
}

#[test]
fn a_scheme_of_another_curve_is_refused() {
    let signer = Signer::new("signatures");
    for scheme in Scheme::ALL.iter().copied() {
        let input = Input::Message(b"");
        for (curve, signed) in [
            (CurveId::Ed25519, sign(scheme, &signer.ed25519, input)),
            (CurveId::P256, sign(scheme, &signer.p256, input)),
            (CurveId::Secp256k1, sign(scheme, &signer.secp256k1, input)),
        ] {
            if curve == scheme.curve() {
                assert!(signed.is_ok(), "{scheme}");
            } else {
                assert_eq!(signed, Err(SignatureError::WrongCurve), "{scheme}");
            }
        }
    }
}

#[test]
fn zero_signs_nothing() {
    fn check<C: SealCurve>() {
        let zero = SecretScalar::<C>::new(C::Scalar::ZERO);
        for scheme in Scheme::ALL.iter().filter(|scheme| scheme.curve() == C::ID) {
            let signed = sign(*scheme, &zero, Input::Message(b""));
            assert_eq!(signed, Err(SignatureError::InvalidKey), "{scheme}");
        }
    }
    check::<Ed25519>();
    check::<P256>();
    check::<Secp256k1>();
}

/// q − s is what anyone can make of s.
fn with_the_other_s<C: Curve>(signature: [u8; 64]) -> [u8; 64] {
    let (_, s) = signature.split_at(32);
    let s = C::scalar_from_bytes(s.try_into().unwrap()).unwrap();
    let mut other = signature;
    other[32..].copy_from_slice(&C::scalar_to_bytes(&-s));
    other
}

/// P-256 has no rule of the lower s: others do not keep it.
#[test]
fn on_p256_either_s_is_made_and_accepted() {
    let signer = Signer::new("signatures");
    let scheme = Scheme::EcdsaP256Sha256;
    let mut high = 0;
    for message in 0..32_u8 {
        let input = Input::Message(&[message]);
        let made = signer.sign(scheme, input).unwrap().to_bytes();
        let other = with_the_other_s::<P256>(made);
        high += usize::from(made[32..] > other[32..]);
        assert_eq!(verify(scheme, &signer.key(scheme), input, &other), Ok(()));
    }
    assert!((1..32).contains(&high), "{high}");
}

/// On secp256k1 the higher one is never made and never accepted.
#[test]
fn a_high_s_is_refused() {
    let signer = Signer::new("signatures");
    for scheme in [Scheme::EcdsaKeccak256, Scheme::EcdsaSha256] {
        for message in 0..32_u8 {
            let input = Input::Message(&[message]);
            let low = signer.sign(scheme, input).unwrap().to_bytes();
            let high = with_the_other_s::<Secp256k1>(low);
            assert!(low[32..] < high[32..]);
            let key = signer.key(scheme);
            assert_eq!(verify(scheme, &key, input, &low), Ok(()));
            let verified = verify(scheme, &key, input, &high);
            assert_eq!(verified, Err(SignatureError::InvalidSignature));
        }
    }
}

/// With the recovery id, the key is found from digest and signature: the way Ethereum does it.
macro_rules! recovers {
    ($test:ident, $backend:ident, $scheme:expr) => {
        #[test]
        fn $test() {
            use $backend::ecdsa::{RecoveryId, Signature, VerifyingKey};

            let signer = Signer::new("signatures");
            let mut ids = std::collections::BTreeSet::new();
            for message in 0..32_u8 {
                let digest = [message; 32];
                let signed = signer.sign($scheme, Input::Digest(digest)).unwrap();
                let id = signed.recovery_id().expect("ECDSA has one");
                ids.insert(id);
                let recovered = VerifyingKey::recover_from_prehash(
                    &digest,
                    &Signature::from_slice(&signed.to_bytes()).unwrap(),
                    RecoveryId::from_byte(id).unwrap(),
                )
                .unwrap();
                let key = recovered.to_sec1_point(true);
                assert_eq!(key.as_bytes(), signer.key($scheme));
            }
            assert_eq!(ids, [0, 1].into());
        }
    };
}

recovers!(
    the_recovery_id_recovers_the_key,
    k256,
    Scheme::EcdsaKeccak256
);
recovers!(on_p256_it_does_too, p256, Scheme::EcdsaP256Sha256);

#[test]
fn ecdsa_alone_has_a_recovery_id() {
    let signer = Signer::new("signatures");
    for scheme in Scheme::ALL.iter().copied() {
        let signed = signer.sign(scheme, Input::Message(b"")).unwrap();
        assert_eq!(signed.recovery_id().is_some(), ECDSA.contains(&scheme));
    }
}

/// The same message under related keys: the nonce is not the same.
#[test]
fn ed25519_nonces_depend_on_key_and_message() {
    let mut rng = tki_testkit::rng("nonces");
    let keys: Vec<SecretScalar<Ed25519>> = (0..4).map(|_| SecretScalar::random(&mut rng)).collect();
    let mut nonces: Vec<[u8; 32]> = Vec::new();
    for key in &keys {
        for message in [&b""[..], b"a", b"b"] {
            let signature = sign(Scheme::Ed25519, key, Input::Message(message))
                .unwrap()
                .to_bytes();
            nonces.push(signature[..32].try_into().unwrap());
        }
    }
    nonces.sort_unstable();
    nonces.dedup();
    assert_eq!(nonces.len(), 12);
}

#[test]
fn schemes_have_names_and_curves() {
    for scheme in Scheme::ALL.iter().copied() {
        assert_eq!(Scheme::from_name(scheme.name()), Some(scheme));
        assert_eq!(scheme.to_string(), scheme.name());
    }
    let names: Vec<&str> = Scheme::ALL.iter().map(|scheme| scheme.name()).collect();
    assert_eq!(
        names,
        [
            "bip340",
            "ecdsa-keccak256",
            "ecdsa-p256-sha256",
            "ecdsa-sha256",
            "ed25519"
        ]
    );
    assert_eq!(Scheme::from_name("ecdsa"), None);
    assert!(
        SECP256K1
            .iter()
            .all(|scheme| scheme.curve() == CurveId::Secp256k1)
    );
    assert_eq!(Scheme::EcdsaP256Sha256.curve(), CurveId::P256);
    assert_eq!(Scheme::Ed25519.curve(), CurveId::Ed25519);
}
