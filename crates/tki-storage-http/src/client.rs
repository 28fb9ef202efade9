//! `HttpStorage`: records of a server.
