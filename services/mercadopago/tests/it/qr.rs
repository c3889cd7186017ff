use mercadopago::qr::{QrError, png, svg, terminal};
use png::{BitDepth, ColorType};

const TEXT: &str = "00020126580014br.gov.bcb.pix0136123e4567-e89b-12d3-a456-426655440000520400005303986540510.005802BR5910LOJA TESTE6009SAO PAULO62150511SANDBOX000163041F9A";

/// The dark modules of a picture, quiet zone included, as rows.
fn modules_of_png(bytes: &[u8], scale: usize) -> Vec<Vec<bool>> {
    let mut reader = ::png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    let frame = reader.next_frame(&mut pixels).expect("pixels");
    assert_eq!((frame.color_type, frame.bit_depth), (ColorType::Grayscale, BitDepth::One));
    let side = frame.width as usize / scale;
    assert_eq!((frame.width as usize % scale, frame.width), (0, frame.height));
    let pixel = |x: usize, y: usize| pixels[y * frame.line_size + x / 8] & (0x80 >> (x % 8)) == 0;
    let corner = |x: usize, y: usize| pixel(x * scale, y * scale);
    for (x, y) in (0..side * scale).flat_map(|x| (0..side * scale).map(move |y| (x, y))) {
        assert_eq!(pixel(x, y), corner(x / scale, y / scale), "every pixel of a module is alike");
    }
    (0..side).map(|y| (0..side).map(|x| corner(x, y)).collect()).collect()
}

fn modules_of_terminal(drawn: &str) -> Vec<Vec<bool>> {
    drawn
        .lines()
        .flat_map(|line| {
            let dark = |upper: bool| {
                line.chars()
                    .map(move |c| match c {
                        ' ' => true,
                        '█' => false,
                        '▀' => !upper,
                        '▄' => upper,
                        other => panic!("{other:?} is no half block"),
                    })
                    .collect::<Vec<_>>()
            };
            [dark(true), dark(false)]
        })
        .collect()
}

#[test]
fn png_and_terminal_show_the_same_modules_with_a_quiet_zone() {
    let modules = modules_of_png(&png(TEXT, 4).expect("a picture"), 4);
    let side = modules.len();
    let quiet = |at: usize| at < 4 || at >= side - 4;
    for (y, row) in modules.iter().enumerate() {
        assert!(row.iter().enumerate().all(|(x, dark)| !(*dark && (quiet(x) || quiet(y)))));
    }
    // The finder patterns: three dark corners, and none at the lower right.
    assert!(modules[4][4] && modules[4][side - 5] && modules[side - 5][4]);

    let drawn = terminal(TEXT).expect("a drawing");
    let mut shown = modules_of_terminal(&drawn);
    shown.truncate(side);
    assert_eq!(shown, modules);
    assert_eq!(drawn.lines().count(), side.div_ceil(2));
}

#[test]
fn the_scale_only_scales_and_has_limits() {
    let one = modules_of_png(&png(TEXT, 1).expect("a picture"), 1);
    assert_eq!(modules_of_png(&png(TEXT, 7).expect("a picture"), 7), one);
    assert_eq!(png(TEXT, 0), png(TEXT, 1));
    assert_eq!(png(TEXT, 1_000_000), png(TEXT, 32));
    assert!(png(TEXT, 8).expect("a picture").len() < 4096);
}

#[test]
fn an_svg_is_as_wide_as_its_modules() {
    let side = modules_of_png(&png(TEXT, 1).expect("a picture"), 1).len();
    let drawn = svg(TEXT).expect("a drawing");
    assert!(drawn.contains(&format!("viewBox=\"0 0 {side} {side}\"")), "{}", &drawn[..300]);
}

#[test]
fn too_much_text_is_refused() {
    let long = "x".repeat(2400);
    assert_eq!(png(&long, 4), Err(QrError::TooLong));
    assert_eq!(svg(&long), Err(QrError::TooLong));
    assert_eq!(terminal(&long), Err(QrError::TooLong));
}
