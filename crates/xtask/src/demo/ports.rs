//! Which server is where. Hosts are `localhost`, never an address: browsers grant it what they grant HTTPS.

use anyhow::{Result, bail, ensure};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

/// Used when nobody chooses.
pub(crate) const DEFAULT_BASE: u16 = 4800;
const COUNT: u16 = 10;

/// Ten ports from a base on.
#[derive(Clone, Copy)]
pub(crate) struct Ports {
    base: u16,
}

impl Ports {
    /// Refuses a base that leaves too few ports, or that would need root.
    pub(crate) fn new(base: u16) -> Result<Self> {
        ensure!((1024..=u16::MAX - COUNT).contains(&base), "--port-base takes 1024 to {}", u16::MAX - COUNT);
        Ok(Self { base })
    }

    pub(crate) fn base(self) -> u16 {
        self.base
    }

    pub(crate) fn shop(self) -> String {
        self.url(1)
    }

    pub(crate) fn fields(self) -> String {
        self.url(2)
    }

    /// The ingest origin: in the demo, the wire tap.
    pub(crate) fn ingest(self) -> String {
        self.url(3)
    }

    pub(crate) fn admin(self) -> String {
        self.url(4)
    }

    pub(crate) fn vault(self) -> String {
        self.url(5)
    }

    pub(crate) fn thief(self) -> String {
        self.url(6)
    }

    pub(crate) fn shop_port(self) -> u16 {
        self.base + 1
    }

    pub(crate) fn tap_port(self) -> u16 {
        self.base + 3
    }

    pub(crate) fn thief_port(self) -> u16 {
        self.base + 6
    }

    /// Where the real ingest listens, behind the tap.
    pub(crate) fn ingest_port(self) -> u16 {
        self.base + 7
    }

    /// Looks before anything is built: a clear message now instead of a failed server in ten minutes.
    pub(crate) fn check_free(self) -> Result<()> {
        for port in self.base + 1..=self.base + 7 {
            let taken = |address: SocketAddr| {
                TcpListener::bind(address).is_err_and(|error| error.kind() == std::io::ErrorKind::AddrInUse)
            };
            if taken((Ipv4Addr::LOCALHOST, port).into()) || taken((Ipv6Addr::LOCALHOST, port).into()) {
                bail!(
                    "port {port} is in use: is another demo running? Stop it, or choose other ports and other data \
                     with --port-base and --data-dir"
                );
            }
        }
        Ok(())
    }

    fn url(self, offset: u16) -> String {
        format!("http://localhost:{}", self.base + offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_named() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let error = Ports { base: port - 3 }.check_free().unwrap_err().to_string();
        assert!(error.contains("in use"), "{error}");
    }

    #[test]
    fn the_base_leaves_room() {
        assert!(Ports::new(1023).is_err());
        assert!(Ports::new(65_530).is_err());
        assert_eq!(Ports::new(4800).unwrap().thief(), "http://localhost:4806");
    }
}
