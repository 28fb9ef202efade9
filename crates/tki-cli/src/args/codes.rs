//! What the commands take whose text can also be shown to a camera.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PathBufValueParser, TypedValueParser};

/// Beside the text, the same as a QR code.
#[derive(Args, Debug)]
pub(crate) struct CodeOut {
    /// Also draw it as a QR code on standard error
    #[arg(long)]
    pub(crate) qr: bool,
    /// Also write it as a QR code into this new file, which ends in .svg or .png
    #[arg(long, value_name = "FILE", value_parser = picture())]
    pub(crate) qr_output: Option<PathBuf>,
}

/// A file whose ending says what picture is in it.
fn picture() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| {
        let ending = path.extension().and_then(|ending| ending.to_str());
        match ending {
            Some("png" | "svg") => Ok(path),
            _ => Err("a picture of a code ends in .svg or .png"),
        }
    })
}
