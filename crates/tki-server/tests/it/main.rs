//! The server, asked without a socket and over loopback, kindly and not.

#[cfg(test)]
mod asking;
#[cfg(test)]
mod browsers;
#[cfg(test)]
mod describing;
#[cfg(test)]
mod ending;
#[cfg(test)]
mod gate;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod loopback;
#[cfg(test)]
mod memory;
#[cfg(test)]
mod process;
#[cfg(test)]
mod rates;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod slow;
#[cfg(test)]
mod tls;
#[cfg(test)]
#[cfg(feature = "postgres")]
mod urls;
#[cfg(test)]
mod writing;
