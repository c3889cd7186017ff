use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};

/// A short name of these bytes: 32 hexadecimal digits of their SHA-256.
pub(crate) fn short(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref()[..16].iter().fold(String::with_capacity(32), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A strong entity tag (RFC 9110 §8.8.3) of these bytes.
pub(crate) fn etag(bytes: &[u8]) -> String {
    format!("\"{}\"", short(bytes))
}
