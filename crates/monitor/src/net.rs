//! The way to a server.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use nightsafe_core::anchor::Origin;
use nightsafe_serve::client::{ClientTls, Endpoint, Proxy};
use nightsafe_serve::release::{Asker, Manner, Server};

/// The way to every server.
#[derive(Clone, Debug)]
pub struct Net {
    /// Whom to believe.
    pub tls: ClientTls,
    /// By way of this.
    pub proxy: Option<Proxy>,
    /// Addresses that take the place of where a name leads.
    pub connect: BTreeMap<Origin, SocketAddr>,
}

impl Net {
    /// A server of the site.
    pub fn server(&self, origin: &Origin, manner: &Arc<Manner>) -> Server {
        Server::new(origin, self.endpoint(origin), Arc::clone(manner))
    }

    /// Any server.
    pub fn asker(&self, origin: &Origin, manner: &Arc<Manner>) -> Asker {
        Asker::new(origin, self.endpoint(origin), Arc::clone(manner))
    }

    fn endpoint(&self, origin: &Origin) -> Endpoint {
        let endpoint = Endpoint::new(origin, self.tls.clone());
        match (&self.proxy, self.connect.get(origin)) {
            (Some(proxy), _) => endpoint.through(proxy.clone()),
            (None, Some(address)) => endpoint.at(*address),
            (None, None) => endpoint,
        }
    }
}
