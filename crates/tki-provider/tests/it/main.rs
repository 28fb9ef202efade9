//! Tests through the public interface alone.
