"""Facts that others published, so that an error here is not taken for one over there."""

import hashlib

from curves import CURVES, P256, Ed25519, multiply
from tki_seal.chacha20poly1305 import chacha20, poly1305
from tki_seal.kdf import hkdf
from tki_seal.keccak import keccak256
from tki_seal.signatures import bip340, ecdsa, scalar_from_seed


def self_test():
    # RFC 8439, section 2.8.2, without its associated data: the ciphertext alone.
    key, nonce = bytes(range(0x80, 0xA0)), bytes.fromhex("070000004041424344454647")
    text = b"Ladies and Gentlemen of the class of '99"
    assert chacha20(key, nonce, text)[:8].hex() == "d31a8d34648e60db"
    # RFC 8439, section 2.5.2.
    key = bytes.fromhex("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b")
    assert poly1305(key, b"Cryptographic Forum Research Group")[:4].hex() == "a8061dc1"
    # The empty Keccak-256 of Ethereum; RFC 8032 section 7.1, test 1.
    assert keccak256(b"").hex()[:16] == "c5d2460186f7233c"
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    public = Ed25519.encode(multiply(Ed25519, scalar_from_seed(seed), Ed25519.G))
    assert public.hex()[:16] == "d75a980182b10ab7"
    for curve in CURVES.values():
        assert multiply(curve, curve.q, curve.G) == curve.identity
    # RFC 5869, appendix A.1, with the hash that it has vectors for.
    info, salt = bytes(range(0xF0, 0xFA)), bytes(range(13))
    okm = hkdf(b"\x0b" * 22, salt, info, 42, hashlib.sha256)
    assert okm.hex()[:32] == "3cb25f25faacd57a90434f64d0362f2a"
    # BIP-340, test vector 0; RFC 6979, appendix A.2.5, SHA-256 of "sample".
    assert bip340(3, bytes(32)).hex()[:32] == "e907831f80848d1069a5371b40241036"
    d = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
    signature, _ = ecdsa(P256, d, hashlib.sha256(b"sample").digest())
    assert signature.hex()[:32] == "efd48b2aacb6a8fd1140dd9cd45e81d6"
