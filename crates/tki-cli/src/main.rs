//! tki: the command line.
fn main() {}
