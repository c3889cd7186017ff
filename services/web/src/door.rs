//! Who is let in: how many connections a listener has open, and how many bodies a service waits for, in all and from one
//! address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use api::ProblemKind;

use crate::{Fail, Limits};

/// When somebody who was not let in may try again.
const AGAIN: Duration = Duration::from_secs(5);

/// Counts the connections of one listener, or the bodies that a service waits for.
#[derive(Clone)]
pub(crate) struct Door(Arc<Inner>);

struct Inner {
    most: usize,
    most_per_address: usize,
    limits: Limits,
    inside: Mutex<Inside>,
}

#[derive(Default)]
struct Inside {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// What is inside until this is dropped.
pub(crate) struct Ticket {
    door: Door,
    counted: Option<IpAddr>,
}

impl Door {
    /// For connections.
    pub(crate) fn of_connections(limits: &Limits) -> Self {
        Self::new(limits, limits.connections, limits.connections_per_address)
    }

    /// For bodies that are on their way.
    pub(crate) fn of_bodies(limits: &Limits) -> Self {
        Self::new(limits, limits.bodies, limits.bodies_per_address)
    }

    fn new(limits: &Limits, most: usize, most_per_address: usize) -> Self {
        Door(Arc::new(Inner { most, most_per_address, limits: limits.clone(), inside: Mutex::default() }))
    }

    /// Lets one more in, from this address if it is known.
    ///
    /// # Errors
    /// 503 when the house is full, 429 when this address has enough.
    pub(crate) fn enter(&self, address: Option<IpAddr>) -> Result<Ticket, Fail> {
        let counted = address.and_then(|address| self.counted(address));
        let mut inside = self.inside();
        if inside.all >= self.0.most {
            return Err(Fail::overloaded().retry_after(AGAIN));
        }
        if let Some(address) = counted {
            let own = inside.by_address.entry(address).or_default();
            if *own >= self.0.most_per_address {
                return Err(crowded());
            }
            *own += 1;
        }
        inside.all += 1;
        Ok(Ticket { door: self.clone(), counted })
    }

    /// What is counted; nothing for this machine and for proxies, behind which many people are.
    fn counted(&self, address: IpAddr) -> Option<IpAddr> {
        if address.to_canonical().is_loopback() { None } else { self.0.limits.network(address) }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.inside.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut inside = self.door.inside();
        inside.all -= 1;
        let Some(address) = self.counted else { return };
        if let Some(own) = inside.by_address.get_mut(&address) {
            *own -= 1;
            if *own == 0 {
                inside.by_address.remove(&address);
            }
        }
    }
}

fn crowded() -> Fail {
    let (pt, en) = ("Acessos demais ao mesmo tempo a partir deste endereço.", "Too much at once from this address.");
    Fail::new(ProblemKind::RateLimited, pt, en).retry_after(AGAIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door(connections: usize, per_address: usize) -> Door {
        let proxies = vec!["10.0.0.1".parse().expect("an address")];
        let limits = Limits { connections, connections_per_address: per_address, proxies, ..Limits::default() };
        Door::of_connections(&limits)
    }

    fn enter(door: &Door, address: &str) -> Result<Ticket, ProblemKind> {
        door.enter(Some(address.parse().expect("an address"))).map_err(|fail| fail.kind())
    }

    #[test]
    fn an_address_has_its_share_and_gets_it_back() {
        let door = door(100, 2);
        let first = enter(&door, "192.0.2.1").expect("let in");
        let _second = enter(&door, "::ffff:192.0.2.1").expect("let in");
        assert_eq!(enter(&door, "192.0.2.1").err(), Some(ProblemKind::RateLimited));
        let _other = enter(&door, "192.0.2.2").expect("let in");
        drop(first);
        let _third = enter(&door, "192.0.2.1").expect("let in");
        assert_eq!(enter(&door, "192.0.2.1").err(), Some(ProblemKind::RateLimited));
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let door = door(100, 1);
        let _first = enter(&door, "2001:db8::1").expect("let in");
        assert_eq!(enter(&door, "2001:db8::2").err(), Some(ProblemKind::RateLimited));
        let _other = enter(&door, "2001:db8:0:1::1").expect("let in");
    }

    #[test]
    fn this_machine_and_proxies_speak_for_many() {
        let door = door(6, 1);
        for address in ["127.0.0.1", "127.0.0.1", "::1", "::1", "10.0.0.1", "::ffff:10.0.0.1"] {
            std::mem::forget(enter(&door, address).expect("let in"));
        }
        assert_eq!(enter(&door, "127.0.0.1").err(), Some(ProblemKind::Overloaded), "but the house has its limit");
    }
}
