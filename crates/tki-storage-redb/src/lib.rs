//! Records in one file: the embedded default
