//! OPAQUE (RFC 9807) sign-in, isolated: only bytes cross.
