//! Who asks: an address of the internet, as far as it names one customer of a network.

use core::fmt;
use core::net::{IpAddr, Ipv6Addr};
use core::str::FromStr;

use http::{HeaderMap, HeaderName};
use thiserror::Error;

use super::buckets::Key;

/// Where proxies write for whom they ask, the last one last.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// How many proxies may stand between.
const MOST_HOPS: usize = 16;

/// A client: an address of IPv4, or the network of 64 bits that one customer of IPv6 has at least.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Client(u128);

impl Client {
    /// Whose this address is.
    pub(crate) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            // Beside every network of 64 bits: those end with 64 zeroes.
            IpAddr::V4(v4) => Self(u128::from(v4.to_bits()) | 1 << 32),
            IpAddr::V6(v6) => Self(v6.to_bits() & !u128::from(u64::MAX)),
        }
    }

    /// Who asks over this connection: the connection's other end, or, if that is a trusted proxy,
    /// the last address that the proxies wrote down and that is none of theirs.
    ///
    /// What a client itself writes into the header stands before what the proxies add, and is never
    /// reached.
    pub(crate) fn behind(peer: IpAddr, headers: &HeaderMap, trusted: &[Net]) -> Self {
        // Step 1.5: the last address that is no trusted proxy's.
        let is_trusted = |address: &IpAddr| trusted.iter().any(|net| net.has(*address));
        let mut client = peer;
        if trusted.is_empty() || !is_trusted(&client) {
            return Self::of(client);
        }
        let values = headers.get_all(FORWARDED_FOR).iter().rev();
        // What is before the last comma may be anything: a client wrote it.
        let written = values
            .flat_map(|value| value.as_bytes().rsplit(|byte| *byte == b','))
            .take(MOST_HOPS);
        for hop in written {
            let hop = core::str::from_utf8(hop).unwrap_or_default();
            let Some(address) = address(hop.trim()) else {
                break;
            };
            client = address;
            if !is_trusted(&client) {
                break;
            }
        }
        Self::of(client)
    }
}

/// An address, with a port or without.
fn address(text: &str) -> Option<IpAddr> {
    let plain = text.trim_start_matches('[').trim_end_matches(']');
    let with_port = || {
        text.parse()
            .ok()
            .map(|socket: core::net::SocketAddr| socket.ip())
    };
    plain.parse().ok().or_else(with_port)
}

impl Key for Client {
    fn part(&self) -> u8 {
        let [a, b, c, d, e, f, g, h, .., y, z] = self.0.to_be_bytes();
        a ^ b ^ c ^ d ^ e ^ f ^ g ^ h ^ y ^ z
    }
}

/// A network: an address and how many of its bits count.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Net {
    /// IPv4 as the part of IPv6 that is mapped to it.
    bits: u128,
    length: u32,
}

impl Net {
    /// Whether this address is one of the network.
    pub(crate) fn has(&self, address: IpAddr) -> bool {
        let shift = 128_u32.saturating_sub(self.length);
        let prefix = |bits: u128| bits.checked_shr(shift).unwrap_or(0);
        prefix(mapped(address).to_bits()) == prefix(self.bits)
    }
}

fn mapped(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    }
}

/// The text is no network.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("`{given}` is no address or network, such as 10.0.0.0/8")]
#[non_exhaustive]
pub struct InvalidNet {
    /// The text.
    pub given: String,
}

impl FromStr for Net {
    type Err = InvalidNet;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidNet {
            given: text.to_owned(),
        };
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| invalid())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let length = length.map_or(Ok(most), |length| {
            length.parse::<u32>().map_err(|_| invalid())
        });
        let length = length?;
        if length > most {
            return Err(invalid());
        }
        Ok(Self {
            bits: mapped(address).to_bits(),
            length: length.saturating_add(128).saturating_sub(most),
        })
    }
}

impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = Ipv6Addr::from_bits(self.bits);
        match address.to_ipv4_mapped() {
            Some(v4) if self.length >= 96 => write!(f, "{v4}/{}", self.length.saturating_sub(96)),
            Some(_) | None => write!(f, "{address}/{}", self.length),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn client(text: &str) -> Client {
        Client::of(text.parse().unwrap())
    }

    fn behind(peer: &str, forwarded: &[&str], trusted: &[&str]) -> Client {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, value.parse().unwrap());
        }
        let trusted: Vec<Net> = trusted.iter().map(|net| net.parse().unwrap()).collect();
        Client::behind(peer.parse().unwrap(), &headers, &trusted)
    }

    #[test]
    fn a_customer_of_ipv6_is_one_client_however_many_addresses_it_has() {
        assert_eq!(client("2001:db8:1:2::1"), client("2001:db8:1:2:ffff::9"));
        assert_ne!(client("2001:db8:1:2::1"), client("2001:db8:1:3::1"));
        assert_ne!(client("192.0.2.1"), client("192.0.2.2"));
        assert_eq!(client("::ffff:192.0.2.1"), client("192.0.2.1"));
        assert_ne!(client("0.0.0.0"), client("::"));
    }

    #[test]
    fn nobody_is_believed_who_is_not_trusted() {
        let honest = client("192.0.2.1");
        assert_eq!(behind("192.0.2.1", &["198.51.100.7"], &[]), honest);
        let trusted = ["10.0.0.0/8"];
        assert_eq!(behind("192.0.2.1", &["198.51.100.7"], &trusted), honest);
    }

    #[test]
    fn a_trusted_proxy_says_who_asks_and_a_client_cannot_say_it_for_itself() {
        let trusted = ["10.0.0.0/8", "2001:db8::/32"];
        let expected = client("192.0.2.1");
        for forwarded in [
            &["192.0.2.1"][..],
            &["6.6.6.6, 192.0.2.1"],
            &["6.6.6.6, 192.0.2.1, 10.3.3.3"],
            &["6.6.6.6", "192.0.2.1", "10.3.3.3,10.4.4.4"],
            &["nonsense, 192.0.2.1:4711"],
        ] {
            assert_eq!(
                behind("10.1.1.1", forwarded, &trusted),
                expected,
                "{forwarded:?}"
            );
        }
        let expected = client("2001:db9::1");
        let forwarded = ["[2001:db9::1]:80, 2001:db8::5"];
        assert_eq!(behind("10.1.1.1", &forwarded, &trusted), expected);
    }

    #[test]
    fn bytes_that_are_no_text_hide_no_address_behind_them() {
        let mut headers = HeaderMap::new();
        headers.append(FORWARDED_FOR, "6.6.6.6".parse().unwrap());
        let hidden = HeaderValue::from_bytes(b"\xff, 192.0.2.1").unwrap();
        headers.append(FORWARDED_FOR, hidden);
        let (proxy, trusted) = ("10.1.1.1".parse().unwrap(), ["10.1.1.1".parse().unwrap()]);
        let behind = Client::behind(proxy, &headers, &trusted);
        assert_eq!(behind, client("192.0.2.1"));
    }

    #[test]
    fn a_proxy_that_says_nothing_understandable_is_the_client() {
        let trusted = ["10.1.1.1"];
        let proxy = client("10.1.1.1");
        for forwarded in [&[][..], &[""], &["unknown"], &["192.0.2.1, unknown"]] {
            assert_eq!(
                behind("10.1.1.1", forwarded, &trusted),
                proxy,
                "{forwarded:?}"
            );
        }
    }

    #[test]
    fn networks_are_read_as_they_are_shown() {
        for text in [
            "10.0.0.0/8",
            "192.0.2.1/32",
            "2001:db8::/32",
            "::/0",
            "0.0.0.0/0",
        ] {
            assert_eq!(text.parse::<Net>().unwrap().to_string(), text);
        }
        let all: Net = "::/0".parse().unwrap();
        assert!(all.has("192.0.2.1".parse().unwrap()));
        let none: Net = "0.0.0.0/0".parse().unwrap();
        assert!(!none.has("2001:db8::1".parse().unwrap()));
        for text in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/x", "a/8"] {
            assert!(text.parse::<Net>().is_err(), "{text}");
        }
    }
}
