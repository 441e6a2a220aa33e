use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Client;

/// Counts the connections of each client. The table has no more entries than there are connections.
#[derive(Debug, Clone)]
pub struct Connections {
    each: usize,
    open: Arc<Mutex<HashMap<Client, usize>>>,
}

/// One connection, until this is dropped.
#[derive(Debug)]
pub struct Counted {
    client: Client,
    open: Arc<Mutex<HashMap<Client, usize>>>,
}

impl Connections {
    /// At most `each` for a client, at least 1.
    pub fn new(each: usize) -> Self {
        Self { each: each.max(1), open: Arc::default() }
    }

    /// Counts one more, unless the client has all that it may have.
    pub fn count(&self, client: Client) -> Option<Counted> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(client).or_default();
        if *count >= self.each {
            return None;
        }
        *count = count.saturating_add(1);
        Some(Counted { client, open: Arc::clone(&self.open) })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.client) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_has_its_own_and_gets_them_back() {
        let connections = Connections::new(2);
        let [one, other] = ["192.0.2.1", "192.0.2.2"].map(|address| Client::of(address.parse().unwrap()));
        let first = connections.count(one).unwrap();
        let _second = connections.count(one).unwrap();
        assert!(connections.count(one).is_none());
        assert!(connections.count(other).is_some());
        drop(first);
        assert!(connections.count(one).is_some());
        assert_eq!(connections.open.lock().unwrap().len(), 1);
    }
}
