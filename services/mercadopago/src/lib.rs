//! MercadoPago for the snack bar: the client of its REST API, its webhook signature, Pix BR Codes and QR drawing.
//!
//! There is no trait for a fake: the seam is the base URL. The same client speaks to the real service and to our
//! local sandbox; only [`Settings::base_url`] and the credentials differ.

pub mod brcode;
mod client;
pub mod control;
mod error;
pub mod qr;
pub mod signature;
mod types;
pub mod wire;

pub use client::{Client, Settings};
pub use error::{Error, Fault};
pub use types::{BackUrls, Item, NewPix, NewPreference, Payment, Preference, PreferenceUpdate, Refund};
