//! Looking for secrets in bytes, in every form in which one could have been left there.

use alloc::collections::{BTreeMap, BTreeSet};

use rand_core::Rng as _;

/// What is looked for, all at once.
pub(crate) struct Needles {
    /// By its first two bytes.
    patterns: BTreeMap<[u8; 2], Vec<(String, Vec<u8>)>>,
    begins: Vec<bool>,
    /// Words of sheets, in their order.
    phrases: Vec<(String, Vec<String>)>,
}

impl Needles {
    pub(crate) fn new() -> Self {
        Self {
            patterns: BTreeMap::new(),
            begins: vec![false; 1 << 16],
            phrases: Vec::new(),
        }
    }

    /// 32 bytes: as they are and in the other byte order, of which either half is enough; as
    /// hexadecimal digits; in base64, wherever they begin in it.
    pub(crate) fn secret(&mut self, name: &str, secret: &[u8; 32]) {
        let mut reversed = *secret;
        reversed.reverse();
        for bytes in [secret, &reversed] {
            let (first, second) = bytes.split_at(16);
            self.bytes(name, first);
            self.bytes(name, second);
        }
        let digits: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        self.bytes(name, digits.as_bytes());
        self.bytes(name, digits.to_uppercase().as_bytes());
        for before in 0..3 {
            // What stands beside it changes the characters at its ends.
            let text = base64(&[&vec![0; before], secret.as_slice()].concat());
            let inside = &text[before * 2..text.len() - 4];
            self.bytes(name, inside.as_bytes());
            let other = inside.replace('+', "-").replace('/', "_");
            self.bytes(name, other.as_bytes());
        }
    }

    /// These bytes, as they are.
    pub(crate) fn bytes(&mut self, name: &str, pattern: &[u8]) {
        let start = [pattern[0], pattern[1]];
        self.begins[usize::from(u16::from_le_bytes(start))] = true;
        let patterns = self.patterns.entry(start).or_default();
        patterns.push((name.to_owned(), pattern.to_vec()));
    }

    /// Any four neighbours of these words, whatever stands between them.
    pub(crate) fn phrase(&mut self, name: &str, words: &[String]) {
        self.phrases.push((name.to_owned(), words.to_vec()));
    }

    /// The names of all that is there.
    pub(crate) fn found_in(&self, bytes: &[u8]) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        for (at, start) in bytes.windows(2).enumerate() {
            let start = [start[0], start[1]];
            if !self.begins[usize::from(u16::from_le_bytes(start))] {
                continue;
            }
            for (name, pattern) in &self.patterns[&start] {
                if bytes[at..].starts_with(pattern) {
                    found.insert(name.as_str());
                }
            }
        }
        found
    }

    /// The names of all phrases that are in a text.
    pub(crate) fn phrases_in(&self, bytes: &[u8]) -> BTreeSet<&str> {
        let text = String::from_utf8_lossy(bytes);
        let words: Vec<&str> = text
            .split(|c: char| !c.is_ascii_lowercase())
            .filter(|word| !word.is_empty())
            .collect();
        let there: BTreeSet<&[&str]> = words.windows(4).collect();
        let is_there = |phrase: &[String]| {
            phrase.windows(4).any(|part| {
                let part: Vec<&str> = part.iter().map(String::as_str).collect();
                there.contains(part.as_slice())
            })
        };
        let found = self.phrases.iter().filter(|(_, phrase)| is_there(phrase));
        found.map(|(name, _)| name.as_str()).collect()
    }
}

/// Standard base64 with padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for part in bytes.chunks(3) {
        let number = (0..3).fold(0usize, |number, at| {
            number << 8 | usize::from(part.get(at).copied().unwrap_or(0))
        });
        for digit in 0..4 {
            if digit <= part.len() {
                text.push(char::from(DIGITS[number >> (18 - 6 * digit) & 63]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

#[test]
fn base64_is_that_of_rfc_4648() {
    for (bytes, text) in [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foobar", "Zm9vYmFy"),
    ] {
        assert_eq!(base64(bytes.as_bytes()), text);
    }
}

#[test]
fn a_canary_is_found_in_every_form() {
    let mut secret = [0; 32];
    tki_testkit::rng("needles").fill_bytes(&mut secret);
    let mut needles = Needles::new();
    needles.secret("canary", &secret);
    let words: Vec<String> = ["one", "two", "three", "four", "five"]
        .map(str::to_owned)
        .into();
    needles.phrase("words", &words);
    let mut reversed = secret;
    reversed.reverse();
    let digits: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![
        secret.to_vec(),
        reversed.to_vec(),
        secret[..16].to_vec(),
        reversed[16..].to_vec(),
        digits.clone().into_bytes(),
        digits.to_uppercase().into_bytes(),
    ];
    for before in 0..4 {
        for after in 0..3 {
            let around = [&vec![7; before], secret.as_slice(), &vec![9; after]].concat();
            forms.push(base64(&around).into_bytes());
            forms.push(
                base64(&around)
                    .replace('+', "-")
                    .replace('/', "_")
                    .into_bytes(),
            );
        }
    }
    for form in forms {
        for padding in 0..3 {
            let hay = [&vec![0x55; padding], form.as_slice(), &[0x55; 7]].concat();
            assert_eq!(needles.found_in(&hay).len(), 1, "{form:?}");
        }
    }
    assert!(needles.found_in(&[0x55; 4096]).is_empty());
    assert_eq!(
        needles
            .phrases_in(b" 1 two 2 three\n3 four  4 five # x")
            .len(),
        1
    );
    assert!(needles.phrases_in(b"two three four six five").is_empty());
}
