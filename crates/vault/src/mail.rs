//! Mail over SMTP to those who run a site: what is due, and checkpoints of the audit log where somebody sends them. No mail holds
//! a secret, or anything of a deposit.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use nightsafe_core::time::UnixTime;
use nightsafe_serve::config::{AbsolutePath, Secret, SecretError};
use serde::Deserialize;

/// How long a mail server may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// `[mail]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailSection {
    /// Host name of the mail server.
    pub server: String,
    /// Its port, when it is not the usual one.
    pub port: Option<u16>,
    /// How the connection is kept private.
    #[serde(default)]
    pub security: Security,
    /// Certification authorities in PEM; without it, those of this machine.
    pub ca: Option<AbsolutePath>,
    /// Name to sign in with.
    pub user: Option<String>,
    /// The password.
    pub password: Option<Secret>,
    /// Sender.
    pub from: String,
    /// Receivers.
    pub to: Vec<String>,
    /// File in which is kept what was announced.
    pub state: Option<AbsolutePath>,
}

/// How the connection to the mail server is kept private.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// TLS after STARTTLS, and nothing without it; port 587.
    #[default]
    Starttls,
    /// TLS from the first byte; port 465.
    Tls,
    /// None, to a server on this machine; port 25.
    None,
}

/// Why a section is not good.
#[derive(Debug, thiserror::Error)]
pub enum MailSectionError {
    /// An address.
    #[error("mail.{0}: write addresses as name@host, or Name <name@host>, and at least one")]
    Address(&'static str),
    /// Readable on its way.
    #[error("mail.security: none is for a mail server on this machine: write starttls or tls")]
    Insecure,
    /// One without the other.
    #[error("mail: user and password belong together: give both, or none")]
    Credentials,
    /// The password's file.
    #[error("mail.password: {0}")]
    Secret(#[from] SecretError),
    /// The authorities' file.
    #[error("mail.ca: cannot read {}: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// What is no certificate, or no host name.
    #[error("mail: the certification authorities or the server's name are not taken")]
    Tls,
    /// No place for what was announced.
    #[error("mail.state: name a file that this service may write, so that nothing is announced twice after a restart")]
    State,
}

/// Why a mail was not sent. Holds nothing of the server's words, nor of the mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// No answer in time.
    #[error("the mail server did not answer in time")]
    TimedOut,
    /// The connection was not private.
    #[error("the mail server's certificate or TLS is not taken")]
    Tls,
    /// The server said no.
    #[error("the mail server refused: status {0}")]
    Refused(u16),
    /// No connection, or a broken one.
    #[error("the mail server cannot be reached, or is none")]
    Unreachable,
    /// Not a mail.
    #[error("the mail cannot be put together")]
    Message,
}

/// Sends to the addresses of a section.
#[derive(Debug, Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    to: Vec<Mailbox>,
}

impl MailSection {
    /// Reads what the section names; nothing is sent yet.
    ///
    /// # Errors
    /// [`MailSectionError`]
    pub fn mailer(&self) -> Result<Mailer, MailSectionError> {
        let address = |key, text: &String| text.parse().map_err(|_| MailSectionError::Address(key));
        let to: Vec<Mailbox> = self.to.iter().map(|text| address("to", text)).collect::<Result<_, _>>()?;
        if to.is_empty() {
            return Err(MailSectionError::Address("to"));
        }
        let from: Mailbox = address("from", &self.from)?;
        let (tls, port) = match self.security {
            Security::Starttls => (Tls::Required(self.tls()?), 587),
            Security::Tls => (Tls::Wrapper(self.tls()?), 465),
            Security::None if self.is_local() => (Tls::None, 25),
            Security::None => return Err(MailSectionError::Insecure),
        };
        // The name of this machine is nobody's business; the sender's host is in the mail anyway
        let hello = ClientId::Domain(from.email.domain().to_owned());
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&self.server);
        let builder = builder.port(self.port.unwrap_or(port)).tls(tls).timeout(Some(TIMEOUT)).hello_name(hello);
        let builder = match (&self.user, &self.password) {
            (Some(user), Some(password)) => {
                let password = password.read_text()?;
                builder.credentials(Credentials::new(user.clone(), password.trim_end().to_owned()))
            }
            (None, None) => builder,
            _ => return Err(MailSectionError::Credentials),
        };
        Ok(Mailer { transport: builder.build(), from, to })
    }

    fn is_local(&self) -> bool {
        self.server == "localhost" || self.server.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
    }

    fn tls(&self) -> Result<TlsParameters, MailSectionError> {
        let mut builder = TlsParameters::builder(self.server.clone());
        if let Some(path) = &self.ca {
            let pem = std::fs::read(&**path);
            let pem = pem.map_err(|source| MailSectionError::Unreadable { path: path.to_path_buf(), source })?;
            let own = Certificate::from_pem(&pem).map_err(|_| MailSectionError::Tls)?;
            builder = builder.certificate_store(CertificateStore::None).add_root_certificate(own);
        }
        builder.build_rustls().map_err(|_| MailSectionError::Tls)
    }
}

impl Mailer {
    /// Sends a text to all addresses.
    ///
    /// # Errors
    /// [`MailError`]; then nobody got it, or the server did not say that it took it.
    pub async fn send(&self, subject: &str, text: &str, now: UnixTime) -> Result<(), MailError> {
        let date = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(now.seconds())).ok_or(MailError::Message)?;
        let mut message = Message::builder()
            .from(self.from.clone())
            .subject(subject)
            .date(date)
            .message_id(Some(self.message_id()?))
            .header(ContentType::TEXT_PLAIN);
        for to in &self.to {
            message = message.to(to.clone());
        }
        let message = message.body(text.to_owned()).map_err(|_| MailError::Message)?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_timeout() => Err(MailError::TimedOut),
            Err(error) if error.is_tls() => Err(MailError::Tls),
            Err(error) => Err(error.status().map_or(MailError::Unreachable, |code| MailError::Refused(code.into()))),
        }
    }

    fn message_id(&self) -> Result<String, MailError> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|_| MailError::Message)?;
        Ok(format!("<{}@{}>", nightsafe_core::encoding::hex(&bytes), self.from.email.domain()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section() -> MailSection {
        MailSection {
            server: "mail.shop.example".into(),
            port: None,
            security: Security::Starttls,
            ca: None,
            user: None,
            password: None,
            from: "Nightsafe <nightsafe@shop.example>".into(),
            to: vec!["office@shop.example".into()],
            state: None,
        }
    }

    #[test]
    fn what_is_no_address_or_not_private_is_refused() {
        section().mailer().unwrap();
        let refused = |change: fn(&mut MailSection)| {
            let mut section = section();
            change(&mut section);
            section.mailer().unwrap_err().to_string()
        };
        assert!(refused(|section| section.from = "nobody".into()).contains("mail.from"));
        assert!(refused(|section| section.to = vec!["a@b\r\nBcc: c@d".into()]).contains("mail.to"));
        assert!(refused(|section| section.to.clear()).contains("mail.to"));
        assert!(refused(|section| section.security = Security::None).contains("on this machine"));
        assert!(refused(|section| section.user = Some("shop".into())).contains("belong together"));
        assert!(refused(|section| section.ca = AbsolutePath::new("/nowhere.pem".into())).contains("/nowhere.pem"));
        for local in ["localhost", "127.0.0.1", "::1"] {
            let local = MailSection { server: local.into(), security: Security::None, ..section() };
            local.mailer().unwrap();
        }
    }
}
