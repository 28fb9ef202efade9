//! The Storage trait, a backend in memory, and the suite that every backend passes
