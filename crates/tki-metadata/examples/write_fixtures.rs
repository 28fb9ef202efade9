//! Writes the stored-format fixtures of a version that is about to be released.
//!
//! `cargo run -p tki-metadata --example write_fixtures -- FOLDER`
//!
//! Refuses to overwrite anything: fixtures are added, never regenerated.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_core,
    reason = "run by hand, once per version of the format"
)]

use std::{fs, io::Write as _, path::Path};

use tki_metadata::DevicePackage;
use tki_seal::curve::CurveId;

#[path = "../tests/it/samples.rs"]
mod samples;
#[path = "../tests/it/text.rs"]
mod text;

fn main() {
    let folder = std::env::args().nth(1).expect("the folder to write to");
    let folder = Path::new(&folder);
    fs::create_dir_all(folder).expect("a folder");
    for curve in CurveId::ALL {
        let document = samples::document_on(*curve);
        let bytes = document.encode().expect("valid");
        write(
            folder,
            &format!("document-{curve}"),
            &bytes,
            &text::document(&document),
        );
    }
    let nested = samples::document_nested();
    let bytes = nested.encode().expect("valid");
    write(folder, "document-nested", &bytes, &text::document(&nested));
    write_sealed(folder);
    for (position, name) in ["device", "provider", "words"].iter().enumerate() {
        let mailbox = samples::mailbox(position);
        let bytes = mailbox.encode().expect("valid");
        write(
            folder,
            &format!("mailbox-{name}"),
            &bytes,
            &text::mailbox(&mailbox),
        );
    }
    let rotating = samples::mailbox_rotating();
    let bytes = rotating.encode().expect("valid");
    write(
        folder,
        "mailbox-rotating",
        &bytes,
        &text::mailbox(&rotating),
    );
    let notice = samples::notice();
    write(
        folder,
        "notice",
        &notice.encode().expect("valid"),
        &text::notice(&notice),
    );
    let bundle = samples::bundle();
    let bytes = bundle.encode().expect("valid");
    write(folder, "bundle", &bytes, &text::bundle(&bundle));
    write_package(folder, "package", &samples::package());
    write_package(folder, "package-changing", &samples::package_changing());
    write_package(folder, "package-creating", &samples::package_creating());
    write_package(folder, "package-renewing", &samples::package_renewing());
    write_package(folder, "package-structures", &samples::package_structures());
    write_package(folder, "package-rotating", &samples::package_rotating());
}

fn write_package(folder: &Path, name: &str, package: &DevicePackage) {
    write(
        folder,
        name,
        &package.encode().expect("valid"),
        &text::package(package),
    );
}

fn write_sealed(folder: &Path) {
    let document = samples::document();
    let (key, address) = (
        samples::document_key(),
        samples::account_secret().document_address(),
    );
    let sealed = document
        .seal(&key, &address, &mut samples::rng(20))
        .expect("valid");
    write(
        folder,
        "sealed-document",
        &sealed,
        &text::document(&document),
    );
    let key = hex::encode(key.expose_secret());
    let lines = format!("document_key = {key}\naddress = {address}\n");
    write_new(&folder.join("sealed-document.key"), lines.as_bytes());
}

fn write(folder: &Path, name: &str, bytes: &[u8], text: &str) {
    write_new(&folder.join(name).with_extension("bin"), bytes);
    write_new(&folder.join(name).with_extension("txt"), text.as_bytes());
}

fn write_new(path: &Path, bytes: &[u8]) {
    let mut file = fs::File::create_new(path).expect("a file that is not there yet");
    file.write_all(bytes).expect("room");
}
