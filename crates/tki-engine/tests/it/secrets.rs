//! Nothing secret is in any text that people or logs get to see.

use tki_device::DeviceStore as _;
use tki_engine::{Factor, OfflineCopies};
use tki_metadata::{DevicePackage, Mailbox};
use tki_storage::{MemoryStorage, Storage as _};
use tki_testkit::rng;

use crate::support::{Person, login, open, read};

/// Every form in which bytes show up in a text.
fn forms(secret: &[u8]) -> [String; 3] {
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let upper = hex.to_uppercase();
    let listed: Vec<String> = secret.iter().take(8).map(u8::to_string).collect();
    [hex, upper, listed.join(", ")]
}

#[tokio::test]
async fn no_error_and_no_debug_form_shows_a_secret() {
    let mut rng = rng("canaries");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let other = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let login = login(&person.provider).await;
    let package = DevicePackage::decode(&person.store.load().unwrap().unwrap()).unwrap();
    let address = person.words.address(0);
    let record = storage.get(&address).await.unwrap().unwrap();
    let context = Mailbox::context(&address);
    let plain = person
        .words
        .open_sealed(&context, record.body())
        .await
        .unwrap();
    let mailbox = Mailbox::decode(&plain).unwrap();
    let mut texts = vec![
        format!("{package:?}"),
        format!("{mailbox:?}"),
        format!("{record:?}"),
    ];
    for factors in [
        vec![&person.words as &dyn Factor],
        vec![&person.words, &other.words],
        vec![&login, &other.words],
    ] {
        let error = open(&storage, &factors).await.err().unwrap();
        texts.extend([format!("{error:?}"), tki_engine::with_causes(&error)]);
    }
    let wrong = other
        .words
        .open_sealed(&context, record.body())
        .await
        .err()
        .unwrap();
    texts.extend([format!("{wrong:?}"), wrong.to_string()]);
    let account = read(&storage, &[&person.words]).await.unwrap();
    texts.push(format!("{:?}", account.core()));
    let secrets: [&[u8]; 6] = [
        package.opening_seed.expose_secret(),
        person.words.expose_seed().expose_secret(),
        mailbox.keys[0].shares[0].1.as_ref(),
        mailbox.account_secret.expose_secret(),
        mailbox.control_salt.expose_secret(),
        mailbox.document_key.expose_secret(),
    ];
    for secret in secrets {
        for form in forms(secret) {
            for text in &texts {
                assert!(!text.contains(&form), "a secret is in {text}");
            }
        }
    }
    // The search finds what is there.
    let shown = forms(account.verifying_key());
    assert!(
        texts
            .iter()
            .any(|text| shown.iter().any(|form| text.contains(form)))
    );
}
