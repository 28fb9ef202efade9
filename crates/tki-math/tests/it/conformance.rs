//! Each test curve passes the suite.

use tki_math::conformance;

use crate::{
    curves::{Ed25519, P256, Secp256k1},
    random::rng,
};

/// One test per check and curve, so that a failure has the check's name.
macro_rules! curve_passes {
    ($module:ident, $curve:ty, [$($check:ident),* $(,)?]) => {
        mod $module {
            use super::*;

            $(
                #[test]
                fn $check() {
                    conformance::$check::<$curve>(&mut rng(stringify!($check)));
                }
            )*

            #[test]
            fn check_identifiers() {
                conformance::check_identifiers::<$curve>();
            }
        }
    };
    ($($module:ident: $curve:ty),* $(,)?) => {
        $(
            curve_passes!($module, $curve, [
                check_commitment_encoding,
                check_epochs_do_not_mix,
                check_evaluation,
                check_every_quorum,
                check_further_holder,
                check_limbs,
                check_mul_by_generator,
                check_multi_scalar_mul,
                check_point_encoding,
                check_pegs,
                check_redistribution,
                check_refresh,
                check_refused_identifiers,
                check_repair,
                check_scalar_encoding,
                check_structure_refresh,
                check_structures,
                check_wrong_share_is_named,
            ]);
        )*
    };
}

curve_passes!(ed25519: Ed25519, p256: P256, secp256k1: Secp256k1);
