//! Envelopes, deposits, signed notes and policy of Nightsafe: no I/O, no clock.
