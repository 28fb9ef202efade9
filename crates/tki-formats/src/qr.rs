//! QR codes: short text for a camera, on a terminal, as SVG and as PNG.
//!
//! | what a text is made of | bits a character | longest |
//! |---|---|---|
//! | digits | 3⅓ | 5596 |
//! | digits, capital letters, blank and `$%*+-./:` | 5½ | 3391 |
//! | any bytes | 8 | 2331 |
//!
//! Error correction is at least *medium*: 15 of 100 modules may be unreadable. A code of words in
//! capitals has 49 modules a side or fewer; a camera reads up to about 100 from paper, which are 1100
//! capitals or 750 bytes, and fewer from a screen.
//!
//! Reference: ISO/IEC 18004; the codes are made by `qrcodegen-no-heap`. PNG: RFC 2083, with the
//! blocks of RFC 1951 that are not compressed.

use alloc::{string::String, vec::Vec};
use core::fmt::{self, Write as _};

use qrcodegen_no_heap::{QrCode as Generated, QrCodeEcc, Version};
use zeroize::{ZeroizeOnDrop, Zeroizing};

mod png;

/// Empty modules around a code, without which cameras do not find it.
pub const QUIET: usize = 4;

/// A QR code.
///
/// # Security
/// As secret as the text in it, and wiped when dropped. It is made in time that depends on the text.
///
/// # Examples
/// ```
/// use tki_formats::{qr::QrCode, words};
///
/// let phrase = words::encode(&[7; 32]).to_uppercase();
/// let code = QrCode::new(&phrase)?;
/// assert!(code.size() <= 49);
/// assert!(code.to_svg().starts_with("<svg "));
/// assert_eq!(code.to_terminal().lines().count(), (code.size() + 2 * 4).div_ceil(2));
/// # Ok::<(), tki_formats::qr::QrError>(())
/// ```
pub struct QrCode {
    size: usize,
    /// Row by row; 1 is dark.
    modules: Zeroizing<Vec<u8>>,
}

/// Why a text is in no QR code.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum QrError {
    /// It does not fit into the largest one.
    #[error("the text is too long for a QR code: at most 2331 bytes, or 3391 of them in capitals")]
    TooLong,
}

impl QrCode {
    /// The smallest code that holds a text. Text without small letters takes less room.
    ///
    /// # Errors
    /// [`QrError::TooLong`].
    pub fn new(text: &str) -> Result<Self, QrError> {
        let mut scratch = Zeroizing::new(alloc::vec![0; Version::MAX.buffer_len()]);
        let mut buffer = Zeroizing::new(alloc::vec![0; Version::MAX.buffer_len()]);
        let code = Generated::encode_text(
            text,
            &mut scratch,
            &mut buffer,
            QrCodeEcc::Medium,
            Version::MIN,
            Version::MAX,
            None,
            true,
        )
        .map_err(|_| QrError::TooLong)?;
        let side = code.size();
        let size = usize::try_from(side).unwrap_or(0);
        let mut modules = Zeroizing::new(Vec::with_capacity(size * size));
        for y in 0..side {
            modules.extend((0..side).map(|x| u8::from(code.get_module(x, y))));
        }
        Ok(Self { size, modules })
    }

    /// Modules of a side, without the empty ones around.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.size
    }

    /// Whether a module is dark; columns and rows count from the top left, and what is outside is
    /// light.
    #[must_use]
    pub fn is_dark(&self, column: usize, row: usize) -> bool {
        let inside = column < self.size && row < self.size;
        let place = row.saturating_mul(self.size).saturating_add(column);
        inside && self.modules.get(place) == Some(&1)
    }

    /// Lines of half blocks, two rows of modules each, with the empty ones around. Dark modules are
    /// the ink: on a dark terminal black ink on white paper has to be asked for.
    #[must_use]
    pub fn to_terminal(&self) -> Zeroizing<String> {
        let side = self.size + 2 * QUIET;
        let mut text = Zeroizing::new(String::with_capacity((3 * side + 1) * side.div_ceil(2)));
        for row in (0..side).step_by(2) {
            for column in 0..side {
                let dark = |row: usize| self.is_dark_with_margin(column, row);
                text.push(match (dark(row), dark(row + 1)) {
                    (false, false) => ' ',
                    (false, true) => '▄',
                    (true, false) => '▀',
                    (true, true) => '█',
                });
            }
            text.push('\n');
        }
        text
    }

    /// An SVG image with a module as its unit: one path of dark squares over white.
    #[must_use]
    pub fn to_svg(&self) -> Zeroizing<String> {
        let side = self.size + 2 * QUIET;
        // A run of modules is at most so long in text.
        let mut svg = Zeroizing::new(String::with_capacity(400 + 20 * self.modules.len()));
        // Writing into a string does not fail.
        write!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" \
             shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/>\
             <path fill=\"#000\" d=\""
        )
        .ok();
        for row in 0..self.size {
            for column in (0..self.size).filter(|column| self.is_dark(*column, row)) {
                write!(svg, "M{} {}h1v1h-1z", column + QUIET, row + QUIET).ok();
            }
        }
        svg.push_str("\"/></svg>\n");
        svg
    }

    /// A PNG image in black and white, each module being `scale` pixels a side, 1 to 64.
    #[must_use]
    pub fn to_png(&self, scale: u8) -> Zeroizing<Vec<u8>> {
        let scale = usize::from(scale.clamp(1, 64));
        let side = (self.size + 2 * QUIET) * scale;
        png::black_and_white(side, |column, row| {
            self.is_dark_with_margin(column / scale, row / scale)
        })
    }

    fn is_dark_with_margin(&self, column: usize, row: usize) -> bool {
        let inner = |place: usize| place.checked_sub(QUIET);
        match (inner(column), inner(row)) {
            (Some(column), Some(row)) => self.is_dark(column, row),
            _ => false,
        }
    }
}

// The modules are wiped by their own type.
impl ZeroizeOnDrop for QrCode {}

impl fmt::Debug for QrCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QrCode")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}
