//! The suite that every device store passes, as functions that panic where it does not.
//!
//! An implementation describes where it keeps a package as a [`Place`] and calls [`check_all`] from
//! a test, with a generator whose seed the test prints. Each check takes one sentence of
//! [`DeviceStore`]'s documentation.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a check fails by panicking, which is said once, above"
)]

use alloc::boxed::Box;
use core::sync::atomic::{AtomicBool, Ordering};

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::store::{DeviceStore, MAX_PACKAGE};

/// Where one device would keep its package; nothing is there at first.
pub trait Place: Sync {
    /// Opens the store, as every process does that starts.
    fn open(&self) -> Box<dyn DeviceStore>;

    /// The bytes that are kept there; `None` where no other process could see them, or if there are
    /// none.
    fn bytes(&self) -> Option<Vec<u8>>;

    /// Replaces the bytes that are kept there.
    fn set_bytes(&self, bytes: &[u8]);
}

/// Every check of this module, each in a new place.
pub fn check_all<P: Place>(new_place: impl Fn() -> P, rng: &mut (impl CryptoRng + Send)) {
    check_absence(&new_place());
    check_save_and_load(&new_place(), rng);
    check_overwrite(&new_place(), rng);
    check_handles(&new_place(), rng);
    check_atomicity(&new_place(), rng);
    check_remove(&new_place(), rng);
    check_size(&new_place(), rng);
    check_damage(&new_place(), rng);
}

/// Where nothing was saved nothing is found, and removing it is no error.
pub fn check_absence(place: &impl Place) {
    let store = place.open();
    assert_absent(&*store);
    store.remove().expect("removing what is absent");
    assert_absent(&*store);
    assert_absent(&*place.open());
}

/// What was saved is loaded, whatever its length, and by the next process too.
pub fn check_save_and_load(place: &impl Place, rng: &mut impl CryptoRng) {
    let store = place.open();
    for length in [0, 1, 31, 32, 33, 1000, 100_000] {
        let package = random(length, rng);
        store.save(&package, rng).expect("saving");
        assert_holds(&*store, &package);
        assert_holds(&*place.open(), &package);
    }
}

/// A save replaces the whole of what was there, also when another process made it.
pub fn check_overwrite(place: &impl Place, rng: &mut impl CryptoRng) {
    for length in [2000, 20, 300] {
        let package = random(length, rng);
        place.open().save(&package, rng).expect("overwriting");
        assert_holds(&*place.open(), &package);
    }
}

/// Two stores opened at one place are one store.
pub fn check_handles(place: &impl Place, rng: &mut impl CryptoRng) {
    let (one, other) = (place.open(), place.open());
    for (writer, reader) in [(&one, &other), (&other, &one), (&one, &other)] {
        let package = random(500, rng);
        writer.save(&package, rng).expect("saving");
        assert_holds(&**reader, &package);
    }
    other.remove().expect("removing");
    assert_absent(&*one);
    // Made anew by the one, for the other is nothing that it remembers.
    let package = random(500, rng);
    other.save(&package, rng).expect("saving anew");
    assert_holds(&*one, &package);
}

/// Whoever loads while another saves gets the old package or the new one.
pub fn check_atomicity(place: &impl Place, rng: &mut (impl CryptoRng + Send)) {
    let packages = [random(10_000, rng), random(200, rng)];
    let [first, _] = &packages;
    place.open().save(first, rng).expect("saving");

    let done = AtomicBool::new(false);
    let (reader, writer) = (place.open(), place.open());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for package in packages.iter().cycle().take(40) {
                writer
                    .save(package, rng)
                    .expect("saving while another loads");
            }
            done.store(true, Ordering::Release);
        });
        while !done.load(Ordering::Acquire) {
            let found = reader
                .load()
                .expect("loading while another saves")
                .expect("a package");
            assert!(
                packages.contains(&found),
                "neither the old package nor the new one"
            );
        }
    });
}

/// What is removed is absent, for every process, until something is saved again.
pub fn check_remove(place: &impl Place, rng: &mut impl CryptoRng) {
    let store = place.open();
    for _ in 0..2 {
        let package = random(100, rng);
        store.save(&package, rng).expect("saving");
        assert_holds(&*store, &package);
        store.remove().expect("removing");
        assert_absent(&*store);
        assert_absent(&*place.open());
        assert!(place.bytes().is_none(), "what was removed is still there");
    }
}

/// The largest package is kept; a larger one is refused and changes nothing.
pub fn check_size(place: &impl Place, rng: &mut impl CryptoRng) {
    let store = place.open();
    let largest = random(MAX_PACKAGE, rng);
    store
        .save(&largest, rng)
        .expect("saving the largest package");
    let larger = Zeroizing::new(vec![0; MAX_PACKAGE + 1]);
    assert!(
        matches!(store.save(&larger, rng), Err(Error::TooLarge)),
        "too large, and saved"
    );
    assert_holds(&*place.open(), &largest);
}

/// Damaged bytes are an error, never another package and never absence; a save does not replace
/// them, and a removal does remove them.
pub fn check_damage(place: &impl Place, rng: &mut impl CryptoRng) {
    let package = random(40, rng);
    place.open().save(&package, rng).expect("saving");
    // A store that keeps no bytes has none to damage.
    let Some(bytes) = place.bytes() else { return };
    // Opened before the damage, so that what it remembers is damaged under its feet.
    let opened = place.open();
    assert_holds(&*opened, &package);

    let truncated = (0..bytes.len()).filter_map(|length| bytes.get(..length).map(<[u8]>::to_vec));
    let flipped = (0..bytes.len()).map(|at| {
        let mut damaged = bytes.clone();
        if let Some(byte) = damaged.get_mut(at) {
            *byte ^= 1 << (rng.next_u32() % 8);
        }
        damaged
    });
    let longer = [0, 1, 0xff].map(|last| [bytes.as_slice(), &[last]].concat());
    let damaged: Vec<Vec<u8>> = truncated.chain(flipped).chain(longer).collect();
    for damaged in damaged {
        place.set_bytes(&damaged);
        for store in [&opened, &place.open()] {
            assert!(store.load().is_err(), "damaged, and loaded: {damaged:?}");
            assert!(
                store.save(b"other", rng).is_err(),
                "damaged, and replaced: {damaged:?}"
            );
        }
        assert_eq!(
            place.bytes().as_ref(),
            Some(&damaged),
            "a refused save changed something"
        );
    }

    // The same bytes, undamaged, are the same package.
    place.set_bytes(&bytes);
    assert_holds(&*opened, &package);
    assert_holds(&*place.open(), &package);

    place.set_bytes(b"no package at all");
    place.open().remove().expect("removing what is damaged");
    assert_absent(&*place.open());
}

fn assert_holds(store: &dyn DeviceStore, package: &[u8]) {
    let found = store.load().expect("loading").expect("a package");
    assert!(*found == *package, "another package than what was saved");
}

fn assert_absent(store: &dyn DeviceStore) {
    let found = store.load().expect("loading what is absent");
    assert!(found.is_none(), "a package where there is none");
}

fn random(length: usize, rng: &mut impl CryptoRng) -> Zeroizing<Vec<u8>> {
    let mut package = Zeroizing::new(vec![0; length]);
    rng.fill_bytes(&mut package);
    package
}
