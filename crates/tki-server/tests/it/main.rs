//! The server, asked without a socket and over loopback.

#[cfg(test)]
mod asking;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod writing;
