//! Bindings over core and login for the admin site: conversions, no logic.
