//! Keys from passphrases, and the bounds on what a file may ask for.

use tki_seal::password::{Argon2Params, PasswordError, derive};

#[test]
fn keys_depend_on_everything() {
    let params = Argon2Params::insecure_for_tests();
    let more = Argon2Params::new(16, 1, 1).unwrap();
    let key = derive(b"passphrase", &[1; 32], params).unwrap();
    assert_eq!(key, derive(b"passphrase", &[1; 32], params).unwrap());
    assert_ne!(key, derive(b"Passphrase", &[1; 32], params).unwrap());
    assert_ne!(key, derive(b"passphrase", &[2; 32], params).unwrap());
    assert_ne!(key, derive(b"passphrase", &[1; 32], more).unwrap());
    assert_ne!(key, derive(b"", &[1; 32], params).unwrap());
}

#[test]
fn parameters_survive_their_encoding() {
    for params in [
        Argon2Params::DEFAULT,
        Argon2Params::insecure_for_tests(),
        Argon2Params::new(1024 * 1024, 64, 16).unwrap(),
    ] {
        assert_eq!(Argon2Params::from_bytes(&params.to_bytes()), Ok(params));
        let again = Argon2Params::new(
            params.memory_kib(),
            params.iterations(),
            params.parallelism(),
        );
        assert_eq!(again, Ok(params));
    }
    assert_eq!(
        Argon2Params::new(0x0102, 3, 4).unwrap().to_bytes(),
        [2, 1, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0]
    );
}

#[test]
fn parameters_out_of_bounds_are_refused() {
    for (memory_kib, iterations, parallelism) in [
        (0, 1, 1),
        (7, 1, 1),
        (15, 1, 2),
        (127, 1, 16),
        (1024 * 1024 + 1, 1, 1),
        (u32::MAX, 1, 1),
        (8, 0, 1),
        (8, 65, 1),
        (8, u32::MAX, 1),
        (8, 1, 0),
        (1024, 1, 17),
        (1024, 1, u32::MAX),
    ] {
        let refused = Argon2Params::new(memory_kib, iterations, parallelism);
        assert_eq!(refused, Err(PasswordError::ParametersOutOfBounds));
        let numbers = [memory_kib, iterations, parallelism].map(u32::to_le_bytes);
        let bytes = numbers.concat().try_into().unwrap();
        assert_eq!(
            Argon2Params::from_bytes(&bytes),
            Err(PasswordError::ParametersOutOfBounds)
        );
    }
}
