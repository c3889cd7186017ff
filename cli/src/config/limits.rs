//! `[limits]`: how much one request, one connection, and all of them may take.

use web::Limits;

use super::read::Reader;

/// No number is so large that a machine gives out before it is reached.
const MANY: u32 = 1_000_000;

/// Reads the section; the same numbers hold for each listener.
pub(super) fn read(reader: &mut Reader<'_>) -> Limits {
    let mut number = |key: &str, least: u32, most: u32| reader.number(key, least..=most) as usize;
    let limits = Limits {
        body: number("limits.body", 1024, 64 * 1024 * 1024),
        url: number("limits.url", 256, 64 * 1024),
        headers: number("limits.headers", 8, 100),
        header_bytes: number("limits.header_bytes", 2048, 1024 * 1024),
        requests: number("limits.requests", 1, MANY),
        bodies: number("limits.bodies", 1, MANY),
        bodies_per_address: number("limits.bodies_per_address", 1, MANY),
        event_streams: number("limits.event_streams", 1, MANY),
        connections: number("limits.connections", 8, MANY),
        connections_per_address: number("limits.connections_per_address", 1, MANY),
        http2_streams: reader.number("limits.http2_streams", 1..=1000),
        timeout: reader.duration("limits.answer_timeout"),
        body_timeout: reader.duration("limits.body_timeout"),
        put_off: reader.duration("limits.put_off"),
        head_timeout: reader.duration("limits.head_timeout"),
        idle_timeout: reader.duration("limits.idle_timeout"),
        stall_timeout: reader.duration("limits.stall_timeout"),
        proxies: reader.list("limits.proxies"),
    };
    for key in ["answer", "body", "head", "idle", "stall"] {
        let key = format!("limits.{key}_timeout");
        if reader.duration(&key).is_zero() {
            reader.fault(&key, "must be more than nothing");
        }
    }
    limits
}
