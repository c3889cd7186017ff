//! The client against recorded bodies, the signature and BR Code vectors, and the drawings read back.

mod brcode;
mod client;
mod qr;
mod signature;
