//! Everything that is checked, in one program.
fn main() {}
