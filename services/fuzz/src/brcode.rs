//! The text of a Pix QR code.

use crc::{CRC_16_IBM_3740, Crc};
use mercadopago::brcode;

/// Stands in the corpus, at the end, for the check sum that fits: no mutation would find it.
const SUM: &str = "SUM";

/// Reading never panics, and what was read can be written and read again.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let text = summed(text);
    let Ok(code) = brcode::parse(&text) else { return };
    // A code of somebody else may hold what ours can't, such as a longer transaction id.
    let Ok(written) = brcode::encode(&code) else { return };
    let again = brcode::parse(&written).expect("what we write can be read");
    assert_eq!(again.amount, code.amount);
    assert_eq!(again.target, code.target);
    assert_eq!(again.txid, code.txid);
}

fn summed(text: &str) -> String {
    match text.strip_suffix(SUM) {
        Some(text) => format!("{text}{:04X}", Crc::<u16>::new(&CRC_16_IBM_3740).checksum(text.as_bytes())),
        None => text.to_owned(),
    }
}
