//! The sheet of words as a page to print: one HTML file that needs nothing else, now or in ten years.
//!
//! No script and no outside resource: what a browser shows is in the file. Words are read back from
//! it between two remarks.

use core::fmt::Write as _;

use tki::SeedFactor;
use tki::formats::qr::QrCode;
use tki::formats::words;
use tki::metadata::{Core, HolderKind};
use zeroize::Zeroizing;

use crate::describe::{self, Addresses};
use crate::error::{Failure, Kind};
use crate::structure;

const BEGIN: &str = "<!-- words -->";
const END: &str = "<!-- end of words -->";
const VERSION: &str = "<td id=\"version\">";

const HEAD: &str = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
<meta name=\"viewport\" content=\"width=device-width\">\n\
<title>Recovery words</title>\n<style>\n\
@page { margin: 14mm }\n\
body { font: 10.5pt/1.4 \"DejaVu Sans\", Verdana, Arial, sans-serif; color: #000; background: #fff;\n\
  max-width: 178mm; margin: 0 auto }\n\
h1 { font-size: 17pt; margin: 0 0 1mm } h2 { font-size: 11.5pt; margin: 4.5mm 0 1mm }\n\
p, ul { margin: 1mm 0 } ul { padding-left: 5mm }\n\
table { border-collapse: collapse; width: 100% } th { text-align: left; font-weight: normal;\n\
  padding-right: 4mm; white-space: nowrap; vertical-align: top }\n\
td { font-family: \"DejaVu Sans Mono\", Consolas, monospace; overflow-wrap: anywhere }\n\
.words { display: flex; gap: 8mm; align-items: center; border: .4mm solid #000; padding: 4mm;\n\
  break-inside: avoid }\n\
ol { columns: 3; column-gap: 5mm; flex: 1; margin: 0; padding-left: 9mm;\n\
  font: 12.5pt/1.65 \"DejaVu Sans Mono\", Consolas, monospace }\n\
.words svg { width: 48mm; height: 48mm; flex: none }\n\
</style>\n</head>\n<body>\n";

/// Whether a file is meant to be such a page, by its ending.
pub(crate) fn is_wanted(path: &std::path::Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| {
        ending.eq_ignore_ascii_case("html") || ending.eq_ignore_ascii_case("htm")
    })
}

/// The page for these words of an account as it will be.
pub(crate) fn render(
    factor: &SeedFactor<'_>,
    core: &Core,
    name: &str,
    now: u64,
) -> Result<Zeroizing<String>, Failure> {
    let phrase = words::encode(factor.expose_seed().expose_secret());
    let code = code(&phrase)?.to_svg();
    // Sized up front: growing would leave copies behind.
    let length = code.len().saturating_add(16 * 1024);
    let mut page = Zeroizing::new(String::with_capacity(length));
    page.push_str(HEAD);
    page.push_str(
        "<h1>Recovery words</h1>\n\
         <p>These 24 words are one factor of a tki account. Keep this page secret, and apart from \
         the other factors.</p>\n\
         <div class=\"words\">\n<ol>\n<!-- words -->\n",
    );
    for word in phrase.split_whitespace() {
        push(&mut page, format_args!("<li>{word}</li>\n"))?;
    }
    page.push_str("<!-- end of words -->\n</ol>\n");
    page.push_str(&code);
    page.push_str("</div>\n<h2>Which account</h2>\n<table>\n");
    facts(&mut page, core, name, now)?;
    page.push_str("</table>\n");
    instructions(&mut page, core)?;
    page.push_str("</body>\n</html>\n");
    Ok(page)
}

/// The code of the words, in capitals, which make it smaller; reading does not mind.
pub(crate) fn code(phrase: &str) -> Result<QrCode, Failure> {
    let capitals = Zeroizing::new(phrase.to_uppercase());
    QrCode::new(&capitals).map_err(|error| Failure::new(Kind::Internal, error.to_string()))
}

/// The words of a page, as a text, and the version on it.
pub(crate) fn read(page: &str) -> Option<(Zeroizing<String>, Option<u64>)> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (list, after) = rest.split_once(END)?;
    let mut text = Zeroizing::new(String::with_capacity(list.len()));
    let mut is_tag = false;
    for character in list.chars() {
        match character {
            '<' => is_tag = true,
            '>' => {
                is_tag = false;
                text.push(' ');
            }
            _ if is_tag => {}
            _ => text.push(character),
        }
    }
    let version = [before, after].iter().find_map(|part| {
        let (_, version) = part.split_once(VERSION)?;
        version.split_once('<')?.0.trim().parse().ok()
    });
    Some((text, version))
}

fn facts(page: &mut String, core: &Core, name: &str, now: u64) -> Result<(), Failure> {
    let key = core.keys.first().map(|key| key.verifying_key.as_slice());
    let address = Addresses::of(core.curve, key.unwrap_or_default());
    let address = address.map_or_else(String::new, |address| address.to_string());
    let facts = [("Address", address), ("Account", core.account.to_string())];
    let next = core.keys.get(1).map(|key| key.verifying_key.as_slice());
    let next = next.and_then(|key| Addresses::of(core.curve, key));
    let next = next.map(|address| ("Next address", address.to_string()));
    for (label, fact) in facts.into_iter().chain(next) {
        push(
            page,
            format_args!("<tr><th>{label}</th><td>{}</td></tr>\n", escape(&fact)),
        )?;
    }
    push(
        page,
        format_args!(
            "<tr><th>Name on that machine</th><td>{}</td></tr>\n\
             <tr><th>Date</th><td>{}</td></tr>\n\
             <tr><th>Version</th>{VERSION}{}</td></tr>\n\
             <tr><th>Epoch</th><td>{}</td></tr>\n",
            escape(name),
            describe::date(now),
            core.version,
            core.epoch.get(),
        ),
    )
}

fn instructions(page: &mut String, core: &Core) -> Result<(), Failure> {
    let enough = match structure::plain(core) {
        Some(needed) => format!(
            "other factors, {needed} of {} in all when this was printed,",
            core.holders.len()
        ),
        // Which ones is nobody's business who finds the page.
        None => "enough other factors".into(),
    };
    let mut kinds = core.holders.iter().map(|holder| holder.kind);
    let (other, place) = if kinds.any(|kind| kind == HolderKind::Provider) {
        ("--use provider", "--storage URL --provider URL")
    } else {
        ("--use KIND:SOURCE", "--storage URL")
    };
    push(
        page,
        format_args!(
            "<h2>What they can do, and what not</h2>\n<ul>\n\
             <li>Together with {enough} they use the key of the account, and bring it to a new machine.</li>\n\
             <li>Alone they open nothing. Whoever finds this page alone cannot take anything.</li>\n\
             <li>They are <b>not a wallet seed</b>: a wallet would make an unrelated, empty account \
             of them.</li>\n\
             <li>They stay the same when shares are renewed. If this page may have been seen, \
             renew them: <code>tki renew</code> writes new words, and these are void.</li>\n</ul>\n\
             <h2>How to use them, also in ten years</h2>\n<ul>\n\
             <li>Get the program <code>tki</code> (threshold key infrastructure), and the account's \
             records: its storage, or a backup of it.</li>\n\
             <li>Type the words into a file, with or without their numbers, or scan the code: it is \
             the 24 words and nothing else. This page as a file will do, too.</li>\n\
             <li><code>tki recover --use words:FILE {other} {place}</code></li>\n\
             <li>Compare the address with the one above before you say yes; say the version if you \
             are asked: the account cannot be older.</li>\n\
             <li>Without that program: the words are BIP-39 (English) for 32 bytes, the opening seed \
             of a holder; the specifications of the project say how it opens its mailbox.</li>\n\
             </ul>\n"
        ),
    )
}

/// Text between tags.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn push(page: &mut String, text: core::fmt::Arguments<'_>) -> Result<(), Failure> {
    page.write_fmt(text)
        .map_err(|_| Failure::new(Kind::Internal, "a page could not be written"))
}
