"""docs/spec/seal.md, section 1: HKDF (RFC 5869) by HMAC-SHA3-256."""

import hashlib
import hmac

from tki_seal.transcript import transcript


def hkdf(secret, salt, info, length, of=hashlib.sha3_256):
    """Steps 1.1 and 1.2: extract, then expand."""
    prk = hmac.new(salt or bytes(32), secret, of).digest()
    okm, block, counter = b"", b"", 1
    while len(okm) < length:
        block = hmac.new(prk, block + info + bytes([counter]), of).digest()
        okm, counter = okm + block, counter + 1
    return okm[:length]


def derive_scalar(order, byteorder, secret, salt, tag, *fields):
    counter = 0
    while True:
        info = transcript(tag, *fields, ("u64", counter))
        scalar = int.from_bytes(hkdf(secret, salt, info, 48), byteorder) % order
        if scalar:
            return scalar
        counter += 1


def derive_scalar_on(curve, secret, salt, tag, *fields):
    return curve.scalar(derive_scalar(curve.q, curve.byteorder, secret, salt, tag, *fields))
