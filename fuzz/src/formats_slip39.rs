//! Shares of SLIP-0039: texts of strangers, and what is written of any bytes.

use tki_formats::slip39::{self, Slip39Error, WordShare};
use tki_formats::words::{self, WordsError};
use tki_formats::{PrivateKey, PrivateKeyError};
use tki_seal::curve::CurveId;

use crate::Target;
use crate::inputs::rng;
use crate::memory::bounded;

pub(crate) const SLIP39: Target = Target {
    name: "formats_slip39",
    run: read_shares,
    seeds,
};

/// Any bytes as lines of words, and as a secret.
fn read_shares(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut shares = Vec::new();
    for line in text.lines().take(4) {
        match bounded(line.len(), || WordShare::decode(line)) {
            Ok(share) => {
                let again = WordShare::decode(&share.encode()).expect("our own words");
                assert_eq!(*again.encode(), *share.encode());
                assert!(share.number() <= 16 && share.threshold() <= 16);
                // Words of one standard are never those of the other.
                assert!(words::decode(line).is_err());
                shares.push(share);
            }
            Err(Slip39Error::UnknownWord { position, near }) => {
                assert!(position >= 1 && near.len() <= 5);
                for word in near {
                    let alone = WordShare::decode(word).err();
                    assert_eq!(alone, Some(Slip39Error::WrongCount { found: 1 }));
                }
            }
            Err(Slip39Error::Bip39) => {
                assert!(!slip39::is_like(line));
                assert_ne!(words::decode(line).err(), Some(WordsError::Slip39));
            }
            Err(_) => {}
        }
    }
    // What opens is of the length that the words have; no passphrase is wrong.
    if let Ok(secret) = slip39::open(&shares, "") {
        assert!((16..=64).contains(&secret.len()));
        check_keys(&secret);
    }
    // Looking for words in the list is what an input costs, so long ones are read only once.
    if data.len() > 64 {
        return;
    }
    let count = data.first().map_or(3, |byte| byte % 18);
    match slip39::split(data, "", 2, count, &mut rng(7)) {
        Ok(made) => {
            assert_eq!(made.len(), usize::from(count));
            check_keys(data);
            let last = &made[made.len() - 2..];
            assert_eq!(*slip39::open(last, "").expect("our own shares"), data);
        }
        Err(Slip39Error::Sharing) => assert!(!(2..=16).contains(&count)),
        Err(error) => {
            assert_eq!(error, Slip39Error::SecretLength);
            assert!(data.len() < 16 || data.len() % 2 == 1);
        }
    }
}

/// A key that a secret is gives the secret again.
fn check_keys(secret: &[u8]) {
    for curve in CurveId::ALL.iter().copied() {
        match PrivateKey::from_slip39(curve, secret, None) {
            Ok(key) => assert_eq!(
                key.to_slip39().expect("its seed is known").as_slice(),
                secret
            ),
            Err(PrivateKeyError::Slip39Length) => assert_ne!(secret.len(), 32),
            Err(error) => assert_eq!(error, PrivateKeyError::OutOfRange),
        }
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let mut rng = rng(8);
    let made = slip39::split(&[7; 32], "", 2, 3, &mut rng).expect("a sharing");
    let texts: Vec<String> = made
        .iter()
        .map(|share| share.encode().to_string())
        .collect();
    let single = slip39::split(&[7; 16], "", 1, 1, &mut rng).expect("a sharing");
    vec![
        texts.join("\n").into_bytes(),
        texts[0].to_uppercase().into_bytes(),
        single[0].encode().as_bytes().to_vec(),
        words::encode(&[7; 32]).as_bytes().to_vec(),
        vec![3; 32],
    ]
}
