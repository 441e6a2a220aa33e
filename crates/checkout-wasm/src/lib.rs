//! Bindings over core for the frame of the checkout page: conversions and DOM inputs, no logic.
