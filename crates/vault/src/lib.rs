//! Takes deposits from the outbox and answers signed-in admins.
