//! Numbers that can be read across a room.

/// Three by five points of each digit, a row in three bits.
const FONT: [[u8; 5]; 10] = [
    [0b111, 0b101, 0b101, 0b101, 0b111],
    [0b010, 0b110, 0b010, 0b010, 0b111],
    [0b111, 0b001, 0b111, 0b100, 0b111],
    [0b111, 0b001, 0b111, 0b001, 0b111],
    [0b101, 0b101, 0b111, 0b001, 0b001],
    [0b111, 0b100, 0b111, 0b001, 0b111],
    [0b111, 0b100, 0b111, 0b101, 0b111],
    [0b111, 0b001, 0b001, 0b010, 0b010],
    [0b111, 0b101, 0b111, 0b101, 0b111],
    [0b111, 0b101, 0b111, 0b001, 0b111],
];

/// How large a number is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// Ordinary letters.
    Plain,
    /// Three rows, three columns a digit.
    Small,
    /// Each point this many rows high and twice as many columns wide.
    Points(u16),
}

impl Size {
    /// Rows that a number takes.
    pub(crate) fn rows(self) -> u16 {
        match self {
            Size::Plain => 1,
            Size::Small => 3,
            Size::Points(scale) => scale * 5,
        }
    }

    /// Columns that a number of so many digits takes.
    pub(crate) fn columns(self, digits: u16) -> u16 {
        match self {
            Size::Plain => digits,
            Size::Small => digits * 4 - u16::from(digits > 0),
            Size::Points(scale) => (digits * 4 - u16::from(digits > 0)) * scale * 2,
        }
    }
}

/// The rows of a number.
pub(crate) fn draw(number: u32, size: Size) -> Vec<String> {
    let text = number.to_string();
    let points: Vec<String> = (0..5).map(|row| point_row(&text, row)).collect();
    match size {
        Size::Plain => vec![text],
        Size::Small => halves(&points),
        Size::Points(scale) => {
            let (high, wide) = (usize::from(scale), usize::from(scale) * 2);
            let widen = |row: &String| row.chars().map(|c| c.to_string().repeat(wide)).collect::<String>();
            points.iter().flat_map(|row| std::iter::repeat_n(widen(row), high)).collect()
        }
    }
}

/// One row of points, a column between digits.
fn point_row(digits: &str, row: usize) -> String {
    let digit = |c: char| {
        let bits = FONT[c.to_digit(10).unwrap_or(0) as usize][row];
        [4, 2, 1].map(|bit| if bits & bit != 0 { '█' } else { ' ' }).iter().collect::<String>()
    };
    digits.chars().map(digit).collect::<Vec<_>>().join(" ")
}

/// Two rows of points in one row of half blocks.
fn halves(points: &[String]) -> Vec<String> {
    let pairs = points.chunks(2).map(|pair| {
        let below = pair.get(1).map(String::as_str).unwrap_or_default();
        pair[0]
            .chars()
            .zip(below.chars().chain(std::iter::repeat(' ')))
            .map(|pair| match pair {
                ('█', '█') => '█',
                ('█', _) => '▀',
                (_, '█') => '▄',
                _ => ' ',
            })
            .collect()
    });
    pairs.collect()
}
