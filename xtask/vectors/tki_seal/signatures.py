"""docs/spec/seal.md, sections 6 and 7: ECDSA (SEC 1, RFC 6979), BIP-340, and Ed25519 (RFC 8032)."""

import hashlib
import hmac

from curves import Ed25519, Secp256k1, multiply
from tki_seal.kdf import hkdf
from tki_seal.transcript import transcript


def be32(n):
    return n.to_bytes(32, "big")


def rfc6979(curve, d, digest):
    """The nonces of RFC 6979, section 3.2, by HMAC-SHA256; q has as many bits as the digest."""

    def h(key, *parts):
        return hmac.new(key, b"".join(parts), hashlib.sha256).digest()

    seed = be32(d) + be32(int.from_bytes(digest, "big") % curve.q)
    k, v = bytes(32), b"\x01" * 32
    for separator in (b"\x00", b"\x01"):
        k = h(k, v, separator, seed)
        v = h(k, v)
    while True:
        v = h(k, v)
        nonce = int.from_bytes(v, "big")
        if 0 < nonce < curve.q:
            yield nonce
        k = h(k, v, b"\x00")
        v = h(k, v)


def ecdsa(curve, d, digest):
    """r ‖ s, on secp256k1 with the lower s, and the recovery id: step 6.2."""
    q, z = curve.q, int.from_bytes(digest, "big")
    for k in rfc6979(curve, d, digest):
        x, y = multiply(curve, k, curve.G)
        r = x % q
        s = pow(k, -1, q) * (z + r * d) % q
        if r and s:
            recovery = (y & 1) | (2 if x >= q else 0)
            if curve is Secp256k1 and s > q // 2:
                s, recovery = q - s, recovery ^ 1
            return be32(r) + be32(s), recovery


def tagged(name, *parts):
    tag = hashlib.sha256(name.encode()).digest()
    return hashlib.sha256(tag + tag + b"".join(parts)).digest()


def bip340(d, message):
    """With auxiliary randomness zero."""
    q, G = Secp256k1.q, Secp256k1.G
    x, y = multiply(Secp256k1, d, G)
    d = q - d if y & 1 else d
    mask = int.from_bytes(tagged("BIP0340/aux", bytes(32)), "big")
    nonce = tagged("BIP0340/nonce", be32(d ^ mask), be32(x), message)
    k = int.from_bytes(nonce, "big") % q
    rx, ry = multiply(Secp256k1, k, G)
    k = q - k if ry & 1 else k
    e = int.from_bytes(tagged("BIP0340/challenge", be32(rx), be32(x), message), "big") % q
    return be32(rx) + be32((k + e * d) % q)


def scalar_from_seed(seed):
    """Section 7."""
    half = bytearray(hashlib.sha512(seed).digest()[:32])
    half[0] &= 248
    half[31] = half[31] & 127 | 64
    return int.from_bytes(half, "little") % Ed25519.q


def ed25519(a, message):
    """Steps 6.3 and 6.4."""

    def h(*parts):
        return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % Ed25519.q

    public = Ed25519.encode(multiply(Ed25519, a, Ed25519.G))
    prefix = hkdf(Ed25519.scalar(a), b"", transcript("ed25519 nonce"), 32)
    r = h(prefix, message)
    R = Ed25519.encode(multiply(Ed25519, r, Ed25519.G))
    return R + Ed25519.scalar((r + h(R, public, message) * a) % Ed25519.q)
