//! Passphrases come from the terminal or from a file descriptor, never from an argument or the environment:
//! both of those are readable by other processes.

use std::fs::File;
use std::io::{ErrorKind, IsTerminal, Read};
use std::os::fd::{BorrowedFd, RawFd};
use std::str::FromStr;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use zeroize::Zeroizing;

/// Longest passphrase that is read, in bytes.
const MAX_PASSPHRASE: usize = 1024;

/// A passphrase as it was typed, without the line end.
pub(crate) type Passphrase = Zeroizing<String>;

/// A file descriptor that was handed over by its number. Taken while arguments are parsed, before this process opens
/// anything: a number that nobody handed over must not turn out to be one of our own files later.
#[derive(Clone, Debug)]
pub(crate) struct Descriptor(Arc<File>);

impl FromStr for Descriptor {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let fd: RawFd = text.parse().ok().filter(|fd| *fd >= 0).context("give the number of a file descriptor")?;
        // SAFETY: the number is used for this one call, which fails when nothing is open there. What it gives is a
        // descriptor of our own, and reading from it is what whoever started us asked for.
        #[expect(unsafe_code, reason = "a descriptor that is named by a number; /dev/fd cannot open sockets")]
        let owned = unsafe { BorrowedFd::borrow_raw(fd) }.try_clone_to_owned();
        let owned = owned.context("it is not open: hand one over, for example with 3<FILE or a pipe")?;
        Ok(Self(Arc::new(File::from(owned))))
    }
}

/// Where passphrases are read from, one line each.
pub(crate) enum Source {
    Terminal,
    Descriptor(Lines),
}

impl Source {
    /// Reads from the descriptor when there is one, else from the terminal.
    pub(crate) fn new(descriptor: Option<&Descriptor>) -> Self {
        match descriptor {
            Some(descriptor) => Self::Descriptor(Lines { input: Arc::clone(&descriptor.0), last: None }),
            None => Self::Terminal,
        }
    }

    /// Asks for a passphrase that exists already.
    pub(crate) fn existing(&mut self, what: &str) -> Result<Passphrase> {
        match self {
            Self::Terminal => prompt(&format!("Passphrase of {what}: ")),
            Self::Descriptor(lines) => lines.next(what),
        }
    }

    /// Asks for a new passphrase: twice at the terminal, and refuses those that are short or easy to guess. `known` are
    /// words that a guesser tries first, like names: Argon2id slows guessing down, it does not replace strength.
    pub(crate) fn new_one(&mut self, what: &str, known: &[&str]) -> Result<Passphrase> {
        let passphrase = match self {
            Self::Terminal => {
                let first = prompt(&format!("New passphrase for {what}: "))?;
                if *first != *prompt("The same again: ")? {
                    bail!("the two passphrases differ: start again");
                }
                first
            }
            Self::Descriptor(lines) => lines.next(what)?,
        };
        let verdict = nightsafe_passphrase::judge(&passphrase, known);
        if !verdict.enough {
            bail!("the passphrase for {what} is refused. {}", verdict.sentence);
        }
        Ok(passphrase)
    }
}

fn prompt(text: &str) -> Result<Passphrase> {
    if !std::io::stderr().is_terminal() && !std::io::stdin().is_terminal() {
        bail!(
            "there is no terminal to ask for a passphrase: hand it over with --passphrase-fd (and --site-passphrase-fd)"
        );
    }
    let line = rpassword::prompt_password(text).context("cannot read from the terminal")?;
    Ok(Zeroizing::new(line))
}

/// Lines of one file descriptor. It is read byte by byte, so that what follows a line stays for the next reader.
///
/// When the descriptor ends after its first line, that line answers every further question too: one passphrase for
/// several site keys is then a single line.
pub(crate) struct Lines {
    input: Arc<File>,
    last: Option<Passphrase>,
}

impl Lines {
    fn next(&mut self, what: &str) -> Result<Passphrase> {
        if let Some(line) = self.read_line()? {
            if line.is_empty() {
                bail!("the line with the passphrase of {what} is empty");
            }
            self.last = Some(line);
        }
        match &self.last {
            Some(line) => Ok(line.clone()),
            None => bail!("the file descriptor ended before the passphrase of {what}"),
        }
    }

    fn read_line(&mut self) -> Result<Option<Passphrase>> {
        // Full size at once: growing would leave copies behind.
        let mut line = Zeroizing::new(Vec::with_capacity(MAX_PASSPHRASE + 1));
        let mut byte = Zeroizing::new([0u8; 1]);
        let mut seen = false;
        loop {
            match (&*self.input).read(byte.as_mut_slice()) {
                Ok(0) => break,
                Ok(_) if *byte == [b'\n'] => {
                    seen = true;
                    break;
                }
                Ok(_) => line.extend_from_slice(byte.as_slice()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error).context("cannot read the passphrase"),
            }
            if line.len() > MAX_PASSPHRASE {
                bail!("the passphrase is longer than {MAX_PASSPHRASE} bytes");
            }
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        if line.is_empty() && !seen {
            return Ok(None);
        }
        let text = std::str::from_utf8(&line).context("the passphrase is not UTF-8 text")?;
        Ok(Some(Zeroizing::new(text.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, SeekFrom, Write};

    use super::*;

    fn lines(text: &str) -> Lines {
        let mut input = tempfile::tempfile().unwrap();
        input.write_all(text.as_bytes()).unwrap();
        input.seek(SeekFrom::Start(0)).unwrap();
        Lines { input: Arc::new(input), last: None }
    }

    #[test]
    fn one_line_each() {
        let mut lines = lines("first phrase\r\nsecond phrase\n");
        assert_eq!(*lines.next("a").unwrap(), "first phrase");
        assert_eq!(*lines.next("b").unwrap(), "second phrase");
    }

    #[test]
    fn a_single_line_answers_for_all() {
        let mut lines = lines("only phrase");
        assert_eq!(*lines.next("a").unwrap(), "only phrase");
        assert_eq!(*lines.next("b").unwrap(), "only phrase");
    }

    #[test]
    fn nothing_and_empty_lines_are_refused() {
        assert!(lines("").next("a").is_err());
        assert!(lines("\nrest\n").next("a").is_err());
        assert!(lines(&"x".repeat(2000)).next("a").is_err());
    }

    #[test]
    fn weak_new_passphrases_are_refused_and_not_repeated_in_the_error() {
        for (typed, known, reason) in [
            ("tiny-word", &[][..], "Too short"),
            ("qwertyuiop[]", &[], "keys of a keyboard"),
            ("quimbelt zylopharg", &["Quimbelt", "zylopharg.example"], "Too easy"),
        ] {
            let mut source = Source::Descriptor(lines(&format!("{typed}\n")));
            let error = source.new_one("the admin", known).unwrap_err().to_string();
            assert!(error.contains(reason) && !error.contains(typed), "{error}");
        }
        let mut source = Source::Descriptor(lines("quimbelt zylopharg\n"));
        assert_eq!(*source.new_one("the admin", &[]).unwrap(), "quimbelt zylopharg");
    }
}
