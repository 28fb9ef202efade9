//! What client and server say to each other.

#[cfg(test)]
mod bodies;
#[cfg(test)]
mod json;
#[cfg(test)]
mod owner;
