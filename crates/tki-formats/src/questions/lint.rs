//! What is bad about a question of one's own, as far as its words tell.

use alloc::{string::String, vec::Vec};

use super::Flaw;
use crate::answers::characters;

/// The flaws that the words of a question betray, in German, English, Spanish and French; each at
/// most once, in alphabetical order.
///
/// Finding none does not make a question good.
///
/// # Examples
/// ```
/// use tki_formats::questions::{Flaw, lint};
///
/// assert_eq!(lint("What is your favourite film?"), [Flaw::Favourite]);
/// assert_eq!(lint("Wie lautet der Mädchenname Ihrer Mutter?"), [Flaw::Findable]);
/// assert_eq!(lint("?!"), [Flaw::NoQuestion]);
/// ```
#[must_use]
pub fn lint(question: &str) -> Vec<Flaw> {
    // Step 3.1: the words without case and accents, each between blanks.
    let mut words = String::from(" ");
    for character in characters(question) {
        if character.is_alphanumeric() {
            words.push(character);
        } else if !words.ends_with(' ') {
            words.push(' ');
        }
    }
    words.push(' ');

    if words.trim().is_empty() {
        return Vec::from([Flaw::NoQuestion]);
    }
    let betrayed = WORDS
        .iter()
        .filter(|(_, betraying)| betraying.iter().any(|word| words.contains(word)));
    betrayed.map(|(flaw, _)| *flaw).collect()
}

/// Words that betray a flaw: a blank in front of the beginning of a word, a blank behind its end.
const WORDS: &[(Flaw, &[&str])] = &[
    (
        Flaw::Changes,
        &[
            " aktuell",
            " jetzig",
            " derzeit",
            " heutig",
            " momentan",
            " beste freund",
            " bester freund",
            " besten freund",
            " chef ",
            " chefs ",
            " current",
            " now ",
            " today",
            " latest",
            " best friend",
            " boss ",
            " actual",
            " ahora",
            " hoy ",
            " mejor amig",
            " jefe ",
            " actuel",
            " aujourd hui",
            " maintenant",
            " meilleur ami",
            " meilleure ami",
        ],
    ),
    (
        Flaw::Favourite,
        &[
            " liebling",
            " liebsten",
            " liebste ",
            " favorit",
            " favourite",
            " favorite",
            " like most",
            " like best",
            " prefer",
            " preferid",
            " favorit",
            " mas te gust",
            " prefere",
            " favori ",
            " favoris ",
        ],
    ),
    (
        Flaw::FewValues,
        &[
            " farbe",
            " augenfarbe",
            " lieblingsfarbe",
            " haarfarbe",
            " automarke",
            " sternzeichen",
            " wochentag",
            " monat ",
            " jahreszeit",
            " blutgruppe",
            " wie viele",
            " colour",
            " color",
            " make of",
            " brand of",
            " zodiac",
            " star sign",
            " weekday",
            " month",
            " season",
            " blood type",
            " how many",
            " marca de",
            " signo ",
            " que mes",
            " estacion",
            " cuant",
            " couleur",
            " marque de",
            " signe ",
            " quel mois",
            " saison ",
            " combien",
        ],
    ),
    (
        Flaw::Findable,
        &[
            " madchenname",
            " geburtsname",
            " geburtsort",
            " geburtstag",
            " geboren",
            " haustier",
            " hochzeit",
            " vorname ihrer mutter",
            " maiden",
            " birthday",
            " were you born",
            " place of birth",
            " date of birth",
            " pet ",
            " pets ",
            " wedding",
            " high school",
            " soltera",
            " cumpleanos",
            " naciste",
            " nacio usted",
            " nacimiento",
            " mascota",
            " boda ",
            " jeune fille",
            " anniversaire",
            " naissance",
            " etes vous ne",
            " animal",
            " mariage",
        ],
    ),
];
