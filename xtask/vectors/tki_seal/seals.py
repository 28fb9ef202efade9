"""docs/spec/seal.md, sections 2 to 4: what is sealed to a key, and what is not opened."""

import hashlib

from curves import Secp256k1, multiply
from tki_seal.chacha20poly1305 import aead, aead_open, chacha20, chacha_block
from tki_seal.kdf import derive_scalar, hkdf
from tki_seal.transcript import by, le64, transcript

Q, G = Secp256k1.q, Secp256k1.G


def seal_under(okm, header, plaintext):
    key, commitment = okm[:32], okm[32:]
    return header + commitment + aead(key, plaintext)


def open_under(okm, sealed):
    """The plaintext of commitment ‖ ciphertext ‖ tag; None when it does not open."""
    key, commitment = okm[:32], okm[32:]
    return aead_open(key, sealed[32:]) if sealed[:32] == commitment else None


def box_keys(Z, E, R, context):
    """Step 3.3."""
    return hkdf(Z, b"", transcript("sealed box", by(E), by(R), by(context)), 64)


def sealed_box(recipient, context, plaintext, fresh):
    """Steps 3.1 to 3.4, with what lies between."""
    R = Secp256k1.encode(recipient)
    mixed = transcript("box ephemeral", by(R), by(context), by(plaintext))
    m = hashlib.sha3_256(mixed).digest()
    e = derive_scalar(Q, "big", fresh, b"", "box ephemeral", by(m))
    E = Secp256k1.encode(multiply(Secp256k1, e, G))
    Z = Secp256k1.encode(multiply(Secp256k1, e, recipient))
    okm = box_keys(Z, E, R, context)
    return {"e": e, "Z": Z, "okm": okm, "sealed": seal_under(okm, E, plaintext)}


def open_box(r, context, sealed):
    """Steps 3.5 and 3.6; None when it does not open."""
    if len(sealed) < 33 + 32 + 16:
        return None
    try:
        E = Secp256k1.decode(sealed[:33])
    except ValueError:
        return None
    if E is None:
        return None
    R = Secp256k1.encode(multiply(Secp256k1, r, G))
    Z = Secp256k1.encode(multiply(Secp256k1, r, E))
    return open_under(box_keys(Z, sealed[:33], R, context), sealed[33:])


def symmetric_keys(key, salt, context):
    """Step 4.2."""
    return hkdf(key, salt, transcript("symmetric seal", by(context)), 64)


def symmetric_seal(key, context, plaintext, fresh):
    """Steps 4.1 to 4.3."""
    salt = hkdf(key, fresh, transcript("symmetric salt", by(context), by(plaintext)), 32)
    return seal_under(symmetric_keys(key, salt, context), salt, plaintext)


def open_symmetric(key, context, sealed):
    """Step 4.4; None when it does not open."""
    if len(sealed) < 32 + 32 + 16:
        return None
    return open_under(symmetric_keys(key, sealed[:32], context), sealed[32:])


def collide(keys):
    """48 bytes of ciphertext and a tag that ChaCha20-Poly1305 accepts under both keys.

    This is what the commitment is for. The tag is a polynomial in r, linear in the blocks: two keys
    are two equations, the second and third block the unknowns, solved modulo p until both are 16
    bytes with the 2^128 on top.
    """
    p, first, size = 2**130 - 5, 2**128 + 5, 48
    one_time = [chacha_block(key, 0, bytes(12))[:32] for key in keys]
    clamp = 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    r1, r2 = (int.from_bytes(k[:16], "little") & clamp for k in one_time)
    s1, s2 = (int.from_bytes(k[16:], "little") for k in one_time)
    lengths = int.from_bytes(le64(0) + le64(size) + b"\x01", "little")
    inverse = pow(r1**3 * r2**2 - r2**3 * r1**2, -1, p)
    for tag in range(1, 10000):
        a1 = ((tag - s1) % 2**128 - first * r1**4 - lengths * r1) % p
        a2 = ((tag - s2) % 2**128 - first * r2**4 - lengths * r2) % p
        second = (a1 * r2**2 - a2 * r1**2) * inverse % p
        third = (r1**3 * a2 - r2**3 * a1) * inverse % p
        if second >> 128 == 1 and third >> 128 == 1:
            blocks = (block - 2**128 for block in (first, second, third))
            ciphertext = b"".join(block.to_bytes(16, "little") for block in blocks)
            sealed = ciphertext + tag.to_bytes(16, "little")
            for key in keys:
                assert aead(key, chacha20(key, bytes(12), ciphertext)) == sealed
            return sealed
    raise AssertionError("no collision")
