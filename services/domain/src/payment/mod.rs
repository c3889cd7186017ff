//! The life of a payment: MercadoPago's words, merged forward only.

mod merge;
mod status;

pub use merge::{Snapshot, merge, settle};
pub use status::PaymentStatus;
