#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::order_body::check(data));
