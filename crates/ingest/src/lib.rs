//! Takes sealed deposits, serves the timestamp note and the fields folder.
