//! The four services, each in a process of its own at an address that it keeps when it is started again.

use crate::fleet::free_ports;
use crate::support::{Home, Running};

/// Every service, in an order that works.
pub(crate) const SERVICES: [&str; 4] = ["auth", "sandbox", "payment", "order"];

/// Where they are.
pub(crate) struct Separate {
    pub(crate) home: Home,
    places: Vec<String>,
}

impl Separate {
    /// With this in `lanchonete.toml`.
    pub(crate) fn new(configuration: &str) -> Self {
        let mut ports = free_ports(u64::from(uuid::Uuid::new_v4().as_fields().0));
        let places = SERVICES.iter().flat_map(|service| {
            let place = format!("127.0.0.1:{}", ports.next().expect("a free port"));
            [format!("--{service}-listen={place}"), format!("--{service}-url=http://{place}")]
        });
        let separate = Separate { home: Home::new(), places: places.collect() };
        std::fs::write(separate.home.path().join("lanchonete.toml"), configuration).expect("written");
        separate
    }

    /// Starts one of them, for the first time or again.
    pub(crate) fn start(&self, service: &str) -> Running {
        let mut args = vec!["serve", service];
        args.extend(self.places.iter().map(String::as_str));
        self.home.start(&args)
    }

    /// Starts all of them in one process, for the first time or again.
    pub(crate) fn up(&self) -> Running {
        let mut args = vec!["up"];
        args.extend(self.places.iter().map(String::as_str));
        self.home.start(&args)
    }

    /// Starts all of them, with a menu; in the order auth, sandbox, payment, order.
    pub(crate) fn start_all(&self) -> [Running; 4] {
        let running = SERVICES.map(|service| self.start(service));
        let seeded = self.home.run(&["seed"]);
        assert_eq!(seeded.code, 0, "{}", seeded.err);
        running
    }
}
