use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

/// How much one request, one connection, and all of them may take. Each number has an answer for whoever goes over it.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Longest body, in bytes: 413.
    pub body: usize,
    /// Longest path and query, in bytes: 414.
    pub url: usize,
    /// Most header fields: 431.
    pub headers: usize,
    /// All header fields together, in bytes: 431.
    pub header_bytes: usize,
    /// Longest time to the head of an answer; a stream may then go on: 503 with `Retry-After`.
    pub timeout: Duration,
    /// Longest time for the body of a request to arrive: 408.
    pub body_timeout: Duration,
    /// Most requests that are worked on at once: 503 with `Retry-After`. One whose body is still on its way is not.
    pub requests: usize,
    /// Most bodies that are on their way at once: 503 with `Retry-After`.
    pub bodies: usize,
    /// Most bodies on their way from one address, as with `connections_per_address`: 429 with `Retry-After`.
    pub bodies_per_address: usize,
    /// How long a 429, and a 503 `overloaded`, is held back. Who goes on at once instead of heeding `Retry-After` is slowed down to this, and can't
    /// keep the machine busy with refusals; waiting costs nothing, and holds no place of `requests`.
    pub put_off: Duration,
    /// Most streams of events that are open at once: 503 with `Retry-After`.
    pub event_streams: usize,
    /// Longest time from the first byte of a request to the end of its head: 408.
    pub head_timeout: Duration,
    /// How long a connection may stay open without a request: it is closed.
    pub idle_timeout: Duration,
    /// How long a client may leave an answer untaken: its connection is cut.
    pub stall_timeout: Duration,
    /// Most open connections of a listener: 503 with `Retry-After`.
    pub connections: usize,
    /// Most open connections of one address, which for IPv6 is its /64 network: 429 with `Retry-After`. This machine
    /// itself has no such limit.
    pub connections_per_address: usize,
    /// Addresses that speak for many, such as a proxy before this program: no limit per address for them, of wrong
    /// passwords neither.
    pub proxies: Vec<IpAddr>,
    /// Most requests at once on one HTTP/2 connection: the client is told to wait (RFC 9113 §5.1.2).
    pub http2_streams: u32,
}

impl Limits {
    /// What an address counts as: one customer of a provider has a whole /64 of IPv6 addresses (RFC 6177 §2). None for a
    /// proxy, behind which many people are.
    pub fn network(&self, address: IpAddr) -> Option<IpAddr> {
        let address = address.to_canonical();
        if self.proxies.iter().any(|proxy| proxy.to_canonical() == address) {
            return None;
        }
        Some(match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
        })
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            body: 256 * 1024,
            url: 8 * 1024,
            headers: 64,
            header_bytes: 16 * 1024,
            timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(10),
            requests: 1024,
            bodies: 1024,
            bodies_per_address: 64,
            put_off: Duration::from_secs(1),
            event_streams: 256,
            head_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(60),
            stall_timeout: Duration::from_secs(30),
            connections: 4096,
            connections_per_address: 256,
            proxies: Vec::new(),
            http2_streams: 64,
        }
    }
}
