//! Text as a QR code, for the camera of another machine: drawn on the terminal, or in a picture.

use std::path::{Path, PathBuf};

use tki::formats::qr::QrCode;
use zeroize::Zeroizing;

use crate::args::CodeOut;
use crate::carried;
use crate::colour::{self, Stream, Style};
use crate::error::Failure;
use crate::output;
use crate::session::Session;

/// Pixels of a module's side.
const SCALE: u8 = 8;

/// A code that was made, and where it goes.
pub(crate) struct Code<'a> {
    code: QrCode,
    is_drawn: bool,
    picture: Option<&'a PathBuf>,
}

impl<'a> Code<'a> {
    /// Makes the code that was asked for, before anything of it or of its text is shown.
    pub(crate) fn of(
        session: &Session,
        text: &str,
        to: &'a CodeOut,
    ) -> Result<Option<Self>, Failure> {
        if !to.qr && to.qr_output.is_none() {
            return Ok(None);
        }
        if to.qr && session.global.json {
            return Err(
                Failure::usage("a code is drawn for people, and not beside JSON")
                    .next("write it into a file: --qr-output FILE.svg"),
            );
        }
        let code = QrCode::new(text).map_err(|error| {
            Failure::usage(error.to_string()).next("carry the text itself: leave out --qr")
        })?;
        Ok(Some(Self {
            code,
            is_drawn: to.qr,
            picture: to.qr_output.as_ref(),
        }))
    }

    /// The file of the picture, once it is written.
    pub(crate) fn write(&self) -> Result<Option<String>, Failure> {
        let Some(path) = self.picture else {
            return Ok(None);
        };
        carried::write_file(path, &self.bytes(path))?;
        Ok(Some(path.display().to_string()))
    }

    fn bytes(&self, path: &Path) -> Zeroizing<Vec<u8>> {
        if path.extension().is_some_and(|ending| ending == "png") {
            return self.code.to_png(SCALE);
        }
        Zeroizing::new(self.code.to_svg().as_bytes().to_vec())
    }

    /// Draws it, if it is to be drawn.
    pub(crate) fn draw(&self) {
        if !self.is_drawn {
            return;
        }
        let lines = self.code.to_terminal();
        // Black ink on white paper, whatever the terminal's own colours are.
        let mut painted = Zeroizing::new(String::with_capacity(2 * lines.len()));
        for line in lines.lines() {
            let row = Zeroizing::new(colour::paint(Stream::Error, Style::Paper, line));
            painted.push_str(&row);
            painted.push('\n');
        }
        output::complain(painted.trim_end_matches('\n'));
    }
}
