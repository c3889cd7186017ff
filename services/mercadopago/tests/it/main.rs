//! The client against recorded bodies, the signature and BR Code vectors, and the drawings read back.

mod brcode;
mod chaos;
mod client;
mod qr;
mod signature;
