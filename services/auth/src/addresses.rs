//! Guessing at many accounts from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::Timestamp;
use web::Limits;

use crate::settings;

/// The wrong passwords that came from each address, in memory, as a bucket that empties by itself: a shop's devices share
/// one address, and what they mistype in a day must not add up. An IPv6 address counts with its /64, which is what one
/// customer of a provider has (RFC 6177).
///
/// Each instance counts for itself, so with N of them somebody gets N times the guesses: still few, and without a write to
/// the store for every wrong password, which whoever guesses could make as many of as they like.
pub(crate) struct Addresses {
    rules: settings::Throttle,
    /// Knows who speaks for many, and has no bucket: one who guesses behind a proxy must not lock out everybody else.
    limits: Limits,
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
}

/// When it will be empty; what it holds now is that many refills away.
#[derive(Clone, Copy)]
struct Bucket {
    empty_at: Timestamp,
}

impl Addresses {
    pub(crate) fn new(rules: settings::Throttle, limits: Limits) -> Self {
        Addresses { rules, limits, buckets: Mutex::default() }
    }

    fn buckets(&self) -> MutexGuard<'_, HashMap<IpAddr, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one try, before the password is looked at, so that many at once are no way around it; if there is none, how
    /// long to wait.
    pub(crate) fn take(&self, address: IpAddr, now: Timestamp) -> Result<(), Duration> {
        let settings::Throttle { address_tries, address_refill, accounts, .. } = self.rules;
        let Some(key) = self.limits.network(address).filter(|_| address_tries > 0) else { return Ok(()) };
        let mut buckets = self.buckets();
        if !buckets.contains_key(&key) && buckets.len() >= accounts {
            buckets.retain(|_, bucket| bucket.empty_at > now);
            if buckets.len() >= accounts
                && let Some(emptiest) = buckets.iter().min_by_key(|(_, bucket)| bucket.empty_at).map(|(key, _)| *key)
            {
                buckets.remove(&emptiest);
            }
        }
        let bucket = buckets.entry(key).or_insert(Bucket { empty_at: now });
        let next = bucket.empty_at.max(now).plus(address_refill);
        let full = now.plus(address_refill.saturating_mul(address_tries));
        if next > full {
            return Err(next.since(full));
        }
        bucket.empty_at = next;
        Ok(())
    }

    /// It was no wrong password.
    pub(crate) fn give_back(&self, address: IpAddr) {
        let Some(key) = self.limits.network(address) else { return };
        if let Some(bucket) = self.buckets().get_mut(&key) {
            bucket.empty_at = bucket.empty_at.minus(self.rules.address_refill);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn addresses(accounts: usize) -> Addresses {
        let refill = Duration::from_secs(10);
        let rules =
            settings::Throttle { address_tries: 3, address_refill: refill, accounts, ..settings::Throttle::default() };
        Addresses::new(rules, Limits::default())
    }

    fn ip(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn a_bucket_fills_and_empties_by_itself() {
        let addresses = addresses(10);
        assert!((0..3).all(|_| addresses.take(ip(1), NOW).is_ok()));
        assert_eq!(addresses.take(ip(1), NOW), Err(Duration::from_secs(10)));
        let later = NOW.plus(Duration::from_secs(4));
        assert_eq!(addresses.take(ip(1), later), Err(Duration::from_secs(6)));
        assert!(addresses.take(ip(2), later).is_ok(), "another address");
        assert!(addresses.take(ip(1), NOW.plus(Duration::from_secs(10))).is_ok());
        let rested = NOW.plus(Duration::from_secs(1000));
        assert!((0..3).all(|_| addresses.take(ip(1), rested).is_ok()));
        assert!(addresses.take(ip(1), rested).is_err());
    }

    #[test]
    fn what_was_right_is_given_back() {
        let addresses = addresses(10);
        for _ in 0..20 {
            assert_eq!(addresses.take(ip(1), NOW), Ok(()));
            addresses.give_back(ip(1));
        }
    }

    #[test]
    fn a_network_counts_as_one_and_so_does_a_mapped_address() {
        let addresses = addresses(10);
        let v6 = |text: &str| text.parse::<IpAddr>().expect("an address");
        for host in ["2001:db8::1", "2001:db8::2", "2001:db8::ffff:1"] {
            assert!(addresses.take(v6(host), NOW).is_ok());
        }
        assert!(addresses.take(v6("2001:db8::3"), NOW).is_err());
        assert!(addresses.take(v6("2001:db8:0:1::1"), NOW).is_ok());
        assert!((0..3).all(|_| addresses.take(ip(1), NOW).is_ok()));
        assert!(addresses.take(v6("::ffff:192.0.2.1"), NOW).is_err());
    }

    #[test]
    fn the_table_is_bounded_and_forgets_the_emptiest() {
        let addresses = addresses(2);
        assert!((0..3).all(|_| addresses.take(ip(1), NOW).is_ok()));
        assert!(addresses.take(ip(2), NOW).is_ok() && addresses.take(ip(3), NOW).is_ok());
        assert_eq!(addresses.buckets().len(), 2);
        assert!(addresses.take(ip(1), NOW).is_err(), "the full one stays");
    }

    #[test]
    fn no_tries_turn_it_off() {
        let rules = settings::Throttle { address_tries: 0, ..settings::Throttle::default() };
        let off = Addresses::new(rules, Limits::default());
        assert!((0..1000).all(|_| off.take(ip(1), NOW).is_ok()));
    }
}
