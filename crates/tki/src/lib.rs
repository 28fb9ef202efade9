//! Threshold key infrastructure: one key that nobody holds
