//! The random streams of tests.

use rand_core::Rng;

#[test]
fn a_name_gives_one_stream_and_two_names_two() {
    let next = |name| tki_testkit::rng(name).next_u64();
    assert_eq!(next("one"), next("one"));
    assert_ne!(next("one"), next("two"));
    assert_ne!(next(""), next("one"));
}
