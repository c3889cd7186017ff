//! QR codes drawn: as PNG, as SVG and for a terminal. All with the quiet zone of four modules that ISO/IEC 18004 asks
//! for, and with error correction level M, which still reads with an eighth of the code smudged.

use fast_qr::{ECL, QRBuilder};
use png::{BitDepth, ColorType, DeflateCompression, Encoder, Filter};

/// Empty modules on each side.
const QUIET: usize = 4;
/// Largest size of a module in pixels.
pub const MAX_SCALE: u32 = 32;

/// Why a QR code can't be drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QrError {
    /// More text than the largest QR code holds (2,331 bytes at level M).
    #[error("too long for a QR code")]
    TooLong,
    /// The picture could not be written.
    #[error("the picture could not be written")]
    Picture,
}

/// A PNG of 1-bit grey, each module `scale` pixels wide (1 to 32). Compressed lightly: it is drawn on demand, and a
/// general compressor would spend most of its time clearing its own tables.
///
/// # Errors
/// [`QrError::TooLong`] for more text than a QR code holds.
pub fn png(text: &str, scale: u32) -> Result<Vec<u8>, QrError> {
    let modules = Modules::of(text)?;
    let scale = scale.clamp(1, MAX_SCALE) as usize;
    let side = modules.side * scale;
    let mut pixels = Vec::with_capacity(side.div_ceil(8) * side);
    for y in 0..modules.side {
        let row = modules.packed_row(y, scale);
        for _ in 0..scale {
            pixels.extend_from_slice(&row);
        }
    }
    let side = u32::try_from(side).map_err(|_| QrError::Picture)?;
    let mut picture = Vec::with_capacity(1024);
    let mut encoder = Encoder::new(&mut picture, side, side);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::One);
    encoder.set_deflate_compression(DeflateCompression::FdeflateUltraFast);
    // Each pixel row of a module repeats the one above, which this filter turns into zeros.
    encoder.set_filter(Filter::Up);
    let mut writer = encoder.write_header().map_err(|_| QrError::Picture)?;
    writer.write_image_data(&pixels).and_then(|()| writer.finish()).map_err(|_| QrError::Picture)?;
    Ok(picture)
}

/// An SVG whose unit is a module, so that it scales to any size.
///
/// # Errors
/// [`QrError::TooLong`] for more text than a QR code holds.
pub fn svg(text: &str) -> Result<String, QrError> {
    let modules = Modules::of(text)?;
    let side = modules.side;
    let mut path = String::with_capacity(side * side * 4);
    for y in 0..side {
        let mut x = 0;
        while x < side {
            let run = (x..side).take_while(|x| modules.is_dark(*x, y)).count();
            if run > 0 {
                path.push_str(&format!("M{x} {y}h{run}v1h-{run}z"));
            }
            x += run + 1;
        }
    }
    Ok(format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{side}v{side}H0z"/><path d="{path}"/></svg>"##
    ))
}

/// Lines of half blocks, two modules in one character cell. The light modules are drawn and the dark ones left
/// empty, which is right on a dark terminal; scanners read the inverse on a light one too.
///
/// # Errors
/// [`QrError::TooLong`] for more text than a QR code holds.
pub fn terminal(text: &str) -> Result<String, QrError> {
    let modules = Modules::of(text)?;
    let mut lines = String::with_capacity(modules.side * modules.side * 2);
    for y in (0..modules.side).step_by(2) {
        for x in 0..modules.side {
            // Below the last line lies the paper, which is left empty.
            let below = y + 1 >= modules.side || modules.is_dark(x, y + 1);
            lines.push(match (modules.is_dark(x, y), below) {
                (false, false) => '█',
                (false, true) => '▀',
                (true, false) => '▄',
                (true, true) => ' ',
            });
        }
        lines.push('\n');
    }
    Ok(lines)
}

/// The modules with their quiet zone.
struct Modules {
    side: usize,
    inner: usize,
    dark: Vec<bool>,
}

impl Modules {
    fn of(text: &str) -> Result<Self, QrError> {
        let code = QRBuilder::new(text).ecl(ECL::M).build().map_err(|_| QrError::TooLong)?;
        let inner = code.size;
        let dark = (0..inner).flat_map(|y| code[y].iter().take(inner).map(|module| module.value())).collect();
        Ok(Modules { side: inner + 2 * QUIET, inner, dark })
    }

    fn is_dark(&self, x: usize, y: usize) -> bool {
        let inside = QUIET..QUIET + self.inner;
        inside.contains(&x) && inside.contains(&y) && self.dark[(y - QUIET) * self.inner + x - QUIET]
    }

    /// One pixel row, eight pixels a byte, the leftmost in the highest bit; 1 is white.
    fn packed_row(&self, y: usize, scale: usize) -> Vec<u8> {
        let mut row = vec![0u8; (self.side * scale).div_ceil(8)];
        for x in (0..self.side).filter(|x| !self.is_dark(*x, y)) {
            for pixel in x * scale..(x + 1) * scale {
                row[pixel / 8] |= 0x80 >> (pixel % 8);
            }
        }
        row
    }
}
