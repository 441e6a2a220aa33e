//! The only SQL of Nightsafe: one module and type per database.
