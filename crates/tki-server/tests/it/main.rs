//! The server, asked without a socket and over loopback, kindly and not.

#[cfg(test)]
mod asking;
#[cfg(test)]
mod backends;
#[cfg(test)]
mod backups;
#[cfg(test)]
mod browsers;
#[cfg(test)]
#[cfg(feature = "postgres")]
mod databases;
#[cfg(test)]
mod describing;
#[cfg(test)]
mod ending;
#[cfg(test)]
mod gate;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod logging;
#[cfg(test)]
mod loopback;
#[cfg(test)]
mod measuring;
#[cfg(test)]
mod memory;
#[cfg(test)]
#[cfg(feature = "postgres")]
mod over_postgres;
#[cfg(test)]
mod paging;
#[cfg(test)]
mod process;
#[cfg(test)]
mod rates;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod resets;
#[cfg(test)]
mod scrubbing;
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
