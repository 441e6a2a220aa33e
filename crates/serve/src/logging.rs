//! Logs: JSON lines or text on stderr, without any content of requests.
//!
//! What a request carries is never logged: no body, no member of one, no query string, no path
//! that is not one of our own routes, no header.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people at a terminal.
    Text,
}

/// Starts logging to stderr for the whole process: once, from `main`. `filter` is a
/// tracing-subscriber directive list such as `info` or `warn,nightsafe_ingest=debug`.
///
/// # Errors
/// When `filter` cannot be read, or logging has been started already.
pub fn init(format: LogFormat, filter: &str) -> Result<(), LoggingError> {
    let filter = EnvFilter::try_new(filter).map_err(|_| LoggingError::Filter)?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match format {
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
        LogFormat::Text => lines.try_init(),
    }
    .map_err(|_| LoggingError::Started)?;
    log_panics_by_place();
    Ok(())
}

/// Why logging did not start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LoggingError {
    /// The filter is not a directive list.
    #[error("the log filter cannot be read: write a level such as `info`, or `target=level,...`")]
    Filter,
    /// There is a logger already.
    #[error("logging has been started already")]
    Started,
}

/// A panic's message can hold a value; its place cannot.
fn log_panics_by_place() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "panic");
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_filter_is_an_error() {
        assert_eq!(init(LogFormat::Json, "a=b=c"), Err(LoggingError::Filter));
    }
}
