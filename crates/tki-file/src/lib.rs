//! The one way a home writes a file: all of it or nothing, for one process at a time
