//! The suite that every device store passes.
