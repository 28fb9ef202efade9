//! QR codes as far as they are seen without a camera; `paper` reads them with a foreign reader.

use tki_formats::qr::{QUIET, QrCode, QrError};
use tki_formats::words;

#[test]
fn the_smallest_code_is_chosen_and_what_does_not_fit_is_refused() {
    let phrase = words::encode(&[7; 32]);
    let small = QrCode::new(&phrase).unwrap();
    let capital = QrCode::new(&phrase.to_uppercase()).unwrap();
    assert!(capital.size() < small.size());
    assert_eq!(QrCode::new("").unwrap().size(), 21);
    for (text, longest) in [("A", 3391), ("a", 2331), ("7", 5596)] {
        assert_eq!(QrCode::new(&text.repeat(longest)).unwrap().size(), 177);
        let longer = QrCode::new(&text.repeat(longest + 1));
        assert_eq!(longer.err(), Some(QrError::TooLong));
    }
}

#[test]
fn every_form_shows_the_same_modules() {
    let code = QrCode::new("THE SAME").unwrap();
    let side = code.size() + 2 * QUIET;
    let dark = |column: usize, row: usize| {
        column >= QUIET && row >= QUIET && code.is_dark(column - QUIET, row - QUIET)
    };
    // The corner of a finder, and what is outside.
    assert!(code.is_dark(0, 0) && !code.is_dark(1, 1));
    assert!(!code.is_dark(code.size(), 0) && !code.is_dark(usize::MAX, usize::MAX));

    let lines = code.to_terminal();
    for (y, line) in lines.lines().enumerate() {
        assert_eq!(line.chars().count(), side);
        for (x, block) in line.chars().enumerate() {
            assert_eq!("▀█".contains(block), dark(x, 2 * y));
            assert_eq!("▄█".contains(block), dark(x, 2 * y + 1));
        }
    }
    let svg = code.to_svg();
    for y in 0..side {
        for x in 0..side {
            assert_eq!(svg.contains(&format!("M{x} {y}h1v1h-1z")), dark(x, y));
        }
    }
    assert!(!svg.contains("script") && !svg.contains("href"));
    let png = code.to_png(1);
    assert_eq!(png.get(..8), Some(&b"\x89PNG\r\n\x1a\n"[..]));
    // 8 bytes of signature, 25 of the header, 8 of the next chunk, 7 of the first block.
    for y in 0..side {
        for x in 0..side {
            let byte = png[48 + y * (1 + side.div_ceil(8)) + 1 + x / 8];
            assert_eq!(byte >> (7 - x % 8) & 1 == 0, dark(x, y), "{x} {y}");
        }
    }
    assert_eq!(code.to_png(0).as_slice(), png.as_slice());
}

#[test]
fn debug_shows_no_code() {
    let code = QrCode::new("SECRET").unwrap();
    assert_eq!(format!("{code:?}"), "QrCode { size: 21, .. }");
}
