//! The limits that the contract states, in one place; the schemas of the API and the checks both read them.

/// Most lines of one order.
pub const MAX_LINES: usize = 50;
/// Most units of one line.
pub const MAX_QUANTITY: u32 = 99;
/// Longest comment of a line, in characters.
pub const MAX_COMMENT: usize = 300;
/// Longest reason of a cancellation, rejection or refund, in characters.
pub const MAX_REASON: usize = 200;
/// Longest name of a person, product or category, in characters.
pub const MAX_NAME: usize = 80;
/// Longest name that the board calls at pick-up, in characters.
pub const MAX_PICKUP_NAME: usize = 40;
/// Lowest price of a product, in centavos.
pub const MIN_PRICE: i64 = 1;
/// Highest price of a product, in centavos.
pub const MAX_PRICE: i64 = 999_999;
/// Highest total of an order, in centavos.
pub const MAX_TOTAL: i64 = 9_999_999;
