//! The vault's database: index rows, field rows, custody, sessions, openings.
