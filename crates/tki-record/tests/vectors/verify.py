#!/usr/bin/env python3
"""Reads and verifies an encoded record: a second implementation of docs/spec/record.md.

Plain Python 3.9 or later, nothing to install. Everything here is public data.

    python3 verify.py record-1.bin
"""

import hashlib
import sys

# --- transcripts: docs/spec/transcript.md ------------------------------------------------------


def prefixed(data):
    return len(data).to_bytes(8, "little") + data


def data(value):
    return b"\1" + prefixed(value)


def number(value):
    return b"\2" + prefixed(value.to_bytes(8, "little"))


def flag(value):
    return b"\4" + prefixed(bytes([value]))


def items(values):
    return b"\5" + prefixed(len(values).to_bytes(8, "little") + b"".join(map(prefixed, values)))


def H(tag, *fields):
    return hashlib.sha3_256(prefixed(b"tki/v1/" + tag) + b"".join(fields)).digest()


# --- BIP-340 -----------------------------------------------------------------------------------

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)


def add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    if a == b:
        slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, P) % P
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P) % P
    x = (slope * slope - a[0] - b[0]) % P
    return (x, (slope * (a[0] - x) - a[1]) % P)


def multiply(point, scalar):
    result = None
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point, scalar = add(point, point), scalar >> 1
    return result


def verifies(key, digest, signature):
    x = int.from_bytes(key, "big")
    y = pow(x**3 + 7, (P + 1) // 4, P)
    if x >= P or y * y % P != (x**3 + 7) % P:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if r >= P or s >= N:
        return False
    tag = hashlib.sha256(b"BIP0340/challenge").digest()
    e = int.from_bytes(hashlib.sha256(tag * 2 + signature[:32] + key + digest).digest(), "big") % N
    R = add(multiply(G, s), multiply((x, y if y % 2 == 0 else P - y), N - e))
    return R is not None and R[1] % 2 == 0 and R[0] == r


# --- records: docs/spec/record.md --------------------------------------------------------------


class Reader:
    def __init__(self, encoded):
        self.rest = encoded

    def take(self, length):
        assert len(self.rest) >= length, "truncated"
        taken, self.rest = self.rest[:length], self.rest[length:]
        return taken

    def number(self, length):
        return int.from_bytes(self.take(length), "little")


def verify(encoded):
    reader = Reader(encoded)
    assert reader.number(1) == 1, "format"
    claim = reader.take(165)
    version, closed, body_hash = reader.number(8), reader.number(1), reader.take(32)
    count = reader.number(4)
    assert closed < 2 and count <= 4096
    hand_overs = [reader.take(104) for _ in range(count)]
    signature = reader.take(64)
    length = reader.number(4)
    assert length <= 1 << 20
    body = reader.take(length)
    assert reader.rest == b"", "bytes follow"

    fields = Reader(claim)
    kind, slot, key = fields.number(1), fields.number(4), fields.take(32)
    first_writer, binding, claim_signature = fields.take(32), fields.take(32), fields.take(64)
    address = H(b"address", number(kind), number(slot), data(key))
    digest = H(b"claim", data(address), data(first_writer), data(binding))
    assert verifies(key, digest, claim_signature), "claim"

    writer = successor = first_writer
    last = -1
    for hand_over in hand_overs:
        fields = Reader(hand_over)
        announced, following, named_by = fields.number(8), fields.take(32), fields.take(64)
        assert last < announced <= version, "order of hand-overs"
        digest = H(b"hand-over", data(address), number(announced), data(following))
        assert verifies(successor, digest, named_by), "hand-over"
        last, successor = announced, following
        if announced < version:
            writer = following
    assert not (closed and last == version), "closing hands over"

    assert H(b"record body", data(body)) == body_hash, "body"
    digest = H(
        b"record", data(claim), number(version), flag(closed), data(body_hash), items(hand_overs)
    )
    assert verifies(writer, digest, signature), "signature"
    return address.hex(), version


if __name__ == "__main__":
    for path in sys.argv[1:]:
        with open(path, "rb") as file:
            print(path, *verify(file.read()))
