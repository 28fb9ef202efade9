//! What a device remembers of how its account stands.

use tki_math::Identifier;
use tki_metadata::{Extensions, FactorStanding, KnownWriter, Standing};
use tki_record::Address;
use tki_seal::bip340::PublicKey;

use crate::Target;
use crate::inputs::array;
use crate::memory::bounded_stored;

pub(crate) const STANDING: Target = Target {
    name: "metadata_standing",
    run: standing,
    seeds,
};

fn standing(data: &[u8]) {
    let Ok(mut standing) = bounded_stored(data.len(), || Standing::decode(data)) else {
        return;
    };
    assert_eq!(standing.encode().as_deref(), Ok(data));
    // Each factor and each record is found under its name, and what is set again stays.
    for factor in standing.factors.clone() {
        assert_eq!(standing.of(factor.identifier), factor);
        standing.set(factor);
    }
    for writer in &standing.writers {
        assert_eq!(standing.writer(&writer.address), Some(writer));
    }
    assert_eq!(standing.encode().as_deref(), Ok(data));
    let elsewhere = Address::from_bytes(array(data));
    let known = standing.writer(&elsewhere);
    assert!(known.is_none_or(|writer| writer.address == elsewhere));
}

fn seeds() -> Vec<Vec<u8>> {
    let mut whole = Standing::default();
    for number in 1..=3 {
        let identifier = Identifier::new(number).expect("not zero");
        whole.set(FactorStanding {
            used: Some(1),
            drilled: None,
            lost: Some(2),
            ..FactorStanding::new(identifier)
        });
    }
    whole.writers = vec![KnownWriter {
        address: Address::from_bytes([9; 32]),
        version: 4,
        next: PublicKey::from_bytes([8; 32]),
    }];
    let mut extensions = Extensions::new();
    extensions.insert(3, vec![1]);
    whole.extensions = extensions;
    let all = [whole, Standing::default()];
    all.map(|standing| standing.encode().expect("a standing"))
        .into()
}
