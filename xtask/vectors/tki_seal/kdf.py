"""docs/spec/seal.md, section 1: HKDF (RFC 5869) by HMAC-SHA3-256."""

import hashlib
import hmac

from tki_seal.transcript import transcript


def hmac_sha3(key, message):
    return hmac.new(key, message, hashlib.sha3_256).digest()


def hkdf(secret, salt, info, length):
    prk = hmac_sha3(salt or bytes(32), secret)
    okm, block, counter = b"", b"", 1
    while len(okm) < length:
        block = hmac_sha3(prk, block + info + bytes([counter]))
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
