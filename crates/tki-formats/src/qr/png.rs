//! A square image of one bit a pixel as PNG, not compressed.
//!
//! Reference: RFC 2083 (PNG), RFC 1950 (zlib), RFC 1951, section 3.2.4 (stored blocks).

use alloc::vec::Vec;

use zeroize::Zeroizing;

const SIGNATURE: [u8; 8] = [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n'];

/// Bytes of a stored block.
const BLOCK: usize = 0xffff;

/// The file of an image of `side` pixels a side.
pub(super) fn black_and_white(
    side: usize,
    is_dark: impl Fn(usize, usize) -> bool,
) -> Zeroizing<Vec<u8>> {
    // Each row begins with its filter, 0: none. A bit is 1 where the pixel is white.
    let mut rows = Zeroizing::new(Vec::with_capacity(side * (1 + side.div_ceil(8))));
    for row in 0..side {
        rows.push(0);
        for start in (0..side).step_by(8) {
            let white = |column: usize| u8::from(column >= side || !is_dark(column, row));
            rows.push((start..start + 8).fold(0, |byte, column| byte << 1 | white(column)));
        }
    }
    let length = u32::try_from(side).unwrap_or(0).to_be_bytes();
    let mut header = Vec::with_capacity(13);
    header.extend_from_slice(&length);
    header.extend_from_slice(&length);
    // One bit of grey; the usual compression and filters; not interlaced.
    header.extend_from_slice(&[1, 0, 0, 0, 0]);

    let compressed = stored(&rows);
    let mut file = Zeroizing::new(Vec::with_capacity(compressed.len() + 64));
    file.extend_from_slice(&SIGNATURE);
    chunk(&mut file, *b"IHDR", &header);
    chunk(&mut file, *b"IDAT", &compressed);
    chunk(&mut file, *b"IEND", &[]);
    file
}

/// A zlib stream of stored blocks.
fn stored(content: &[u8]) -> Zeroizing<Vec<u8>> {
    let blocks = content.chunks(BLOCK);
    let count = blocks.len();
    let mut stream = Zeroizing::new(Vec::with_capacity(content.len() + 5 * count + 6));
    stream.extend_from_slice(&[0x78, 0x01]);
    for (block, number) in blocks.zip(1..) {
        // Correctness: a block is no longer than 65 535.
        let length = u16::try_from(block.len()).unwrap_or(0);
        stream.push(u8::from(number == count));
        stream.extend_from_slice(&length.to_le_bytes());
        stream.extend_from_slice(&(!length).to_le_bytes());
        stream.extend_from_slice(block);
    }
    stream.extend_from_slice(&adler32(content).to_be_bytes());
    stream
}

/// Length, name, content, checksum of name and content.
fn chunk(file: &mut Vec<u8>, name: [u8; 4], content: &[u8]) {
    let length = u32::try_from(content.len()).unwrap_or(0);
    file.extend_from_slice(&length.to_be_bytes());
    file.extend_from_slice(&name);
    file.extend_from_slice(content);
    let sum = crc32(name.iter().chain(content));
    file.extend_from_slice(&sum.to_be_bytes());
}

/// RFC 1950, section 8.2.
fn adler32(content: &[u8]) -> u32 {
    let (a, b) = content.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    b << 16 | a
}

/// RFC 2083, section 15: the reversed polynomial of Ethernet.
fn crc32<'a>(content: impl Iterator<Item = &'a u8>) -> u32 {
    !content.fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::{adler32, crc32};

    #[test]
    fn checksums_are_those_of_their_standards() {
        assert_eq!(crc32(b"123456789".iter()), 0xcbf4_3926);
        assert_eq!(crc32(b"IEND".iter()), 0xae42_6082);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }
}
