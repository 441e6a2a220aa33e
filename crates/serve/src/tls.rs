//! TLS by rustls, with certificates that are exchanged without a restart: new connections get the new one, those that
//! are there go on.

mod files;

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

pub use files::{TlsError, TlsFiles};

use crate::pin::Pin;
use crate::service::Stopped;
use files::{Stamps, fingerprint, load};

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// TLS of one listener. Clones share the certificate.
#[derive(Clone)]
pub struct Tls {
    files: TlsFiles,
    current: Arc<Current>,
    acceptor: TlsAcceptor,
}

/// The certificate in use.
#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl Current {
    fn get(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn set(&self, key: CertifiedKey) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _client_hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.get())
    }
}

impl Tls {
    /// Reads certificate and key.
    ///
    /// # Errors
    /// [`TlsError`]
    pub fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let current = Arc::new(Current(RwLock::new(Arc::new(load(&files)?))));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Rustls)?;
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<Current>::clone(&current);
        let mut config = config.with_no_client_auth().with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { files, current, acceptor: TlsAcceptor::from(Arc::new(config)) })
    }

    /// What clients pin that know this server by its key.
    pub fn pin(&self) -> Option<Pin> {
        pin(&self.current.get())
    }

    pub(crate) fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }

    /// Looks at the files until `stopped` is ready, and takes over what is good. What is not good is logged, and the
    /// certificate before stays in use: files that are replaced one after the other do not fit for a moment.
    pub async fn keep_fresh(self, listener: &'static str, mut stopped: Stopped) {
        tell(listener, &self.current.get());
        let mut seen = Stamps::of(&self.files);
        let mut fault = None;
        loop {
            tokio::select! {
                () = &mut stopped => break,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            // Before the files are read: a change in between is then noticed next time
            let now = Stamps::of(&self.files);
            if now == seen && fault.is_none() {
                continue;
            }
            seen = now;
            match load(&self.files) {
                Ok(key) => {
                    tell(listener, &key);
                    self.current.set(key);
                    fault = None;
                }
                Err(error) => {
                    let text = error.to_string();
                    if fault.as_ref() != Some(&text) {
                        tracing::error!(listener, error = text, "the certificate was not changed");
                    }
                    fault = Some(text);
                }
            }
        }
    }
}

fn pin(key: &CertifiedKey) -> Option<Pin> {
    key.cert.first().and_then(|certificate| Pin::of(certificate).ok())
}

fn tell(listener: &'static str, key: &CertifiedKey) {
    let pin = pin(key).map(|pin| pin.to_string());
    tracing::info!(listener, fingerprint = %fingerprint(key), pin = pin.as_deref(), "a certificate is in use");
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}
