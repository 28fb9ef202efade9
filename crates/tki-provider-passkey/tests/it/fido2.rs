//! The programs of libfido2, against one that speaks as they do: no security key is needed, and none
//! was ever at hand.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tki_provider_passkey::{Error, Fido2Tools, Passkey, PrfAuthenticator as _};

/// A folder with the three programs and their key.
struct Key(TempDir);

const DEVICE: &str = "/dev/hidraw5: vendor=0x1050, product=0x0407 (Yubico YubiKey OTP+FIDO+CCID)\n";
const ABOUT: &str = "proto: 0x02\nmajor: 0x05\nversion strings: U2F_V2, FIDO_2_0\n\
    extension strings: credProtect, hmac-secret\n\
    options: rk, up, noplat, clientPin, credMgmt\npin protocols: 1\n";

impl Key {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fido2_stand_in.sh");
        for name in ["fido2-token", "fido2-cred", "fido2-assert"] {
            symlink(&script, folder.path().join(name)).unwrap();
        }
        let key = Self(folder);
        key.set("devices", DEVICE);
        key.set("about", ABOUT);
        key.set("credentials", "");
        key.set("behaves", "");
        key.set("asked", "");
        key
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn set(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn get(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn tools(&self) -> Fido2Tools {
        Fido2Tools::new(None).with_programs_in(self.0.path())
    }

    async fn make(&self) -> Result<Passkey, Error> {
        let mut rng = tki_testkit::rng("fido2");
        Passkey::make(&self.tools(), "Schlüssel am Bund", &mut rng).await
    }
}

#[tokio::test]
async fn a_key_makes_lists_and_evaluates() {
    let key = Key::new();
    assert!(key.tools().credentials().await.unwrap().is_empty());
    let made = key.make().await.unwrap();
    let other = key.make().await.unwrap();

    let found = Passkey::find(&key.tools(), &made.credential).await.unwrap();
    assert!(found.seed.ct_eq(&made.seed) && !found.seed.ct_eq(&other.seed));
    let all = Passkey::all(&key.tools()).await.unwrap();
    let ids: Vec<_> = all.iter().map(|passkey| &passkey.credential).collect();
    assert_eq!(ids, [&made.credential, &other.credential]);
    assert!(all[1].seed.ct_eq(&other.seed));

    let asked = key.get("asked");
    let asked: Vec<_> = asked.lines().skip(2).take(5).collect();
    let expected = [
        "fido2-token -L",
        "fido2-token -I /dev/hidraw5",
        "fido2-cred -M -h -r -v /dev/hidraw5",
        "fido2-token -L",
        "fido2-assert -G -h -v /dev/hidraw5",
    ];
    assert_eq!(asked, expected);
}

#[tokio::test]
async fn a_key_without_the_extension_makes_nothing() {
    let without = [
        ABOUT.replace(", hmac-secret", ""),
        ABOUT.replace("hmac-secret", "hmac-secret-mc"),
        ABOUT.replace("options: rk", "options: nork"),
        "proto: 0x02\nmajor: 0x01\ncaps: 0x01 (wink, nocbor, msg)\n".to_owned(),
    ];
    for about in without {
        let key = Key::new();
        key.set("about", &about);
        assert!(matches!(key.make().await, Err(Error::NoPrf)), "{about}");
        assert_eq!(key.get("credentials"), "");
        assert!(!key.get("asked").contains("fido2-cred"));
    }
}

#[tokio::test]
async fn a_key_without_a_pin_makes_nothing() {
    let key = Key::new();
    key.set("about", &ABOUT.replace("clientPin", "noclientPin"));
    assert!(matches!(key.make().await, Err(Error::PinNotSet)));
    assert_eq!(key.get("credentials"), "");
    key.set("about", &ABOUT.replace("clientPin", "noclientPin, uv"));
    key.make().await.unwrap();
}

#[tokio::test]
async fn a_deleted_credential_is_named() {
    let key = Key::new();
    let made = key.make().await.unwrap();
    key.set("credentials", "");
    let error = Passkey::find(&key.tools(), &made.credential).await;
    assert!(matches!(error, Err(Error::Deleted { credential }) if credential == made.credential));
    assert!(Passkey::all(&key.tools()).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_device_is_the_one_named_or_the_only_one() {
    let key = Key::new();
    let second = DEVICE.replace("hidraw5", "hidraw7");
    key.set("devices", &format!("{DEVICE}{second}"));
    assert!(matches!(key.make().await, Err(Error::Several)));
    let mut rng = tki_testkit::rng("named device");
    let tools = |device| Fido2Tools::new(Some(device)).with_programs_in(key.0.path());
    let named = tools("/dev/hidraw7");
    Passkey::make(&named, "second", &mut rng).await.unwrap();
    assert!(
        key.get("asked")
            .contains("fido2-cred -M -h -r -v /dev/hidraw7")
    );

    for wrong in ["-d", "", "/dev/hidraw9", "/dev\0"] {
        let error = tools(wrong).credentials().await;
        assert!(matches!(error, Err(Error::NoAuthenticator)), "{wrong}");
    }
    key.set("devices", "");
    assert!(matches!(key.make().await, Err(Error::NoAuthenticator)));
    // Where paths have colons.
    key.set(
        "devices",
        &DEVICE.replace("/dev/hidraw5", "ioreg://4295025138"),
    );
    key.make().await.unwrap();
}

#[tokio::test]
async fn missing_programs_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let tools = Fido2Tools::new(None).with_programs_in(folder.path());
    let error = tools.credentials().await.unwrap_err();
    assert!(matches!(error, Error::NoTools) && error.to_string().contains("fido2-tools"));
}

#[tokio::test]
async fn complaints_are_understood() {
    type Check = fn(&Error) -> bool;
    let cases: [(&str, Check); 12] = [
        ("PIN_INVALID", |error| matches!(error, Error::WrongPin)),
        ("PIN_AUTH_BLOCKED", |error| {
            matches!(error, Error::PinBlocked)
        }),
        ("PIN_BLOCKED", |error| matches!(error, Error::PinBlocked)),
        ("PIN_NOT_SET", |error| matches!(error, Error::PinNotSet)),
        ("PIN_REQUIRED", |error| matches!(error, Error::PinNeeded)),
        ("KEY_STORE_FULL", |error| matches!(error, Error::Full)),
        ("CHANNEL_BUSY", |error| matches!(error, Error::Busy)),
        ("UNSUPPORTED_EXTENSION", |error| {
            matches!(error, Error::NoPrf)
        }),
        ("OPERATION_DENIED", |error| matches!(error, Error::Refused)),
        ("ACTION_TIMEOUT", |error| matches!(error, Error::Refused)),
        ("TX", |error| matches!(error, Error::NoAuthenticator)),
        ("SOMETHING_NEW", |error| matches!(error, Error::Protocol)),
    ];
    for (name, expected) in cases {
        let key = Key::new();
        key.set("behaves", &format!("FIDO_ERR_{name}"));
        let error = key.make().await.unwrap_err();
        assert!(expected(&error), "{name}: {error:?}");
        assert_eq!(key.get("credentials"), "");
    }
}

#[tokio::test]
async fn answers_that_make_no_sense_are_refused() {
    let key = Key::new();
    let made = key.make().await.unwrap();
    let wrong = [
        "unverified",
        "untouched",
        "other-party",
        "other-question",
        "short-output",
        "long-output",
        "more-output",
        "garbage",
        "endless",
        "nothing",
    ];
    for behaves in wrong {
        key.set("behaves", behaves);
        let named = Fido2Tools::new(Some("/dev/hidraw5")).with_programs_in(key.0.path());
        let error = Passkey::find(&named, &made.credential).await.unwrap_err();
        assert!(matches!(error, Error::Protocol), "{behaves}: {error:?}");
    }
    for behaves in ["without-output", "no-output"] {
        key.set("behaves", behaves);
        let error = Passkey::find(&key.tools(), &made.credential).await;
        assert!(matches!(error, Err(Error::NoPrf)), "{behaves}");
    }
    for behaves in ["unverified", "other-party", "garbage", "endless", "nothing"] {
        key.set("behaves", behaves);
        let error = key.make().await.unwrap_err();
        let expected = matches!(error, Error::Protocol | Error::NoAuthenticator);
        assert!(expected, "{behaves}: {error:?}");
    }
}

#[tokio::test]
async fn lists_that_make_no_sense_are_refused() {
    let key = Key::new();
    for wrong in ["", "not base64!", "=", "AAA"] {
        key.set("credentials", &format!("{wrong}\n"));
        let error = key.tools().credentials().await.unwrap_err();
        assert!(matches!(error, Error::Protocol), "{wrong}: {error:?}");
    }
}

#[tokio::test]
async fn a_name_is_one_line_of_what_is_asked() {
    let key = Key::new();
    let mut rng = tki_testkit::rng("names");
    for wrong in ["a\nb", &"x".repeat(65)] {
        let error = key.tools().make_credential(wrong, &mut rng).await;
        assert!(matches!(error, Err(Error::Label)));
    }
    assert_eq!(key.get("asked"), "");
    key.tools().make_credential("", &mut rng).await.unwrap();
}
