//! What client and server say to each other.

extern crate alloc;

#[cfg(test)]
mod bodies;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod json;
#[cfg(test)]
mod outcome;
#[cfg(test)]
mod owner;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod repeating;
#[cfg(test)]
mod script;
#[cfg(test)]
mod served;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod writes;
