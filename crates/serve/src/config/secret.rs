use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, de};
use zeroize::Zeroizing;

use super::AbsolutePath;

/// What a name starts with that is looked up in `$CREDENTIALS_DIRECTORY`.
const CREDENTIAL: &str = "credential:";
/// Longest secret, in bytes.
const MAX_SECRET: u64 = 64 << 10;

/// Where a secret lies: a file with its full path, or `credential:NAME`, which is the file `NAME` in the folder that
/// systemd hands a service (`LoadCredential=`). The secret itself is never in a configuration, an argument or the
/// environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret(Place);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    File(PathBuf),
    Credential(String),
}

/// Why a secret cannot be had. Holds nothing of it.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Neither of the two forms.
    #[error("a secret is named by a full path, or as credential:NAME")]
    Form,
    /// The process was not given credentials.
    #[error("there is no credential {0}: $CREDENTIALS_DIRECTORY is not set; add LoadCredential={0}:FILE to the unit")]
    NoCredentials(String),
    /// The file cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Users whom it does not concern could read or change the file.
    #[error("{} is open to other users: give it to the service's user and take their rights (chmod 0600)", .0.display())]
    Open(PathBuf),
    /// Not text, where text is needed.
    #[error("{} is not UTF-8 text", .0.display())]
    NotText(PathBuf),
}

impl Secret {
    /// Reads [`Secret`]'s text form.
    ///
    /// # Errors
    /// [`SecretError::Form`]
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        if let Some(name) = text.strip_prefix(CREDENTIAL) {
            let is_name = !name.is_empty() && !name.starts_with('.') && !name.contains('/');
            return if is_name { Ok(Self(Place::Credential(name.to_owned()))) } else { Err(SecretError::Form) };
        }
        let path = AbsolutePath::new(PathBuf::from(text)).ok_or(SecretError::Form)?;
        Ok(Self(Place::File(path.into())))
    }

    /// The file.
    ///
    /// # Errors
    /// [`SecretError::NoCredentials`]
    pub fn path(&self) -> Result<PathBuf, SecretError> {
        self.path_in(std::env::var_os("CREDENTIALS_DIRECTORY"))
    }

    /// Reads the secret as it is in the file now.
    ///
    /// # Errors
    /// [`SecretError`]; [`SecretError::Open`] when the file's owner is neither root nor this process's user, when
    /// others may read it, or when the group may write it.
    pub fn read(&self) -> Result<Zeroizing<Vec<u8>>, SecretError> {
        read(&self.path()?)
    }

    /// Reads text; a line's end at its end is not part of it.
    ///
    /// # Errors
    /// As [`Self::read`], and [`SecretError::NotText`].
    pub fn read_text(&self) -> Result<Zeroizing<String>, SecretError> {
        let path = self.path()?;
        let bytes = read(&path)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| SecretError::NotText(path))?;
        let text = text.strip_suffix('\n').unwrap_or(text);
        Ok(Zeroizing::new(text.strip_suffix('\r').unwrap_or(text).to_owned()))
    }

    fn path_in(&self, credentials: Option<OsString>) -> Result<PathBuf, SecretError> {
        match &self.0 {
            Place::File(path) => Ok(path.clone()),
            Place::Credential(name) => {
                let folder = credentials.ok_or_else(|| SecretError::NoCredentials(name.clone()))?;
                Ok(Path::new(&folder).join(name))
            }
        }
    }
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    let unreadable = |source| SecretError::Unreadable { path: path.to_owned(), source };
    let file = File::open(path).map_err(unreadable)?;
    // Of the open file: the name may mean another one by now
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(unreadable(std::io::ErrorKind::InvalidInput.into()));
    }
    if !is_closed(metadata.mode(), metadata.uid()) {
        return Err(SecretError::Open(path.to_owned()));
    }
    // Room for all of it at once: a buffer that grows leaves copies behind
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(MAX_SECRET).unwrap_or_default()));
    file.take(MAX_SECRET).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 == MAX_SECRET {
        return Err(unreadable(std::io::ErrorKind::FileTooLarge.into()));
    }
    Ok(bytes)
}

/// Reading by the group is how root gives a file to a service; systemd's credentials show that bit, too.
fn is_closed(mode: u32, owner: u32) -> bool {
    let ours = owner == 0 || owner == rustix::process::geteuid().as_raw();
    ours && mode & 0o027 == 0
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The library's own error shows the value, which may be a secret in the wrong place: `password = 123456`
        let text = String::deserialize(deserializer).map_err(|_| de::Error::custom(SecretError::Form))?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_secret_that_stands_where_its_place_should_is_not_shown() {
        #[derive(Debug, serde::Deserialize)]
        struct Section {
            #[expect(dead_code, reason = "never read: each of these is refused")]
            password: Secret,
        }
        for text in ["password = 123456", "password = '123456'", "password = [123456]", "password = {a = 123456}"] {
            let error = toml::from_str::<Section>(text).unwrap_err().message().to_owned();
            assert_eq!(error, SecretError::Form.to_string(), "{text}");
        }
    }

    fn file(mode: u32, text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        (folder, path)
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        for (mode, good) in [
            (0o600, true),
            (0o400, true),
            (0o640, true),
            (0o660, false),
            (0o604, false),
            (0o644, false),
            (0o602, false),
            (0o601, false),
        ] {
            let (_folder, path) = file(mode, "x\n");
            let secret = Secret::parse(path.to_str().unwrap()).unwrap();
            assert_eq!(secret.read_text().is_ok(), good, "{mode:o}");
            if !good {
                assert!(matches!(secret.read(), Err(SecretError::Open(_))));
            }
        }
        assert!(!is_closed(0o100_600, 4_000_000_000));
    }

    #[test]
    fn the_lines_end_is_not_part_of_it() {
        let (_folder, path) = file(0o600, "a b \r\n");
        let secret = Secret::parse(path.to_str().unwrap()).unwrap();
        assert_eq!(*secret.read_text().unwrap(), "a b ");
        assert_eq!(**secret.read().unwrap(), *b"a b \r\n");
    }

    #[test]
    fn a_credential_is_in_the_folder_that_systemd_gives() {
        let secret = Secret::parse("credential:tls.key").unwrap();
        assert_eq!(secret.path_in(Some("/run/c".into())).unwrap(), Path::new("/run/c/tls.key"));
        let error = secret.path_in(None).unwrap_err().to_string();
        assert!(error.contains("LoadCredential=tls.key:"), "{error}");
    }

    #[test]
    fn other_forms_are_refused() {
        for bad in ["", "keys/a", "credential:", "credential:a/b", "credential:..", "hunter2"] {
            assert!(matches!(Secret::parse(bad), Err(SecretError::Form)), "{bad}");
        }
    }
}
