//! QR codes drawn: as PNG, as SVG and for a terminal. All with the quiet zone of four modules that ISO/IEC 18004 asks
//! for, and with error correction level M, which still reads with an eighth of the code smudged.

use std::iter::repeat_n;

use png::{BitDepth, ColorType, DeflateCompression, Encoder, Filter};
use qrcode::{Color, EcLevel, QrCode};

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

/// A PNG of 1-bit grey, each module `scale` pixels wide (1 to 32). Compressed lightly: it is drawn on demand and a
/// code is a few hundred bytes either way.
///
/// # Errors
/// [`QrError::TooLong`] for more text than a QR code holds.
pub fn png(text: &str, scale: u32) -> Result<Vec<u8>, QrError> {
    let modules = Modules::of(text)?;
    let scale = scale.clamp(1, MAX_SCALE) as usize;
    let side = modules.side * scale;
    let rows = (0..modules.side).flat_map(|y| repeat_n(modules.packed_row(y, scale), scale)).flatten();
    let pixels: Vec<u8> = rows.collect();
    let side = u32::try_from(side).map_err(|_| QrError::Picture)?;
    let mut picture = Vec::with_capacity(1024);
    let mut encoder = Encoder::new(&mut picture, side, side);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::One);
    encoder.set_deflate_compression(DeflateCompression::Level(1));
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
    let code = code(text)?;
    let mut draw = code.render::<qrcode::render::svg::Color<'_>>();
    Ok(draw.module_dimensions(1, 1).build())
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

fn code(text: &str) -> Result<QrCode, QrError> {
    QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| QrError::TooLong)
}

/// The modules with their quiet zone.
struct Modules {
    side: usize,
    inner: usize,
    dark: Vec<bool>,
}

impl Modules {
    fn of(text: &str) -> Result<Self, QrError> {
        let code = code(text)?;
        let inner = code.width();
        let dark = code.to_colors().into_iter().map(|color| color == Color::Dark).collect();
        Ok(Modules { side: inner + 2 * QUIET, inner, dark })
    }

    fn is_dark(&self, x: usize, y: usize) -> bool {
        let inside = QUIET..QUIET + self.inner;
        inside.contains(&x) && inside.contains(&y) && self.dark[(y - QUIET) * self.inner + x - QUIET]
    }

    /// One pixel row, eight pixels a byte, the leftmost in the highest bit; 1 is white.
    fn packed_row(&self, y: usize, scale: usize) -> Vec<u8> {
        let mut row = vec![0u8; (self.side * scale).div_ceil(8)];
        for pixel in 0..self.side * scale {
            if !self.is_dark(pixel / scale, y) {
                row[pixel / 8] |= 0x80 >> (pixel % 8);
            }
        }
        row
    }
}
