use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::Timestamp;

use crate::settings;

/// The wrong passwords of each account, in memory: a restart forgets them, which an attacker cannot bring about.
///
/// An account is known by a keyed hash, so nothing personal is kept, and an account that does not exist is slowed down
/// like one that does. Filling the table to push an account out takes as many password checks as it has places.
pub(crate) struct Throttle {
    rules: settings::Throttle,
    accounts: Mutex<HashMap<[u8; 32], Failures>>,
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    last: Timestamp,
}

impl Throttle {
    pub(crate) fn new(rules: settings::Throttle) -> Self {
        Throttle { rules, accounts: Mutex::default() }
    }

    fn accounts(&self) -> MutexGuard<'_, HashMap<[u8; 32], Failures>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_after(&self, failures: u32) -> Duration {
        match failures.checked_sub(self.rules.free) {
            None => Duration::ZERO,
            Some(extra) => {
                self.rules.first_wait.saturating_mul(2_u32.saturating_pow(extra)).min(self.rules.longest_wait)
            }
        }
    }

    /// Whether a password may be tried now; if not, how long to wait.
    pub(crate) fn check(&self, account: &[u8; 32], now: Timestamp) -> Result<(), Duration> {
        let Some(failures) = self.accounts().get(account).copied() else { return Ok(()) };
        let wait = failures.last.plus(self.wait_after(failures.count)).since(now);
        if wait.is_zero() { Ok(()) } else { Err(wait) }
    }

    /// A wrong password.
    pub(crate) fn failed(&self, account: [u8; 32], now: Timestamp) {
        let mut accounts = self.accounts();
        let stale = |failures: &Failures| now.since(failures.last) >= self.rules.forget_after;
        if !accounts.contains_key(&account) && accounts.len() >= self.rules.accounts {
            accounts.retain(|_, failures| !stale(failures));
            if accounts.len() >= self.rules.accounts
                && let Some(oldest) = accounts.iter().min_by_key(|(_, failures)| failures.last).map(|(key, _)| *key)
            {
                accounts.remove(&oldest);
            }
        }
        let entry = accounts.entry(account).or_insert(Failures { count: 0, last: now });
        let before = if stale(entry) { 0 } else { entry.count };
        *entry = Failures { count: before.saturating_add(1), last: now };
    }

    /// The right password.
    pub(crate) fn succeeded(&self, account: &[u8; 32]) {
        self.accounts().remove(account);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: [u8; 32] = [1; 32];
    const BIA: [u8; 32] = [2; 32];
    const CAIO: [u8; 32] = [3; 32];
    const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn rules(accounts: usize) -> Throttle {
        Throttle::new(settings::Throttle { accounts, ..settings::Throttle::default() })
    }

    fn fail(throttle: &Throttle, account: [u8; 32], times: u32, now: Timestamp) {
        (0..times).for_each(|_| throttle.failed(account, now));
    }

    #[test]
    fn the_wait_grows_to_its_limit() {
        let throttle = rules(10);
        let waits: Vec<u64> = (1..14)
            .map(|_| {
                throttle.failed(ANA, START);
                throttle.check(&ANA, START).err().unwrap_or_default().as_secs()
            })
            .collect();
        assert_eq!(waits, [0, 0, 0, 0, 5, 10, 20, 40, 80, 160, 300, 300, 300]);
    }

    #[test]
    fn the_wait_ends_and_the_next_failure_doubles_it() {
        let throttle = rules(10);
        fail(&throttle, ANA, 5, START);
        let later = START.plus(Duration::from_secs(5));
        assert_eq!(throttle.check(&ANA, later), Ok(()));
        throttle.failed(ANA, later);
        assert_eq!(throttle.check(&ANA, later), Err(Duration::from_secs(10)));
    }

    #[test]
    fn success_clears_and_accounts_are_apart() {
        let throttle = rules(10);
        fail(&throttle, ANA, 6, START);
        fail(&throttle, BIA, 6, START);
        throttle.succeeded(&ANA);
        assert_eq!(throttle.check(&ANA, START), Ok(()));
        assert!(throttle.check(&BIA, START).is_err());
    }

    #[test]
    fn old_failures_are_forgotten() {
        let throttle = rules(10);
        fail(&throttle, ANA, 4, START);
        let later = START.plus(Duration::from_secs(3600));
        throttle.failed(ANA, later);
        assert_eq!(throttle.check(&ANA, later), Ok(()));
    }

    #[test]
    fn the_table_is_bounded() {
        let throttle = rules(2);
        fail(&throttle, ANA, 5, START);
        fail(&throttle, BIA, 5, START.plus(Duration::from_millis(1)));
        fail(&throttle, CAIO, 5, START.plus(Duration::from_millis(2)));
        let now = START.plus(Duration::from_millis(3));
        assert_eq!(throttle.accounts().len(), 2);
        assert_eq!(throttle.check(&ANA, now), Ok(()));
        assert!(throttle.check(&BIA, now).is_err() && throttle.check(&CAIO, now).is_err());
    }
}
