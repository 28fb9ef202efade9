//! Where a database is.

use alloc::string::String;
use core::net::IpAddr;

use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// Whether nothing that is sent there leaves the machine.
pub(crate) fn is_local(config: &Config) -> bool {
    let addresses = config.get_hostaddrs();
    if !addresses.is_empty() {
        return addresses.iter().all(IpAddr::is_loopback);
    }
    config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            name == "localhost"
                || name
                    .parse()
                    .is_ok_and(|address: IpAddr| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    })
}

/// The same database, user and password at another host: `HOST`, `HOST:PORT` or `[ADDRESS]:PORT`.
pub(crate) fn elsewhere(primary: &Config, place: &str) -> Option<Config> {
    let (host, port) = split(place)?;
    let mut config = Config::new();
    config.host(host);
    if let Some(port) = port {
        config.port(port);
    }
    if let Some(user) = primary.get_user() {
        config.user(user);
    }
    if let Some(password) = primary.get_password() {
        config.password(password);
    }
    if let Some(name) = primary.get_dbname() {
        config.dbname(name);
    }
    if let Some(options) = primary.get_options() {
        config.options(options);
    }
    if let Some(name) = primary.get_application_name() {
        config.application_name(name);
    }
    if let Some(timeout) = primary.get_connect_timeout() {
        config.connect_timeout(*timeout);
    }
    Some(config)
}

fn split(place: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = if let Some(rest) = place.strip_prefix('[') {
        let (address, rest) = rest.split_once(']')?;
        (address, (!rest.is_empty()).then_some(rest))
    } else {
        match place.find(':') {
            Some(colon) => {
                let (host, rest) = place.split_at_checked(colon)?;
                (host, Some(rest))
            }
            None => (place, None),
        }
    };
    let port = match port {
        Some(port) => Some(port.strip_prefix(':')?.parse().ok()?),
        None => None,
    };
    (!host.is_empty()).then(|| (host.into(), port))
}
