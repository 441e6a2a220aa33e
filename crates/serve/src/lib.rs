//! What the servers of Nightsafe share: logging, problem documents, limits, static files, shutdown.
