//! How much may be asked for: requests in time ([`Rates`]), bytes of bodies at once ([`Memory`]), connections of one
//! address ([`Connections`]). Every table is bounded.

mod bucket;
mod connections;
mod guard;
mod memory;
mod rates;

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::IntoResponse;
use nightsafe_proto::problem::ProblemType;

use crate::forwarded::Trust;
use crate::problem::Problem;

pub use bucket::Rate;
pub use connections::Connections;
pub use guard::Guard;
pub use memory::{Memory, Share};
pub use rates::{RateLimits, Rates, Refused};

/// Who is counted as one: an IPv4 address, or the /64 that one IPv6 customer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Client(IpAddr);

impl Client {
    /// The client that has `address`.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) => Self(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into()),
            address @ IpAddr::V4(_) => Self(address),
        }
    }
}

/// What decides whether a request is served at all.
#[derive(Debug)]
pub struct Admission {
    /// Whose word on addresses is taken.
    pub trust: Trust,
    /// How often who may ask.
    pub rates: Rates,
}

impl Admission {
    fn check(&self, request: &mut Request) -> Result<(), Problem> {
        let client = self.trust.client(request.extensions(), request.headers()).map(Client::of);
        if let Some(client) = client {
            request.extensions_mut().insert(client);
        }
        self.rates.check(client).map_err(|refused| match refused {
            Refused::Client { wait } => Problem::new(ProblemType::RateLimited).after(wait),
            Refused::All { wait } => Problem::new(ProblemType::Busy).after(wait),
        })
    }
}

/// Asks `admission` before every route that `router` has so far: 429 to a client that asks too often, 503 when all
/// together do; both with `Retry-After`. A handler finds the [`Client`], when it is known, in the request's extensions.
pub fn admit<S: Clone + Send + Sync + 'static>(router: Router<S>, admission: Arc<Admission>) -> Router<S> {
    router.route_layer(from_fn_with_state(admission, ask))
}

async fn ask(State(admission): State<Arc<Admission>>, mut request: Request, next: Next) -> Response<Body> {
    match admission.check(&mut request) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_ipv6_customer_is_one_client() {
        let client = |text: &str| Client::of(text.parse().unwrap());
        assert_eq!(client("2001:db8:1:2::1"), client("2001:db8:1:2:ffff::9"));
        assert_ne!(client("2001:db8:1:2::1"), client("2001:db8:1:3::1"));
        assert_eq!(client("::ffff:192.0.2.1"), client("192.0.2.1"));
        assert_ne!(client("192.0.2.2"), client("192.0.2.1"));
    }
}
