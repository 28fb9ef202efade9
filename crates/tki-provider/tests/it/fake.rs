//! The fake does what its script says, and otherwise what a provider does.

use tki_provider::fake::{Call, FakeProvider, Outcome};
use tki_provider::{Anchor as _, Error, Evaluator as _, ServiceProvider as _, Takeover};

use crate::document;

#[tokio::test]
async fn outcomes_come_in_the_order_of_the_script() {
    let fake = FakeProvider::new([1; 32]);
    fake.script(Call::PublicKey, [Outcome::Unavailable, Outcome::Denied]);
    fake.script(
        Call::PublicKey,
        [
            Outcome::RateLimited { after_seconds: 7 },
            Outcome::LostAnswer,
            Outcome::Answer,
        ],
    );
    assert!(matches!(fake.public_key().await, Err(Error::Unavailable)));
    // Another kind of call has another script.
    assert!(fake.evaluate("opening").await.is_ok());
    assert!(matches!(fake.public_key().await, Err(Error::Denied)));
    let limited = fake.public_key().await;
    assert!(matches!(
        limited,
        Err(Error::RateLimited { after_seconds: 7 })
    ));
    assert!(matches!(fake.public_key().await, Err(Error::Unavailable)));
    assert!(fake.public_key().await.is_ok());
    assert!(fake.public_key().await.is_ok());
    assert_eq!(fake.count(Call::PublicKey), 6);
    assert_eq!(fake.count(Call::Evaluate), 1);
    assert_eq!(fake.count(Call::Sign), 0);
}

#[tokio::test]
async fn an_outage_lasts_until_it_ends() {
    let fake = FakeProvider::new([1; 32]);
    fake.always_all(Outcome::Unavailable);
    fake.script(Call::Sign, [Outcome::Answer]);
    assert!(fake.sign(&[0; 32]).await.is_ok());
    for _ in 0..3 {
        assert!(matches!(fake.sign(&[0; 32]).await, Err(Error::Unavailable)));
        assert!(matches!(fake.read(0).await, Err(Error::Unavailable)));
    }
    fake.always_all(Outcome::Answer);
    assert!(fake.sign(&[0; 32]).await.is_ok());
}

#[tokio::test]
async fn a_lost_answer_was_given_all_the_same() {
    let (fake, mut rng) = (FakeProvider::new([1; 32]), tki_testkit::rng("lost answer"));
    let (record, _) = document(&mut rng);
    fake.script(Call::Reserve, [Outcome::LostAnswer]);
    let lost = fake.reserve(0, record.claim(), Takeover::Refuse).await;
    assert!(matches!(lost, Err(Error::Unavailable)));
    assert!(fake.read(0).await.unwrap().is_some());

    fake.script(Call::Advance, [Outcome::Unavailable]);
    assert!(matches!(
        fake.advance(0, record.header()).await,
        Err(Error::Unavailable)
    ));
    assert!(fake.read(0).await.unwrap().unwrap().header.is_none());

    // What would have been refused is lost too.
    let (other, _) = document(&mut rng);
    fake.script(Call::Reserve, [Outcome::LostAnswer]);
    let lost = fake.reserve(0, other.claim(), Takeover::Refuse).await;
    assert!(matches!(lost, Err(Error::Unavailable)));
}

#[tokio::test]
async fn clones_are_one_login() {
    let (fake, mut rng) = (FakeProvider::new([1; 32]), tki_testkit::rng("clones"));
    let (record, _) = document(&mut rng);
    let other = fake.clone();
    fake.reserve(0, record.claim(), Takeover::Refuse)
        .await
        .unwrap();
    assert!(other.read(0).await.unwrap().is_some());
    assert_eq!(fake.count(Call::Read), 1);
    other.forget_anchors();
    assert!(fake.read(0).await.unwrap().is_none());
}
