//! The life of an account
