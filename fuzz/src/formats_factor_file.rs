//! Files of factors: texts of strangers, and any content in undamaged armour.

use tki_formats::armour;
use tki_formats::factor_file::{FactorFile, FactorFileError, FactorSeed, KIND};
use tki_seal::password::Argon2Params;

use crate::Target;
use crate::inputs::rng;
use crate::memory::bounded;

pub(crate) const FACTOR_FILE: Target = Target {
    name: "formats_factor_file",
    run: read_files,
    seeds,
};

fn read_files(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        check(text);
    }
    let armoured = armour::encode(KIND, data);
    if armoured.len() <= armour::MAX_TEXT {
        check(&armoured);
    }
}

fn check(text: &str) {
    let Ok(file) = bounded(text.len(), || FactorFile::decode(text)) else {
        return;
    };
    if file.is_sealed() {
        // Deriving a key costs what the file asks for: without a passphrase nothing is derived.
        let error = file.open(None).err();
        assert_eq!(error, Some(FactorFileError::MissingPassphrase));
        return;
    }
    let seed = FactorFile::open(file, None).expect("in the clear");
    let content = armour::decode(text).expect("it was read").content;
    let again = armour::decode(&seed.encode())
        .expect("our own file")
        .content;
    assert_eq!(content, again);
}

fn seeds() -> Vec<Vec<u8>> {
    let seed = FactorSeed::new(&[7; 32], 3);
    let params = Argon2Params::insecure_for_tests();
    let sealed = seed.encode_sealed(b"passphrase", params, &mut rng(9));
    let texts = [seed.encode(), sealed.expect("a file")];
    let contents = texts.each_ref().map(|text| {
        let armoured = armour::decode(text).expect("our own file");
        armoured.content.to_vec()
    });
    let texts = texts.map(|text| text.as_bytes().to_vec());
    texts.into_iter().chain(contents).collect()
}
