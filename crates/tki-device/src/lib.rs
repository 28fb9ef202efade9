//! Where a device keeps its package
