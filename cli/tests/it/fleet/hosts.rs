//! Two machines, each with every service, one database and one configuration.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use testkit::mongo::{Kind, database};
use url::Url;

use super::balancer::Balancer;
use super::roll;
use crate::rush::one_day;
use crate::support::{Home, Running};

/// Who has several instances.
pub(super) const SERVICES: [&str; 3] = ["auth", "order", "payment"];
const HOSTS: usize = 2;
/// The same on every machine, as the README says: `head -c 32 /dev/urandom | base64`.
const MASTER_KEY: &str = "ZmxlZXQtdGVzdC1rZXktdGhhdC1pcy0zMi1ieXRlcyE=";

/// The machines, and a balancer in front of each service.
pub(super) struct Hosts {
    pub(super) homes: [Home; HOSTS],
    addresses: [[SocketAddr; HOSTS]; SERVICES.len()],
    sandbox: SocketAddr,
    pub(super) fronts: Vec<Balancer>,
}

/// The processes: of each service one on each host.
pub(super) struct Processes {
    pub(super) instances: [[Option<Running>; HOSTS]; SERVICES.len()],
    sandbox: Running,
}

impl Hosts {
    /// `None` where there can be no MongoDB server.
    pub(super) async fn new(seed: u64) -> Option<Self> {
        let database = database(Kind::ReplicaSet)?;
        let mut free = free_ports(seed);
        let mut address = || SocketAddr::from((Ipv4Addr::LOCALHOST, free.next().expect("a free port")));
        let addresses = [(); SERVICES.len()].map(|()| [(); HOSTS].map(|()| address()));
        let sandbox = address();
        let mut fronts = Vec::new();
        for backends in &addresses {
            fronts.push(Balancer::open(backends).await);
        }
        let hosts = Hosts { homes: [(); HOSTS].map(|()| Home::new()), addresses, sandbox, fronts };
        for home in &hosts.homes {
            home.keep("lanchonete.toml", &hosts.configuration(&database));
        }
        Some(hosts)
    }

    /// What each of the machines is told; only the address to listen on is its own.
    fn configuration(&self, database: &str) -> String {
        let mut text = format!("[security]\nmaster_key = {MASTER_KEY:?}\n[log]\nlevel = \"warn\"\n");
        for (service, front) in SERVICES.iter().zip(&self.fronts) {
            text += &format!("[{service}]\nurl = \"{}\"\ndatabase = {database:?}\n", front.url);
            if *service == "order" {
                text += &one_day();
            }
        }
        text + &format!("[sandbox]\nurl = \"http://{}\"\n", self.sandbox)
    }

    /// Each instance of the order service, without its balancer.
    pub(super) fn orders(&self) -> [Url; HOSTS] {
        let [_, orders, _] = self.addresses;
        orders.map(|address| format!("http://{address}").parse().expect("a URL"))
    }

    /// Starts one instance, or starts it again.
    pub(super) fn start(&self, service: usize, host: usize) -> Running {
        let listen = self.addresses[service][host].to_string();
        self.homes[host].start(&["serve", SERVICES[service], "--listen", &listen])
    }

    /// Starts all of them at once, on a database that holds nothing.
    pub(super) fn start_all(&self) -> Processes {
        let listen = self.sandbox.to_string();
        std::thread::scope(|scope| {
            let sandbox = scope.spawn(|| self.homes[0].start(&["serve", "sandbox", "--listen", &listen]));
            let mut service = 0..;
            let starting = [(); SERVICES.len()].map(|()| {
                let service = service.next().unwrap_or_default();
                let mut host = 0..;
                [(); HOSTS].map(|()| {
                    let host = host.next().unwrap_or_default();
                    scope.spawn(move || self.start(service, host))
                })
            });
            let instances = starting.map(|hosts| hosts.map(|start| Some(start.join().expect("it starts"))));
            Processes { instances, sandbox: sandbox.join().expect("it starts") }
        })
    }
}

impl Processes {
    /// Every one of them ends well.
    pub(super) fn stop(self) {
        let all = self.instances.into_iter().flatten().flatten().chain([self.sandbox]);
        for running in all {
            let (ended, _) = running.stop();
            assert!(ended.success(), "{ended}");
        }
    }
}

/// Free ports below those that the system gives to outgoing connections, so that a killed instance gets its own back.
pub(crate) fn free_ports(seed: u64) -> impl Iterator<Item = u16> {
    let candidates = (0..).map(move |n| 20_000 + u16::try_from(roll(seed, n) % 12_000).unwrap_or_default());
    let free = candidates.filter(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
    let mut given = Vec::new();
    free.filter(move |port| {
        let new = !given.contains(port);
        given.push(*port);
        new
    })
}
