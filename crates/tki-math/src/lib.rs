//! Secret sharing over a prime field: polynomials, commitments, interpolation, refresh
