//! HTTP request, response and problem types of Nightsafe.
