#!/usr/bin/env python3
"""Opens a backup of an account, a bundle, with enough of its factors, and gives the key back.

It is written from the pages in docs/spec and shares no code with anything else of the project. It
needs Python 3.8 or later and nothing but its standard library. It writes no file and uses no
network. It is slow and not constant in time: for a recovery on a machine of one's own.

In the comments, names like "seal.md, 3" say which section of which page is meant.
"""

import argparse
import base64
import binascii
import getpass
import hashlib
import hmac
import itertools
import json
import re
import struct
import sys
import time
import unicodedata

EXAMPLES = """\
examples:
  What is in the backup, and who still has to come (one factor is enough):
    python3 recover.py account.tki --words sheet.txt
  With words and a device's package; shows the address, and no key:
    python3 recover.py account.tki --words sheet.txt --device device.tki
  The key itself, for whoever watches the screen:
    python3 recover.py account.tki --words sheet.txt --device device.tki --show-key
  A package or a factor's file that is under a passphrase (its first line counts):
    python3 recover.py account.tki --device device.tki --file factor.txt --passphrase-file pass.txt
  Words that are typed, and answers to the account's questions:
    python3 recover.py account.tki --words - --device device.tki
    python3 recover.py account.tki --device device.tki --answers -
  Without any backup, from the copies that a device keeps:
    python3 recover.py --device device.tki --words sheet.txt
  Whether this program computes what it should on this machine:
    python3 recover.py --self-test

exit codes:
  0  done
  1  stored by a later version, or something unforeseen
  2  wrong usage
  3  not enough factors
  4  refused: wrong words, passphrase or answers, damaged file, bad signature, old state
  5  a file cannot be read
"""

EXIT_CODES = {
    "internal": 1,
    "unsupported": 1,
    "usage": 2,
    "need-more-shares": 3,
    "no-factors": 3,
    "bad-signature": 4,
    "corrupt-file": 4,
    "not-found": 4,
    "refused": 4,
    "removed": 4,
    "wrong-answers": 4,
    "wrong-passphrase": 4,
    "wrong-words": 4,
    "unavailable": 5,
}


class Failure(Exception):
    """What happened and why, of which kind it is, and the one thing to do next."""

    def __init__(self, kind, message, following):
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.following = following


class Malformed(Exception):
    """Bytes that are no encoding of what they should be."""


class Unknown(Exception):
    """Something of a later version, by its name."""


# Transcripts and derived keys: transcript.md; seal.md, 1.


def transcript(tag, *fields):
    """Fields are byte strings, flags (bool), u64 numbers (int), u128 numbers (U128) and lists."""
    tag = b"tki/v1/" + tag.encode()
    out = struct.pack("<Q", len(tag)) + tag
    for field in fields:
        if isinstance(field, bool):
            kind, body = 4, bytes([field])
        elif isinstance(field, U128):
            kind, body = 3, field.to_bytes(16, "little")
        elif isinstance(field, int):
            kind, body = 2, field.to_bytes(8, "little")
        elif isinstance(field, list):
            kind, body = 5, struct.pack("<Q", len(field))
            body += b"".join(struct.pack("<Q", len(item)) + item for item in field)
        else:
            kind, body = 1, field
        out += bytes([kind]) + struct.pack("<Q", len(body)) + body
    return out


class U128(int):
    """A number that a transcript takes as a u128."""


def sha3(data):
    return hashlib.sha3_256(data).digest()


def digest(tag, *fields):
    return sha3(transcript(tag, *fields))


def hkdf(secret, salt, info, length=32, hashed=hashlib.sha3_256):
    """RFC 5869."""
    pseudorandom = hmac.new(salt or bytes(hashed().digest_size), secret, hashed).digest()
    out, block, count = b"", b"", 0
    while len(out) < length:
        count += 1
        block = hmac.new(pseudorandom, block + info + bytes([count]), hashed).digest()
        out += block
    return out[:length]


def derived_scalar(curve, secret, tag, *fields):
    """48 bytes modulo the order, counted up until they are not zero."""
    for count in itertools.count():
        wide = hkdf(secret, b"", transcript(tag, *fields, count), 48)
        scalar = int.from_bytes(wide, curve.byteorder) % curve.order
        if scalar:
            return scalar
    raise AssertionError


# ChaCha20-Poly1305 (RFC 8439), and what is sealed with it: seal.md, 2 to 4.


def chacha_block(key, nonce, counter):
    state = struct.unpack("<4I8I", b"expand 32-byte k" + key)
    state += (counter,) + struct.unpack("<3I", nonce)
    words = list(state)
    for _ in range(10):
        for a, b, c, d in CHACHA_QUARTERS:
            for x, y, z, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
                words[x] = (words[x] + words[y]) & 0xFFFFFFFF
                turned = words[z] ^ words[x]
                words[z] = (turned << bits | turned >> (32 - bits)) & 0xFFFFFFFF
    return struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(words, state)))


CHACHA_QUARTERS = (
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
)


def poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    accumulator = 0
    for start in range(0, len(message), 16):
        block = int.from_bytes(message[start : start + 16] + b"\x01", "little")
        accumulator = (accumulator + block) * r % (2**130 - 5)
    total = accumulator + int.from_bytes(key[16:32], "little")
    return (total % 2**128).to_bytes(16, "little")


def aead_open(key, nonce, sealed, associated=b""):
    """The plaintext, or None."""
    text, tag = sealed[:-16], sealed[-16:]
    padded = b"".join(part + bytes(-len(part) % 16) for part in (associated, text))
    padded += struct.pack("<QQ", len(associated), len(text))
    if not hmac.compare_digest(poly1305(chacha_block(key, nonce, 0)[:32], padded), tag):
        return None
    blocks = range(1, 1 + (len(text) + 63) // 64)
    stream = b"".join(chacha_block(key, nonce, block) for block in blocks)[: len(text)]
    return xor(text, stream)


def xor(one, other):
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).to_bytes(len(one), "big")


def committed_open(derived, sealed):
    """The commitment to the key first, then the tag, then the plaintext; None if one is wrong."""
    if len(sealed) < 48 or not hmac.compare_digest(derived[32:], sealed[:32]):
        return None
    return aead_open(derived[:32], bytes(12), sealed[32:])


def box_open(scalar, sealed, context):
    """A sealed box."""
    try:
        ephemeral = SECP256K1.decode(sealed[:33])
    except Malformed:
        return None
    recipient = SECP256K1.encode(SECP256K1.multiply(scalar, SECP256K1.generator))
    shared = SECP256K1.encode(SECP256K1.multiply(scalar, ephemeral))
    info = transcript("sealed box", sealed[:33], recipient, context)
    return committed_open(hkdf(shared, b"", info, 64), sealed[33:])


def seal_open(key, sealed, context):
    """A symmetric seal."""
    info = transcript("symmetric seal", context)
    return committed_open(hkdf(key, sealed[:32], info, 64), sealed[32:])


# Argon2id (RFC 9106), version 0x13.

MASK = 2**64 - 1


def written_out():
    """P of RFC 9106, 3.6, as Python without loops: several times faster."""
    lines = ["def permute(%s):" % ", ".join("v%d" % i for i in range(16))]
    for places in CHACHA_QUARTERS:
        a, b, c, d = ("v%d" % place for place in places)
        for x, y, z, right in ((a, b, d, 32), (c, d, b, 24), (a, b, d, 16), (c, d, b, 63)):
            product = "((%s & 0xFFFFFFFF) * (%s & 0xFFFFFFFF) << 1)" % (x, y)
            lines.append(" %s = (%s + %s + %s) & %d" % (x, x, y, product, MASK))
            lines.append(" %s ^= %s" % (z, x))
            lines.append(" %s = %s >> %d | (%s << %d & %d)" % (z, z, right, z, 64 - right, MASK))
    lines.append(" return (%s)" % ", ".join("v%d" % i for i in range(16)))
    names = {}
    exec("\n".join(lines), names)  # pylint: disable=exec-used
    return names["permute"]


argon2_permute = written_out()


def argon2_compress(one, other, packing=struct.Struct("<128Q")):
    """G of RFC 9106, 3.5, on blocks of 1024 bytes."""
    mixed = int.from_bytes(one, "little") ^ int.from_bytes(other, "little")
    v = packing.unpack(mixed.to_bytes(1024, "little"))
    permute, rows = argon2_permute, []
    for start in range(0, 128, 16):
        rows += permute(*v[start : start + 16])
    out = [0] * 128
    for i in range(0, 16, 2):
        column = permute(*[rows[j + k] for j in range(i, 128, 16) for k in (0, 1)])
        out[i::16] = column[0::2]
        out[i + 1 :: 16] = column[1::2]
    return (int.from_bytes(packing.pack(*out), "little") ^ mixed).to_bytes(1024, "little")


def argon2_hash(data, length):
    """H' of RFC 9106, 3.3."""
    data = struct.pack("<I", length) + data
    if length <= 64:
        return hashlib.blake2b(data, digest_size=length).digest()
    out, block = b"", hashlib.blake2b(data).digest()
    while length - len(out) > 64:
        out += block[:32]
        left = length - len(out)
        block = hashlib.blake2b(block, digest_size=min(64, left)).digest()
    return out + block


def argon2id(password, salt, memory, passes, lanes, length=32, secret=b"", data=b"", done=None):
    """Calls done(blocks, of how many) now and then."""
    start = struct.pack("<6I", lanes, length, memory, passes, 0x13, 2)
    for part in (password, salt, secret, data):
        start += struct.pack("<I", len(part)) + part
    start = hashlib.blake2b(start).digest()
    quarter = memory // (4 * lanes)
    columns = 4 * quarter
    blocks = [[None] * columns for _ in range(lanes)]
    for lane, row in enumerate(blocks):
        for column in (0, 1):
            row[column] = argon2_hash(start + struct.pack("<II", column, lane), 1024)
    count, total = 0, passes * lanes * columns
    for number, slice_, lane in itertools.product(range(passes), range(4), range(lanes)):
        places = argon2_places(number, slice_, lane, lanes, quarter, passes)
        for column, (from_lane, from_column) in places(blocks):
            row = blocks[lane]
            block = argon2_compress(row[column - 1], blocks[from_lane][from_column])
            row[column] = block if number == 0 else xor(block, row[column])
            count += 1
            if done and count % 1024 == 0:
                done(count, total)
    last = blocks[0][-1]
    for row in blocks[1:]:
        last = xor(last, row[-1])
    return argon2_hash(last, length)


def argon2_places(number, slice_, lane, lanes, quarter, passes):
    """For each block of a segment, in order, which block is taken besides the one before it."""
    columns, first = 4 * quarter, 2 if (number, slice_) == (0, 0) else 0
    independent = number == 0 and slice_ < 2
    inputs = (number, lane, slice_, lanes * columns, passes, 2)

    def places(blocks):
        for i in range(first, quarter):
            column = slice_ * quarter + i
            if independent:
                if i == first or i % 128 == 0:
                    counter = struct.pack("<7Q", *inputs, i // 128 + 1)
                    counted = argon2_compress(bytes(1024), counter + bytes(1024 - 56))
                    addresses = struct.unpack("<256I", argon2_compress(bytes(1024), counted))
                j1, j2 = addresses[i % 128 * 2 : i % 128 * 2 + 2]
            else:
                j1, j2 = struct.unpack_from("<II", blocks[lane][column - 1])
            from_lane = lane if (number, slice_) == (0, 0) else j2 % lanes
            if number == 0:
                area = slice_ * quarter
            else:
                area = columns - quarter
            if from_lane == lane:
                area += i - 1
            elif i == 0:
                area -= 1
            relative = area - 1 - (area * (j1 * j1 >> 32) >> 32)
            begin = 0 if number == 0 else (slice_ + 1) * quarter
            yield column, (from_lane, (begin + relative) % columns)

    return places


# Keccak-256, as Ethereum has it: the permutation of FIPS 202 with the padding from before it.


def keccak_256(data, suffix=0x01):
    lanes = [0] * 25
    rate = 136
    padded = bytearray(data) + bytes([suffix]) + bytes(-(len(data) + 1) % rate)
    padded[-1] |= 0x80
    for start in range(0, len(padded), rate):
        for i, word in enumerate(struct.unpack_from("<17Q", padded, start)):
            lanes[i] ^= word
        lanes = keccak_permutation(lanes)
    return struct.pack("<4Q", *lanes[:4])


def keccak_permutation(lanes):
    """lanes[x + 5 y] of FIPS 202, 3.2."""
    register = 1
    for _ in range(24):
        parity = [0] * 5
        for i, lane in enumerate(lanes):
            parity[i % 5] ^= lane
        turned = [parity[x - 1] ^ rotated(parity[(x + 1) % 5], 1) for x in range(5)]
        lanes = [lane ^ turned[i % 5] for i, lane in enumerate(lanes)]
        x, y, moved = 1, 0, lanes[1]
        for step in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            bits = (step + 1) * (step + 2) // 2 % 64
            lanes[x + 5 * y], moved = rotated(moved, bits), lanes[x + 5 * y]
        rows = [lanes[5 * y : 5 * y + 5] for y in range(5)]
        lanes = [
            row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5] & MASK) for row in rows for x in range(5)
        ]
        for j in range(7):
            if register & 1:
                lanes[0] ^= 1 << (2**j - 1)
            register = register << 1 ^ (0x171 if register & 0x80 else 0)
    return lanes


def rotated(word, bits):
    return (word << bits | word >> (64 - bits)) & MASK


# The curves. Points of secp256k1 and P-256 are pairs, or None for the identity.


def inverse(number, modulus):
    return pow(number, -1, modulus)


class ShortWeierstrass:
    """y² = x³ + a·x + b over a prime field with p = 3 modulo 4."""

    byteorder = "big"
    point_size = 33
    identity = None

    def __init__(self, name, prime, a, b, order, generator):
        self.name, self.prime, self.a, self.b = name, prime, a, b
        self.order, self.generator = order, generator
        self.windows = []

    def multiply(self, scalar, point):
        if point == self.generator:
            return self._affine(self._multiple_of_generator(scalar % self.order))
        return self.sum_of([(scalar, point)])

    def _multiple_of_generator(self, scalar):
        """From a table of d * 16**i times the generator: many slots are looked through."""
        if not self.windows:
            step = (*self.generator, 1)
            for _ in range(64):
                row = [(1, 1, 0), step]
                for _ in range(14):
                    row.append(self._add(row[-1], step))
                self.windows.append([(*self._affine(each), 1) if each[2] else each for each in row])
                step = (*self._affine(self._add(row[-1], step)), 1)
        total = (1, 1, 0)
        for row in self.windows:
            total = self._add(total, row[scalar & 15])
            scalar >>= 4
        return total

    def _affine(self, point):
        x, y, z = point
        if z == 0:
            return None
        inverted = inverse(z, self.prime)
        return x * inverted**2 % self.prime, y * inverted**3 % self.prime

    def sum_of(self, terms):
        """The sum of multiples, with as few doublings as the longest takes, in Jacobian form."""
        terms = [(k % self.order, (*p, 1)) for k, p in terms if p is not None]
        total = (1, 1, 0)
        for bit in range(max([k.bit_length() for k, _ in terms] or [0]) - 1, -1, -1):
            total = self._double(total)
            for scalar, point in terms:
                if scalar >> bit & 1:
                    total = self._add(total, point)
        return self._affine(total)

    def add(self, one, other):
        return self.sum_of([(1, one), (1, other)])

    def _double(self, point):
        x, y, z = point
        p = self.prime
        if z == 0 or y == 0:
            return 1, 1, 0
        square = y * y % p
        s = 4 * x * square % p
        m = (3 * x * x + self.a * pow(z, 4, p)) % p
        doubled = (m * m - 2 * s) % p
        return doubled, (m * (s - doubled) - 8 * square * square) % p, 2 * y * z % p

    def _add(self, one, other):
        (x1, y1, z1), (x2, y2, z2) = one, other
        p = self.prime
        if z1 == 0:
            return other
        if z2 == 0:
            return one
        s1, s2 = z1 * z1 % p, z2 * z2 % p
        u1, u2 = x1 * s2 % p, x2 * s1 % p
        v1, v2 = y1 * s2 * z2 % p, y2 * s1 * z1 % p
        if u1 == u2:
            return self._double(one) if v1 == v2 else (1, 1, 0)
        h, r = u2 - u1, v2 - v1
        square = h * h % p
        cube, v = square * h % p, u1 * square % p
        x = (r * r - cube - 2 * v) % p
        return x, (r * (v - x) - v1 * cube) % p, h * z1 * z2 % p

    def lift(self, x):
        """The point with this x and an even y."""
        if x >= self.prime:
            raise Malformed
        square = (x**3 + self.a * x + self.b) % self.prime
        y = pow(square, (self.prime + 1) // 4, self.prime)
        if y * y % self.prime != square:
            raise Malformed
        return x, y if y % 2 == 0 else self.prime - y

    def encode(self, point):
        if point is None:
            return bytes(33)
        return bytes([2 + point[1] % 2]) + point[0].to_bytes(32, "big")

    def decode(self, data):
        """A point other than the identity."""
        if len(data) != 33 or data[0] not in (2, 3):
            raise Malformed
        x, y = self.lift(int.from_bytes(data[1:], "big"))
        return x, y if y % 2 == data[0] % 2 else self.prime - y


class Edwards:
    """edwards25519 (RFC 8032), its subgroup of prime order. Points are (X, Y, Z, T)."""

    name = "ed25519"
    byteorder = "little"
    point_size = 32
    identity = (0, 1, 1, 0)
    prime = 2**255 - 19
    order = 2**252 + 27742317777372353535851937790883648493

    def __init__(self):
        self.d = -121665 * inverse(121666, self.prime) % self.prime
        y = 4 * inverse(5, self.prime) % self.prime
        self.generator = self._lift(y, 0)

    def _lift(self, y, sign):
        p = self.prime
        if y >= p:
            raise Malformed
        square = (y * y - 1) * inverse(self.d * y * y + 1, p) % p
        x = pow(square, (p + 3) // 8, p)
        if (x * x - square) % p:
            x = x * pow(2, (p - 1) // 4, p) % p
        if (x * x - square) % p or (x == 0 and sign):
            raise Malformed
        if x % 2 != sign:
            x = p - x
        return x, y, 1, x * y % p

    def add(self, one, other):
        p = self.prime
        a = (one[1] - one[0]) * (other[1] - other[0]) % p
        b = (one[1] + one[0]) * (other[1] + other[0]) % p
        c = 2 * one[3] * other[3] * self.d % p
        d = 2 * one[2] * other[2] % p
        e, f, g, h = b - a, d - c, d + c, b + a
        return e * f % p, g * h % p, f * g % p, e * h % p

    def multiply(self, scalar, point):
        total = self.identity
        while scalar:
            if scalar & 1:
                total = self.add(total, point)
            point = self.add(point, point)
            scalar >>= 1
        return total

    def sum_of(self, terms):
        total = self.identity
        for scalar, point in terms:
            total = self.add(total, self.multiply(scalar % self.order, point))
        return total

    def encode(self, point):
        inverted = inverse(point[2], self.prime)
        x, y = point[0] * inverted % self.prime, point[1] * inverted % self.prime
        return (y | (x & 1) << 255).to_bytes(32, "little")

    def decode(self, data):
        """A point of the subgroup other than the identity, in its one encoding."""
        if len(data) != 32:
            raise Malformed
        number = int.from_bytes(data, "little")
        point = self._lift(number & (2**255 - 1), number >> 255)
        one = self.encode(self.identity)
        if data == one or self.encode(self.multiply(self.order, point)) != one:
            raise Malformed
        return point


SECP256K1 = ShortWeierstrass(
    "secp256k1",
    2**256 - 2**32 - 977,
    0,
    7,
    0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
    (
        0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
        0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
    ),
)
P256 = ShortWeierstrass(
    "p256",
    2**256 - 2**224 + 2**192 + 2**96 - 1,
    -3,
    0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    (
        0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    ),
)
ED25519 = Edwards()
CURVES = {1: SECP256K1, 2: ED25519, 3: P256}


def seed_scalar(seed):
    """The scalar of an Ed25519 seed: seal.md, 7."""
    number = int.from_bytes(hashlib.sha512(seed).digest()[:32], "little")
    return (number & (2**254 - 8) | 2**254) % ED25519.order


# BIP-340.


def tagged(tag, data):
    start = hashlib.sha256(tag.encode()).digest()
    return hashlib.sha256(start + start + data).digest()


def x_only(scalar):
    return SECP256K1.multiply(scalar, SECP256K1.generator)[0].to_bytes(32, "big")


def bip340_verifies(key, message, signature):
    try:
        point = SECP256K1.lift(int.from_bytes(key, "big"))
    except Malformed:
        return False
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    if r >= SECP256K1.prime or s >= SECP256K1.order:
        return False
    challenge = tagged("BIP0340/challenge", signature[:32] + key + message)
    e = int.from_bytes(challenge, "big") % SECP256K1.order
    found = SECP256K1.sum_of([(s, SECP256K1.generator), (-e, point)])
    return found is not None and found[1] % 2 == 0 and found[0] == r


# The blind evaluator (RFC 9497, mode 0, P256-SHA256), by whoever has its key: oprf.md, 1. Nothing
# travels, so nothing is blinded.

OPRF = b"OPRFV1-\0-P256-SHA256"


def expanded(message, label, length):
    """expand_message_xmd of RFC 9380, 5.3.1."""
    label += bytes([len(label)])
    start = bytes(64) + message + struct.pack(">HB", length, 0) + label
    start = hashlib.sha256(start).digest()
    out, block = b"", bytes(32)
    for count in range(1, 1 + (length + 31) // 32):
        block = hashlib.sha256(xor(start, block) + bytes([count]) + label).digest()
        out += block
    return out[:length]


def hashed_to_p256(message, label):
    """hash_to_curve of P256_XMD:SHA-256_SSWU_RO_, RFC 9380, 8.2."""
    wide = expanded(message, label, 96)
    numbers = (int.from_bytes(half, "big") % P256.prime for half in (wide[:48], wide[48:]))
    return P256.add(*map(simplified_swu, numbers))


def simplified_swu(u):
    """RFC 9380, 6.6.2, with Z = -10."""
    p, a, b = P256.prime, P256.a, P256.b
    square = -10 * u * u % p
    divisor = (square * square + square) % p
    if divisor:
        x = -b * inverse(a, p) * (1 + inverse(divisor, p)) % p
    else:
        x = b * inverse(-10 * a, p) % p
    try:
        y = P256.lift(x)[1]
    except Malformed:
        x = square * x % p
        y = P256.lift(x)[1]
    return x, y if y % 2 == u % 2 else p - y


def evaluator_key(seed, description):
    """DeriveKeyPair."""
    for count in range(256):
        message = seed + struct.pack(">H", len(description)) + description + bytes([count])
        wide = expanded(message, b"DeriveKeyPair" + OPRF, 48)
        scalar = int.from_bytes(wide, "big") % P256.order
        if scalar:
            return scalar
    raise AssertionError


def evaluated(scalar, message):
    point = P256.multiply(scalar, hashed_to_p256(message, b"HashToGroup-" + OPRF))
    parts = b"".join(struct.pack(">H", len(each)) + each for each in (message, P256.encode(point)))
    return hashlib.sha256(parts + b"Finalize").digest()


# Addresses: formats.md, 2 and 3.


def base58(data):
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    number, out = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        out = alphabet[digit] + out
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + out


def evm_address(point):
    both = point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")
    return capitalised(keccak_256(both)[12:].hex())


def capitalised(digits):
    """EIP-55."""
    hashed = keccak_256(digits.encode()).hex()
    letters = (d.upper() if int(h, 16) >= 8 else d for d, h in zip(digits, hashed))
    return "0x" + "".join(letters)


def addresses(curve, key):
    if curve is ED25519:
        return {"solana": base58(key)}
    if curve is SECP256K1:
        return {"evm": evm_address(curve.decode(key))}
    return {"key": key.hex()}


# Words: formats.md, 1.


def words_in(text):
    lines = text.lstrip("\ufeff").split("\n")
    for token in " ".join(l for l in lines if not l.lstrip().startswith("#")).split():
        letters = [i for i, c in enumerate(token) if c.isalpha()]
        if letters:
            yield token[letters[0] : letters[-1] + 1].lower()
        elif not any(c in "0123456789" for c in token):
            yield ""


def seed_of_words(text, name, shows_near):
    """The 32 bytes, and the account's version where a sheet says it."""
    text, version = sheet_of(text)
    found = list(words_in(text))
    for position, word in enumerate(found, 1):
        if word not in PLACES:
            near = near_words(word) if shows_near else []
            raise Failure(
                "wrong-words",
                "%s: word %d is not in the list" % (name, position)
                + (": is it one of %s?" % ", ".join(near) if near else ""),
                "compare it with the sheet; the first four letters say which word it is",
            )
    if len(found) != 24:
        raise Failure(
            "wrong-words",
            "%s: there are %d words, and not 24" % (name, len(found)),
            "give all 24 words, in their order",
        )
    bits = 0
    for word in found:
        bits = bits << 11 | PLACES[word]
    seed = (bits >> 8).to_bytes(32, "big")
    if hashlib.sha256(seed).digest()[0] != bits & 0xFF:
        raise Failure(
            "wrong-words",
            "%s: all words are in the list and do not fit together" % name,
            "look for a wrong word, or for two that changed places",
        )
    return seed, version


def sheet_of(text):
    """The part of a sheet with the words, and the account's version, where the sheet says it."""
    number = r"^# version\s+([0-9]{1,20})\s*$"
    page = re.search(r"<!-- words -->(.*?)<!-- end of words -->", text, re.DOTALL)
    if page:
        number = r'<td id="version">([0-9]{1,20})<'
    version = re.search(number, text, re.MULTILINE)
    if page:
        text = re.sub(r"<[^>]*>", " ", page.group(1))
    return text, int(version.group(1)) if version else None


def near_words(word):
    """At most five of the list, by the distance of optimal string alignment."""
    limit = 1 if len(word) <= 3 else 2
    scored = []
    for listed in WORDS:
        begins = len(word) >= 4 and listed.startswith(word)
        distance = 0 if begins else alignment(word, listed, limit)
        if distance <= limit:
            scored.append((distance, listed))
    return [listed for _, listed in sorted(scored)[:5]]


def alignment(one, other, limit):
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    before, row = None, list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        new = [i]
        for j, b in enumerate(other, 1):
            best = min(row[j] + 1, new[-1] + 1, row[j - 1] + (a != b))
            if before and j > 1 and a == other[j - 2] and one[i - 2] == b:
                best = min(best, before[j - 2] + 1)
            new.append(best)
        before, row = row, new
    return row[-1]


# Stored forms: metadata.md, 1.


class Reader:
    """Reads elements, and refuses everything but their one encoding."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        if size > len(self.data) - self.at:
            raise Malformed("it is cut off")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "little")

    def flag(self):
        value = self.number(1)
        if value > 1:
            raise Malformed("a flag is neither 0 nor 1")
        return value == 1

    def string(self, most=2**28):
        size = self.number(8)
        if size > most:
            raise Malformed("a length is too large")
        return self.take(size)

    def text(self, most):
        try:
            text = self.string(most).decode("utf-8")
        except UnicodeDecodeError:
            raise Malformed("a text is no UTF-8") from None
        if any(unicodedata.category(c) == "Cc" for c in text):
            raise Malformed("a text has a control character")
        return text

    def items(self, read, least=0, most=2**28):
        count = self.number(8)
        if not least <= count <= min(most, len(self.data) - self.at):
            raise Malformed("a number of elements is not allowed")
        return [read() for _ in range(count)]

    def optional(self, read):
        return read() if self.flag() else None

    def extensions(self, known=()):
        found = self.items(lambda: (self.number(2), self.string()), most=256)
        tags = [tag for tag, _ in found]
        if tags != sorted(set(tags)):
            raise Malformed("extensions do not ascend")
        for tag in tags:
            if tag & 0x8000 and tag not in known:
                raise Unknown("the extension %d, which must be understood" % tag)
        return found

    def version(self):
        version = self.number(1)
        if version != 1:
            raise Unknown("version %d of the format" % version)

    def end(self):
        if self.at != len(self.data):
            raise Malformed("there are %d bytes too many" % (len(self.data) - self.at))


def decoded(name, read, data):
    """What read makes of all the bytes; name says what they are when it cannot."""
    reader = Reader(data)
    try:
        value = read(reader)
        reader.end()
        return value
    except Unknown as unknown:
        raise Failure(
            "unsupported", "%s has %s" % (name, unknown), "use a later recover.py, or tki itself"
        ) from None
    except Malformed as malformed:
        reason = str(malformed) or "a point or number in it is none"
        raise Failure(
            "corrupt-file", "%s is damaged: %s" % (name, reason), "use another copy of it"
        ) from None


# Records: record.md.


class Record:
    """A header and its body, as they are; whether they are signed is seen by broken_rule."""

    def __init__(self, reader):
        format_ = reader.number(1)
        if format_ != 1:
            raise Unknown("a record of format %d" % format_)
        start = reader.at
        self.kind, self.slot = reader.number(1), reader.number(4)
        if self.kind not in (1, 2):
            raise Unknown("a record of kind %d" % self.kind)
        self.claim_key, self.first_writer, self.binding = (reader.take(32) for _ in range(3))
        self.claim_signature = reader.take(64)
        self.claim = reader.data[start : reader.at]
        self.version, self.closed = reader.number(8), reader.flag()
        self.body_hash = reader.take(32)
        count = reader.number(4)
        if count > 4096:
            raise Malformed("it has more than 4096 hand-overs")
        self.hand_overs = [reader.take(104) for _ in range(count)]
        versions = [int.from_bytes(each[:8], "little") for each in self.hand_overs]
        if versions != sorted(set(versions)) or any(v > self.version for v in versions):
            raise Malformed("its hand-overs do not ascend")
        self.signature = reader.take(64)
        size = reader.number(4)
        if size > 2**20:
            raise Malformed("its body is too long")
        self.body = reader.take(size)
        self.address = address_of(self.kind, self.slot, self.claim_key)

    def next_writer(self):
        return self.hand_overs[-1][8:40] if self.hand_overs else self.first_writer

    def broken_rule(self):
        """The first of its rules that a record breaks by itself, or None."""
        if digest("record body", self.body) != self.body_hash:
            return "its body is not the one that was signed"
        claimed = digest("claim", self.address, self.first_writer, self.binding)
        if not bip340_verifies(self.claim_key, claimed, self.claim_signature):
            return "the signature of its claim is false"
        writer = after = self.first_writer
        for each in self.hand_overs:
            version, after = int.from_bytes(each[:8], "little"), each[8:40]
            handed = digest("hand-over", self.address, version, after)
            if not bip340_verifies(writer, handed, each[40:]):
                return "the signature of a hand-over is false"
            if version < self.version:
                writer = after
            elif self.closed:
                return "it is closed and hands over to somebody"
        signed = digest(
            "record", self.claim, self.version, self.closed, self.body_hash, self.hand_overs
        )
        if not bip340_verifies(writer, signed, self.signature):
            return "its signature is false"
        return None


def address_of(kind, slot, claim_key):
    return digest("address", kind, slot, claim_key)


# Bundles: bundle.md.


def read_bundle(path, problems):
    """The records by their addresses, each verified by itself."""
    data = read_bytes(path, 2**28 + 8)
    name = "the bundle %s" % path
    if data[:8] != b"TKI-BNDL":
        raise Failure("corrupt-file", "%s is no bundle: %s" % (path, what_it_is(data)), BUNDLE_NEXT)
    try:
        encoded = decoded(name, bundle_records, data[8:])
    except Failure as failure:
        problems.refuse(damaged(failure.message) if failure.kind == "corrupt-file" else failure)
        encoded = whole_records(data[17:])
    records, order = {}, []
    for position, each in enumerate(encoded, 1):
        place = "record %d of %d in %s" % (position, len(encoded), name)
        try:
            record = decoded(place, Record, each)
        except Failure as failure:
            problems.refuse(failure)
            continue
        rule = record.broken_rule()
        if rule:
            what = "the account's document" if record.kind == 1 else "a mailbox"
            problems.refuse(damaged("%s (%s) is refused: %s" % (place, what, rule)))
            continue
        order.append((record.kind, record.address))
        records[record.address] = record
    if order != sorted(set(order)) or [kind for kind, _ in order].count(1) != 1:
        problems.refuse(damaged("%s does not hold one document and then mailboxes" % name))
    return records


def bundle_records(reader):
    reader.version()
    records = reader.items(reader.string, 1, 1024)
    reader.extensions()
    return records


def whole_records(data):
    """What is left of a bundle that was cut off."""
    reader, records = Reader(data), []
    try:
        while True:
            records.append(reader.string())
    except Malformed:
        return records


BUNDLE_NEXT = "name the file that tki backup wrote"


def damaged(message):
    return Failure(
        "corrupt-file",
        message,
        "use another copy of the backup; --salvage goes on with what is whole, if that is enough",
    )


def what_it_is(data):
    for magic, what in MAGICS.items():
        if data.startswith(magic):
            return what
    text = data[:65536].decode("utf-8", "replace")
    if "-----BEGIN TKI " in text:
        return "it is text in armour, perhaps a factor's file, which --file takes"
    if len([word for word in words_in(text) if word in PLACES]) >= 12:
        return "it seems to be words, which --words takes"
    return "it is something else" if data else "it is empty"


MAGICS = {
    b"TKI-BNDL": "it is a bundle",
    b"TKI-DEVP": "it is a device's package, which --device takes",
    b"TKI-DEVS": "it is a device's package, which --device takes",
    b"TKI-DEVK": "it is a device's package under a key in a keyring",
    b"TKI-PROV": "it is the key file of a login, which --provider takes",
    b"TKI-GRDN": "it is what a guardian keeps, which --guardian takes",
    b"TKI-PKEY": "it is a passkey in a file, which --passkey takes",
    b"TKI-PKYS": "it is a passkey in a file, which --passkey takes",
    b"TKI-EVAL": "it is the key of an evaluator, which --evaluator takes",
    b"TKI-ANCH": "it is what a login remembers, and holds no secret",
}


# The document and the mailboxes: metadata.md, 2 to 4 and 7.

KINDS = {
    1: "device",
    2: "provider",
    3: "words",
    4: "answers",
    5: "file",
    6: "guardian",
    7: "passkey",
}


class Values:
    """Fields by their names."""

    def __init__(self, **fields):
        self.__dict__.update(fields)


def hashed_extensions(extensions):
    fields = [len(extensions)]
    for tag, value in extensions:
        fields += [tag, value]
    return fields


def read_document(reader, has_version=True):
    if has_version:
        reader.version()
    core = read_core(reader)
    hashes = reader.items(lambda: reader.take(32))
    if len(hashes) != len(core.holders):
        raise Malformed("there is not one hash for each holder")
    reader.extensions()
    core.mailbox_hashes = hashes
    return core


def read_core(reader):
    core = Values(account=reader.take(32), version=reader.number(8), operation=reader.take(16))
    curve, origin = reader.number(1), reader.number(1)
    core.curve = known("the curve %d", curve, CURVES)
    known("the origin %d", origin, {1: "created", 2: "imported"})
    core.first_key = read_point(reader, core.curve)
    core.keys = reader.items(lambda: read_key(reader, core.curve), 1, 2)
    core.epoch, structure, body = reader.number(8), reader.number(2), reader.string()
    known("an access structure of kind %d", structure, {1: "threshold", 2: "nested thresholds"})
    core.holders = reader.items(lambda: read_holder(reader), 1, 256)
    following = U128(reader.number(16))
    core.history = reader.items(lambda: (reader.number(8), reader.take(32)), 0, 256)
    settings, extensions = reader.extensions(), reader.extensions()

    fields = [core.account, core.version, core.operation, curve, origin, core.first_key]
    fields += [len(core.keys)] + [field for key in core.keys for field in key.hashed]
    fields += [core.epoch, structure, body, len(core.holders)]
    fields += [field for holder in core.holders for field in holder.hashed]
    fields += [following, len(core.history)] + [field for each in core.history for field in each]
    fields += hashed_extensions(settings) + hashed_extensions(extensions)
    core.hash = digest("core hash", *fields)
    core.address = None
    identifiers = [x for holder in core.holders for x in holder.identifiers]
    core.structure = read_plain(body, identifiers) if structure == 1 else read_nested(body)
    check_core(core, identifiers, following)
    return core


def known(name, number, table):
    if number not in table:
        raise Unknown(name % number)
    return table[number]


def check_core(core, identifiers, following):
    gates = [x for x, inner in core.structure.all_members() if inner]
    named = [x for x, inner in core.structure.all_members() if not inner]
    coefficients = core.structure.coefficient_count()
    firsts = [holder.identifiers[0] for holder in core.holders]
    oldest = core.version - min(core.version, 256)
    for broken, reason in (
        (sorted(named) != sorted(identifiers) or len(named) > 1024, "its structure"),
        (len(set(gates + named)) != len(gates + named), "its structure"),
        (any(not 0 < x < following for x in gates), "its structure"),
        (len(set(identifiers)) != len(identifiers) or len(identifiers) > 1024, "an identifier"),
        (0 in identifiers or max(identifiers) >= following, "an identifier"),
        (firsts != sorted(firsts), "the order of its holders"),
        (len({h.mailbox for h in core.holders}) != len(core.holders), "an address"),
        ([v for v, _ in core.history] != list(range(oldest, core.version)), "its history"),
        (len({key.verifying_key for key in core.keys}) != len(core.keys), "a key"),
        (any(len(key.commitments) != coefficients for key in core.keys), "its commitments"),
        (any(key.commitments[0] != key.verifying_key for key in core.keys), "its commitments"),
    ):
        if broken:
            raise Malformed("%s cannot be" % reason)


class Gate:
    """So many of these members suffice, each with its number: holders, or gates themselves
    (access.md, with one level in each gate)."""

    def __init__(self, threshold, members):
        if not 1 <= threshold <= len(members):
            raise Malformed("its threshold cannot be")
        self.threshold, self.members = threshold, members

    def written(self, firsts):
        """As access.md writes it; firsts has the first number of whose each number is."""
        weights = {}
        for x, inner in self.members:
            name = inner.written(firsts) if inner else str(firsts[x])
            weights[name] = weights.get(name, 0) + 1
        parts = (name if n == 1 else "%s*%d" % (name, n) for name, n in weights.items())
        kinds = {1: "any", len(self.members): "all"}
        kind = kinds.get(self.threshold, "%d of " % self.threshold)
        return "%s(%s)" % (kind, ", ".join(parts))

    def all_members(self):
        for x, inner in self.members:
            yield x, inner
            if inner:
                yield from inner.all_members()

    def coefficient_count(self):
        inner = [gate.threshold - 1 for _, gate in self.all_members() if gate]
        return self.threshold + sum(inner)

    def terms(self, order):
        """For each holder, which multiple of which coefficient its share has. The coefficients of a
        gate come before those of the gates in it, and these before those of the next gate."""
        found, end = {}, self.threshold

        def visit(gate, constant, own):
            nonlocal end
            for x, inner in gate.members:
                powers = enumerate(range(own, own + gate.threshold - 1), 1)
                value = constant + [(place, pow(x, k, order)) for k, place in powers]
                if inner:
                    begin, end = end, end + inner.threshold - 1
                    visit(inner, value, begin)
                else:
                    found[x] = value

        visit(self, [(0, 1)], 1)
        return found

    def secret(self, shares, order):
        """What these shares give, or None where they do not suffice."""
        values = {}
        for x, inner in self.members:
            value = inner.secret(shares, order) if inner else shares.get(x)
            if value is not None and len(values) < self.threshold:
                values[x] = value
        if len(values) < self.threshold:
            return None
        secret = 0
        for x in values:
            weight = 1
            for other in values:
                if other != x:
                    weight = weight * other * inverse(other - x, order) % order
            secret = (secret + weight * values[x]) % order
        return secret

    def missing(self, identifiers):
        """How many more shares it takes at least."""
        least = sorted(
            inner.missing(identifiers) if inner else int(x not in identifiers)
            for x, inner in self.members
        )
        return sum(least[: self.threshold])


def read_plain(body, identifiers):
    if len(body) != 2:
        raise Malformed("its threshold cannot be")
    members = [(x, None) for x in identifiers]
    return Gate(int.from_bytes(body, "little"), members)


def read_nested(body):
    if len(body) > 65536:
        raise Malformed("its structure is too long")
    reader = Reader(body)
    gate = read_gate(reader, 32)
    reader.end()
    if sum(1 for _, inner in gate.all_members() if not inner) > 1000:
        raise Malformed("its structure has too many holders")
    return gate


def read_gate(reader, depth):
    if depth == 0:
        raise Malformed("its structure is too deep")

    def read_member():
        is_gate, x = reader.flag(), reader.number(16)
        return x, read_gate(reader, depth - 1) if is_gate else None

    threshold, count = reader.number(2), reader.number(2)
    return Gate(threshold, [read_member() for _ in range(count)])


def read_point(reader, curve):
    """Whether it is on the curve is seen where it is used."""
    data = reader.string(33)
    if len(data) != curve.point_size:
        raise Malformed("a point has another length")
    return data


def read_key(reader, curve):
    key = Values(verifying_key=read_point(reader, curve))
    key.commitments = reader.items(lambda: read_point(reader, curve), 1, 1024)
    key.sealed_seed = reader.optional(lambda: reader.string(1024))
    extensions = reader.extensions()
    seeds = [] if key.sealed_seed is None else [key.sealed_seed]
    key.hashed = [key.verifying_key, key.commitments, seeds] + hashed_extensions(extensions)
    return key


def read_holder(reader):
    holder = Values(identifiers=reader.items(lambda: reader.number(16), 1, 1024))
    if holder.identifiers != sorted(set(holder.identifiers)):
        raise Malformed("the identifiers of a holder do not ascend")
    kind, holder.label, holder.added = reader.number(2), reader.text(64), reader.number(8)
    holder.kind = KINDS.get(kind, "kind %d" % kind)
    holder.box_key, holder.mailbox = reader.string(33), reader.take(32)
    SECP256K1.decode(holder.box_key)
    offline, extensions = reader.flag(), reader.extensions((1, 0x8002, 3))
    holder.sheet = dict(extensions).get(1)
    identifiers = [x.to_bytes(16, "little") for x in holder.identifiers]
    holder.hashed = [identifiers, kind, holder.label.encode(), holder.added]
    holder.hashed += [holder.box_key, holder.mailbox, offline] + hashed_extensions(extensions)
    return holder


def described(holder):
    name = "%s %d" % (holder.kind, holder.identifiers[0])
    return name + (" (%s)" % holder.label if holder.label else "")


def read_mailbox(reader):
    reader.version()
    mailbox = Values(account=reader.take(32), secret=reader.take(32), version=reader.number(8))
    mailbox.core_hash = reader.take(32)

    def read_key_shares():
        key = reader.string(128)
        shares = reader.items(lambda: (reader.number(16), reader.take(32)), 1, 1024)
        reader.extensions()
        return key, shares

    mailbox.keys = reader.items(read_key_shares, 1, 2)
    mailbox.epoch = reader.number(8)
    mailbox.control_salt, mailbox.document_key = reader.take(32), reader.take(32)
    reader.extensions()
    return mailbox


def read_notice(reader):
    reader.version()
    notice = Values(account=reader.take(32), version=reader.number(8), removed=reader.number(8))
    reader.extensions()
    return notice


def read_sheet(reader):
    """An answer sheet: metadata.md, 7."""
    reader.version()

    def read_question():
        own, asked, kind = reader.flag(), reader.text(256), reader.number(1)
        if not asked or (not own and len(asked.encode()) > 32):
            raise Malformed("a question cannot be")
        return own, asked, kind

    sheet = Values(questions=reader.items(read_question, 1, 16), threshold=reader.number(2))
    sheet.salt = reader.take(32)
    sheet.parameters = read_parameters(reader)
    sheet.evaluator, sheet.pegged = reader.string(33), reader.flag()
    sheet.sealed = reader.items(lambda: reader.take(32), 0, 70)
    reader.number(4)
    reader.optional(lambda: reader.number(8))
    reader.extensions()
    places = range(len(sheet.questions))
    combinations = list(itertools.combinations(places, sheet.threshold))
    if not 1 <= len(combinations) <= 70 or sheet.threshold < 1:
        raise Malformed("its threshold cannot be")
    if len(sheet.sealed) != (0 if sheet.pegged else len(combinations)):
        raise Malformed("there is not one seal for each combination")
    if sheet.pegged and sheet.threshold != len(sheet.questions):
        raise Malformed("it is pegged, and not all answers are needed")
    sheet.combinations = combinations
    return sheet


def read_parameters(reader):
    """Of Argon2id, within the bounds of seal.md, 5."""
    memory, passes, lanes = (reader.number(4) for _ in range(3))
    if not (1 <= passes <= 64 and 1 <= lanes <= 16 and 8 * lanes <= memory <= 2**20):
        raise Malformed("the parameters of its passphrase or answers cannot be")
    return memory, passes, lanes


# Files of factors: seal.md, 8; device.md; factor-file.md; armour.md; provider.md, 2; passkey.md, 2.


class SealedFile:
    """A file under a passphrase, of which everything is checked but the passphrase."""

    def __init__(self, reader, magic, tag):
        start = reader.at
        if reader.take(8) != magic:
            raise Malformed("it begins with something else")
        reader.version()
        self.parameters, self.salt = read_parameters(reader), reader.take(32)
        self.tag, self.header = tag, reader.data[start : reader.at]
        hashed = reader.take(32)
        self.sealed = reader.take(len(reader.data) - reader.at)
        if len(self.sealed) < 80 or digest(tag, b"sealed", self.header, self.sealed) != hashed:
            raise Malformed("its hash is another one")

    def open(self, passphrase, done):
        """The content, or None with another passphrase."""
        stretched = argon2id(passphrase, self.salt, *self.parameters, done=done)
        key = hkdf(stretched, b"", transcript(self.tag, b"key"))
        return seal_open(key, self.sealed, transcript(self.tag, b"body", self.header))


def hashed_content(reader, magic, tag, word):
    """A file of its kind that is not encrypted."""
    if reader.take(8) != magic:
        raise Malformed("it begins with something else")
    reader.version()
    hashed = reader.take(32)
    content = reader.take(len(reader.data) - reader.at)
    if digest(tag, word, content) != hashed:
        raise Malformed("its hash is another one")
    return content


def content_of(path, what, open_magic, sealed_magic, tag, word, opener):
    """The content of a file that is, or is not, under a passphrase."""
    data = read_bytes(path, 2**24 + 256)
    name = "%s %s" % (what, path)
    if data.startswith(b"TKI-DEVK") and sealed_magic == b"TKI-DEVS":
        raise Failure(
            "unavailable",
            "%s is under a key in the keyring of the machine that made it" % name,
            "open it with tki on that machine, or use other factors",
        )
    if data.startswith(sealed_magic):
        sealed = decoded(name, lambda reader: SealedFile(reader, sealed_magic, tag), data)
        return opener(name, sealed)
    if open_magic and data.startswith(open_magic):
        return decoded(name, lambda reader: hashed_content(reader, open_magic, tag, word), data)
    raise Failure(
        "corrupt-file", "%s is no %s: %s" % (path, what, what_it_is(data)), "name the right file"
    )


def armoured(text, kind, name):
    """The bytes in armour of this kind."""
    pattern = r"-----BEGIN TKI ([A-Z0-9 ]{1,32})-----(.*?)-----END TKI ([A-Z0-9 ]{1,32})-----"
    found = re.search(pattern, text, re.DOTALL)
    if "-----BEGIN AGE ENCRYPTED FILE-----" in text:
        raise Failure(
            "wrong-passphrase", "%s is encrypted with age" % name, "age --decrypt it first"
        )
    if found is None:
        what = what_it_is(text.encode())
        if "-----BEGIN TKI " in text:
            what = "its last line is missing or damaged"
        raise Failure("corrupt-file", "%s holds no factor: %s" % (name, what), "name another file")
    if text.count("-----BEGIN TKI ") != 1 or found.group(1) != found.group(3):
        raise Failure("corrupt-file", "%s holds several parts" % name, "leave only one in it")
    if found.group(1) != kind:
        raise Failure(
            "corrupt-file",
            "%s is of the kind %s and not %s" % (name, found.group(1), kind),
            "name the file of the factor",
        )
    body = re.sub(r"[\s>]", "", found.group(2))
    try:
        data = base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    content, checksum = data[:-4], data[-4:]
    right = hashlib.sha256(kind.encode() + b"\0" + content).digest()[:4]
    if base64.b64encode(data).decode() != body or checksum != right:
        raise Failure("corrupt-file", "%s is damaged" % name, "use another copy of it")
    return content


def factor_file(path, opener):
    """The seed in a factor's file, and the version of the account that it came with."""
    name = "the factor's file %s" % path
    content = armoured(read_text(path, 2**20), "FACTOR FILE", name)

    def read_head(reader):
        reader.version()
        sealed = reader.flag()
        rest = content[reader.at :]
        if sealed:
            return SealedFile(reader, b"TKI-FACT", "factor file"), b""
        reader.take(len(rest))
        return None, rest

    sealed, plain = decoded(name, read_head, content)
    plain = opener(name, sealed) if sealed else plain
    if len(plain) != 40:
        raise Failure("corrupt-file", "%s holds no seed" % name, "use another copy of it")
    return plain[:32], int.from_bytes(plain[32:], "big")


def read_package(reader):
    """A device package: metadata.md, 5."""
    reader.version()
    package = Values(seed=reader.take(32))
    package.membership = reader.optional(lambda: read_membership(reader))
    package.pending = reader.optional(lambda: read_pending(reader)) or []
    joining = dict(reader.extensions((1,))).get(1)
    if joining:
        package.pending.append(("device", read_joining(Reader(joining))))
    return package


def read_joining(reader):
    """The seed of who joins or joined: invite.md, 9. What follows it is of no use here."""
    reader.version()
    reader.number(2)
    reader.text(64)
    seed = reader.take(32)
    reader.take(len(reader.data) - reader.at)
    return seed


def read_membership(reader):
    membership = Values(slot=reader.number(4), core=read_document(reader, has_version=False))

    def read_copy():
        return reader.take(32), reader.string(2**20)

    own = read_copy()
    membership.copies = dict([own] + reader.items(read_copy, 0, 256))
    reader.number(8)
    membership.seen = reader.number(8), reader.take(32)
    reader.extensions()
    return membership


def read_pending(reader):
    """Of what is pending only the seeds are of use here."""
    reader.take(16)
    reader.optional(lambda: reader.number(8))
    reader.optional(lambda: reader.take(32))
    reader.take(32)
    reader.items(lambda: (reader.number(2), reader.string()), 1, 512)
    seeds = reader.items(lambda: (reader.number(2), reader.number(4), reader.take(32)), 0, 512)
    reader.optional(lambda: reader.take(32))
    reader.extensions((1,))
    return [(KINDS.get(kind), seed) for kind, _, seed in seeds]


def read_evaluator(reader):
    """The seed of a local evaluator: provider.md, 5."""
    if reader.take(8) != b"TKI-EVAL":
        raise Malformed("it begins with something else")
    reader.version()
    hashed, body = reader.take(32), reader.take(40)
    if digest("blind evaluator file", body) != hashed:
        raise Malformed("its hash is another one")
    return body[:32]


def read_passkeys(reader):
    """The credentials of the software authenticator, each a function's key."""
    prf, count = reader.flag(), reader.number(2)
    found = []
    for _ in range(count):
        reader.take(16)
        found.append(reader.take(32))
        reader.take(reader.number(1))
    return found if prf else []


# Answers: answers.md.

NUMBERS = """
660 6f0 7c0 966 9e6 a66 ae6 b66 be6 c66 ce6 d66 de6 e50 ed0 f20 1040 1090 17e0 1810 1946 19d0 1a80
1a90 1b50 1bb0 1c40 1c50 a620 a8d0 a900 a9d0 a9f0 aa50 abf0 104a0 10d30 11066 110f0 11136 111d0
112f0 11450 114d0 11650 116c0 11730 118e0 11950 11c50 11d50 11da0 16a60 16ac0 16b50 1e140 1e2f0
1e950
"""
DIGITS = {chr(int(zero, 16) + i): str(i) for zero in NUMBERS.split() for i in range(10)}
PLAIN_LETTERS = {"æ": "ae", "œ": "oe", "þ": "th", "đ": "d", "ð": "d", "ħ": "h"}
PLAIN_LETTERS.update({"ı": "i", "ł": "l", "ø": "o", "ŧ": "t"})
ANSWER_KINDS = {1: "text", 2: "date", 3: "digits", 4: "secret"}
MONTHS = [
    names.split()
    for names in (
        "january jan januar janner enero ene janvier janv",
        "february feb februar feber febrero fevrier fev fevr",
        "march mar marz maerz mrz marzo mars",
        "april apr abril abr avril avr",
        "may mai mayo",
        "june jun juni junio juin",
        "july jul juli julio juillet juil",
        "august aug agosto ago aout",
        "september sep sept septiembre setiembre septembre",
        "october oct oktober okt octubre octobre",
        "november nov noviembre novembre",
        "december dec dezember dez diciembre dic decembre",
    )
]
FILLERS = "st nd rd th of the on der am den de del el le er 年 月 日".split()


def stays(character):
    return unicodedata.combining(character) in (0, 7, 8, 9)


def is_letter(character):
    """The property Alphabetic: letters, and what of the marks and signs is listed below."""
    category = unicodedata.category(character)
    return category[0] == "L" or category == "Nl" or character in OTHER_LETTERS


def is_letter_or_digit(character):
    return is_letter(character) or unicodedata.category(character)[0] == "N"


def characters(typed):
    """Without case, accents, and scripts of digits."""
    text = "".join(filter(stays, unicodedata.normalize("NFKD", typed)))
    small = "".join(c.lower() for letter in text for c in letter.upper())
    return "".join(DIGITS.get(c, PLAIN_LETTERS.get(c, c)) for c in filter(stays, small))


class NotAnAnswer(Exception):
    """Why what was typed is no answer: a reason of answers.md, 1."""


def one_form(kind, typed):
    """The one form of an answer."""
    if len(typed.encode()) > 1024:
        raise NotAnAnswer("too-long")
    if kind == "secret":
        form = unicodedata.normalize("NFC", typed)
    elif kind == "date":
        form = date_form(characters(typed))
    else:
        kept = [c for c in characters(typed) if is_letter_or_digit(c) or not_first_class(c)]
        if kind == "digits":
            kept = [c for c in kept if is_letter_or_digit(c)]
            if any(c not in "0123456789" for c in kept):
                raise NotAnAnswer("not-digits")
        form = "".join(kept)
    if not form:
        raise NotAnAnswer("empty")
    return form


def not_first_class(character):
    return unicodedata.combining(character) in (7, 8, 9)


def date_form(text):
    if not text.strip():
        raise NotAnAnswer("empty")
    parts, at = [], 0
    for class_, run in itertools.groupby(text, class_of):
        run = "".join(run)
        at += len(run)
        if class_ == "number":
            if len(run) > 8:
                raise NotAnAnswer("not-a-date")
            parts.append((run, text[at:].lstrip().startswith(".")))
        elif class_ == "word" and is_letter(run[0]):
            months = [i for i, names in enumerate(MONTHS, 1) if run in names]
            if not months and run not in FILLERS:
                raise NotAnAnswer("not-a-date")
            parts += months
        if len(parts) > 3:
            raise NotAnAnswer("not-a-date")
    return "%04d-%02d-%02d" % day_of(parts)


def class_of(character):
    if character in "0123456789":
        return "number"
    return "word" if is_letter_or_digit(character) else "between"


def day_of(parts):
    """Year, month and day of up to three numbers, with whether a point follows, and months."""
    numbers = [part for part in parts if isinstance(part, tuple)]
    months = [part for part in parts if isinstance(part, int)]
    if (len(numbers), len(months)) == (2, 1):
        one, two = numbers[0][0], numbers[1][0]
        year, day = (one, two) if len(one) == 4 else (two, one)
        return one_day([lambda: calendar_day(year, months[0], day)])
    if (len(numbers), len(months)) == (3, 0):
        (one, point), (two, second_point), (three, _) = numbers
        if len(one) == 4:
            return one_day([lambda: calendar_day(one, int(two), three)])
        readings = [lambda: calendar_day(three, int(two), one)]
        if not (point and second_point):
            readings.append(lambda: calendar_day(three, int(one), two))
        return one_day(readings)
    if (len(numbers), len(months)) == (1, 0) and len(numbers[0][0]) == 8:
        run = numbers[0][0]
        return one_day(
            [
                lambda: calendar_day(run[:4], int(run[4:6]), run[6:]),
                lambda: calendar_day(run[4:], int(run[2:4]), run[:2]),
                lambda: calendar_day(run[4:], int(run[:2]), run[2:4]),
            ]
        )
    raise NotAnAnswer("not-a-date")


def one_day(readings):
    """The day that the readings allow."""
    days, reason = set(), None
    for reading in readings:
        try:
            days.add(reading())
        except NotAnAnswer as refused:
            reason = refused
    if len(days) > 1:
        raise NotAnAnswer("ambiguous-date")
    if not days:
        raise reason
    return days.pop()


def calendar_day(year, month, day):
    if len(year) != 4:
        raise NotAnAnswer("two-digit-year")
    if len(day) > 2:
        raise NotAnAnswer("not-a-date")
    year, day = int(year), int(day)
    leap = year % 4 == 0 and year % 100 != 0 or year % 400 == 0
    days = (0, 31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    if not (1000 <= year < 3000 and 1 <= month <= 12 and 1 <= day <= days[month]):
        raise NotAnAnswer("no-such-day")
    return year, month, day


def read_answers(text, name):
    """Lines of (number, own, asked, kind or None, typed): answers.md, 6."""
    lines = []
    for number, line in enumerate(text.lstrip("\ufeff").replace("\r\n", "\n").split("\n"), 1):
        line = line.lstrip()
        if not line or line.startswith("#"):
            continue
        found = re.match(
            r'(?:"([^"]+)"\s*(?:\((text|date|digits|secret)\))?|([^\s="]+))\s*=[ \t]?(.*)\Z', line
        )
        if not found:
            raise Failure(
                "usage",
                "line %d of %s is no answer" % (number, name),
                'write first-teacher = ANSWER, or "MY OWN QUESTION?" = ANSWER',
            )
        own, kind, catalogue, typed = found.groups()
        asked = (own is not None, own if own is not None else catalogue)
        if any(asked == earlier[1] for earlier in lines):
            raise Failure(
                "usage", "line %d of %s answers a question again" % (number, name), "remove one"
            )
        lines.append((number, asked, kind, typed))
    if not lines:
        raise Failure("usage", "there is no answer in %s" % name, "write first-teacher = ANSWER")
    return lines


def answered(sheet, lines, name):
    """The one forms of the answers by their places in the sheet."""
    forms = {}
    for place, (own, asked, kind) in enumerate(sheet.questions):
        for number, question, _, typed in lines:
            if question != (own, asked):
                continue
            if kind not in ANSWER_KINDS:
                raise Failure(
                    "unsupported",
                    "answers of kind %d are not known" % kind,
                    "use a later recover.py, or tki itself",
                )
            try:
                forms[place] = one_form(ANSWER_KINDS[kind], typed)
            except NotAnAnswer as refused:
                reason = "the answer in line %d of %s cannot be one: %s" % (number, name, refused)
                raise Failure("usage", reason, ANSWER_NEXT[ANSWER_KINDS[kind]]) from None
    return forms


ANSWER_NEXT = {
    "date": "write it as YYYY-MM-DD",
    "digits": "write digits",
    "secret": "write the password behind the =",
    "text": "write letters or digits behind the =",
}


def solve(sheet, forms, box_key, evaluator, done):
    """The holder's seed, or None: answers.md, 5."""
    chosen = [
        (place, combination)
        for place, combination in enumerate(sheet.combinations)
        if all(i in forms for i in combination)
    ]
    for count, (place, combination) in enumerate(chosen):
        fields = [sheet.salt, len(combination)]
        for i in combination:
            own, asked, kind = sheet.questions[i]
            fields += [i, own, asked.encode(), kind, forms[i].encode()]
        joined = transcript("answer combination", *fields)
        if evaluator:
            joined = evaluated(evaluator, joined)
        progress = done(count, len(chosen))
        key = argon2id(joined, sheet.salt, *sheet.parameters, done=progress)
        seed = key if sheet.pegged else xor(key, sheet.sealed[place])
        if box_key_of(seed) == box_key:
            return seed
    return None


# Keys of a holder: keys.md.


def box_scalar(seed):
    return derived_scalar(SECP256K1, seed, "box key")


def box_key_of(seed):
    return SECP256K1.encode(SECP256K1.multiply(box_scalar(seed), SECP256K1.generator))


# A bundle has neither closed mailboxes nor those of other accounts: an address that is not in it
# ends no search (account.md, 1; bundle.md, 3).
SLOTS = 1024


class Candidate:
    """What opens a mailbox, and where that may be."""

    def __init__(self, seed):
        self.scalar = box_scalar(seed)
        self.seed = seed

    def place(self, slot):
        claim = x_only(derived_scalar(SECP256K1, self.seed, "claim key", slot))
        return [address_of(2, 0, claim)]


class LoginCandidate(Candidate):
    """A local provider: it decrypts with a key of its own, and claims like a holder whose opening
    seed it evaluates, or with its one signing key (provider.md, 1; keys.md, 1)."""

    def __init__(self, secret):  # pylint: disable=super-init-not-called
        self.scalar = derived_scalar(SECP256K1, secret, "provider key", b"decrypt")
        self.claim = x_only(derived_scalar(SECP256K1, secret, "provider key", b"sign"))
        evaluation = hkdf(secret, b"", transcript("provider key", b"evaluate"))
        self.seed = hkdf(evaluation, b"", transcript("provider evaluate", b"opening"))

    def place(self, slot):
        return super().place(slot) + [address_of(2, slot, self.claim)]


def mailbox_context(tag, address):
    return transcript("provider decrypt", transcript(tag, address))


# Files and the terminal.


def read_bytes(path, most):
    try:
        with open(path, "rb") as file:
            data = file.read(most + 1)
    except IsADirectoryError:
        raise Failure("usage", "%s is a folder" % path, "name a file") from None
    except OSError as error:
        raise Failure(
            "unavailable", "%s cannot be read: %s" % (path, error.strerror), "name the right file"
        ) from None
    if len(data) > most:
        raise Failure("corrupt-file", "%s is too long" % path, "name the right file")
    return data


def read_text(path, most):
    if path == "-":
        data = sys.stdin.buffer.read(most + 1)
        path = "standard input"
    else:
        data = read_bytes(path, most)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        message = "%s is no text in UTF-8" % path
        if data[:8] in MAGICS:
            message += ": " + MAGICS[data[:8]]
        raise Failure("corrupt-file", message, "name the right file") from None


class Terminal:
    """Says what happens, on standard error; with --json nothing."""

    def __init__(self, is_silent):
        self.is_silent = is_silent
        self.is_watched = sys.stderr.isatty()

    def say(self, text):
        if not self.is_silent:
            print(text, file=sys.stderr, flush=True)

    def progress(self, label):
        """What a long computation calls with how far it is."""
        begun = last = time.monotonic()

        def done(count, total):
            nonlocal last
            now = time.monotonic()
            if self.is_silent or (now - last < (0.5 if self.is_watched else 15) and count < total):
                return
            last = now
            left = (now - begun) * (total - count) / count
            text = "%s: %3d %%, %d s left" % (label, 100 * count // total, left)
            end = "\r" if self.is_watched and count < total else "\n"
            print(text.ljust(78), file=sys.stderr, end=end, flush=True)

        return done


class Problems:
    """With --salvage, what is refused is noted and left out, and otherwise it ends the program."""

    def __init__(self, salvage, terminal):
        self.salvage, self.terminal = salvage, terminal
        self.notes = []

    def refuse(self, failure):
        if not self.salvage:
            raise failure
        self.note(failure.message)

    def note(self, message):
        self.notes.append(message)
        self.terminal.say("note: " + message)


class Opener:
    """Opens files under passphrases with those at hand, or asks."""

    def __init__(self, files, terminal):
        self.terminal = terminal
        self.passphrases = []
        for path in files:
            line = read_bytes(path, 2**16).split(b"\n")[0]
            self.passphrases.append(line[:-1] if line.endswith(b"\r") else line)

    def __call__(self, name, sealed):
        for passphrase in self.passphrases or self.typed(name):
            label = "deriving the key of %s" % name
            content = sealed.open(passphrase, self.terminal.progress(label))
            if content is not None:
                return content
            self.terminal.say("%s does not open with this passphrase" % name)
        raise Failure(
            "wrong-passphrase",
            "%s is under %s passphrase" % (name, "another" if self.passphrases else "a"),
            "write the passphrase into a file and give it with --passphrase-file FILE",
        )

    def typed(self, name):
        if self.terminal.is_silent or not sys.stdin.isatty():
            return
        for _ in range(3):
            yield getpass.getpass("passphrase of %s: " % name).encode()


# Factors at hand.


class Factor:
    """What somebody brought: where from, what opens mailboxes with it, and what it remembers."""

    def __init__(self, kind, source, candidates, version=None):
        self.kind, self.source, self.candidates = kind, source, candidates
        self.version, self.membership = version, None

    def __str__(self):
        return "%s from %s" % (self.kind, self.source)


def factors_at_hand(options, opener):
    factors = []
    for path in options.words:
        factors.append(words_factor(path, options))
    for path in options.device:
        factors.append(device_factor(path, opener))
    for path in options.file:
        seed, version = factor_file(path, opener)
        factors.append(Factor("a file", path, [Candidate(seed)], version))
    for path in options.provider:
        content = content_of(
            path, "login's key file", None, b"TKI-PROV", "provider file", b"", opener
        )
        if len(content) != 32:
            raise Failure("corrupt-file", "%s holds no key" % path, "use another copy of it")
        factors.append(Factor("a login", path, [LoginCandidate(content)]))
    for path in options.guardian:
        factors.append(guardian_factor(path, opener))
    for path in options.passkey:
        factors.append(passkey_factor(path, opener))
    return factors


def words_factor(path, options):
    watched = path == "-" and sys.stdin.isatty()
    if watched:
        print("Type the 24 words, and an empty line behind them:", file=sys.stderr)
        text = "\n".join(iter(lambda: sys.stdin.readline().strip(), ""))
    else:
        text = read_text(path, 2**16)
    name = "the words" if path == "-" else "the words in %s" % path
    if "-----BEGIN TKI " in text:
        raise Failure("wrong-words", "%s are a factor's file" % name, "--file %s" % path)
    seed, version = seed_of_words(text, name, watched and not options.json)
    return Factor("words", path, [Candidate(seed)], version)


def device_factor(path, opener):
    what = "device's package"
    content = content_of(path, what, b"TKI-DEVP", b"TKI-DEVS", "device file", b"plain", opener)
    package = decoded("the %s %s" % (what, path), read_package, content)
    seeds = [seed for kind, seed in package.pending if kind == "device"]
    factor = Factor("a device", path, [Candidate(seed) for seed in [package.seed] + seeds])
    factor.membership = package.membership
    if package.membership:
        factor.version = package.membership.seen[0]
    return factor


def guardian_factor(path, opener):
    what = "guardian's file"
    content = content_of(path, what, None, b"TKI-GRDN", "guardian file", b"", opener)
    seed = decoded("the %s %s" % (what, path), read_joining, content)
    return Factor("a guardian", path, [Candidate(seed)])


def passkey_factor(path, opener):
    content = content_of(path, "passkey", b"TKI-PKEY", b"TKI-PKYS", "passkey file", b"open", opener)
    functions = decoded("the passkey %s" % path, read_passkeys, content)
    salt = hashlib.sha256(b"WebAuthn PRF\0tki/v1/opening").digest()
    seeds = []
    for function in functions:
        output = hmac.new(function, salt, hashlib.sha256).digest()
        seeds.append(hkdf(output, b"", transcript("passkey seed")))
    return Factor("a passkey", path, [Candidate(seed) for seed in seeds])


# Opening an account: account.md, 1 to 3.


class Account:
    """What the factors so far opened."""

    def __init__(self, records, bodies, core, problems):
        self.records = records
        self.bodies = bodies
        self.core = core
        self.problems = problems
        self.mailboxes = {}

    def bring(self, factor):
        """Opens the mailbox of a factor."""
        done = self.problems.terminal.progress("looking for the mailbox of %s" % factor)
        for slot in range(SLOTS):
            for candidate in factor.candidates:
                for address in candidate.place(slot):
                    if address in self.bodies:
                        self.open_mailbox(address, candidate.scalar, factor)
                        return
            if slot % 16 == 15:
                done(slot + 1, SLOTS)
        self.problems.note(
            "%s finds no mailbox here: it is of another account, or was removed or renewed, "
            "or came later" % factor
        )

    def open_mailbox(self, address, scalar, factor):
        record = self.records.get(address)
        if record and record.closed:
            notice = box_open(scalar, record.body, mailbox_context("notice", address))
            if notice:
                version = decoded("the notice of %s" % factor, read_notice, notice).version
                raise Failure(
                    "removed", "%s was removed in version %d" % (factor, version), "use another"
                )
        plain = box_open(scalar, self.bodies[address], mailbox_context("mailbox", address))
        if plain is None:
            message = "the mailbox of %s does not open: it was put there by somebody else" % factor
            self.problems.refuse(Failure("refused", message, "use another copy of the backup"))
            return
        mailbox = decoded("the mailbox of %s" % factor, read_mailbox, plain)
        mailbox.factor, mailbox.scalar, mailbox.address = factor, scalar, address
        if self.core is None:
            try:
                self.core = self.open_document(mailbox)
            except Failure as failure:
                self.problems.refuse(failure)
                return
        reason = self.disagreement(mailbox)
        if reason:
            message = "the mailbox of %s is refused: %s" % (factor, reason)
            self.problems.refuse(Failure("refused", message, "use another copy of the backup"))
            return
        self.mailboxes.setdefault(address, mailbox)

    def open_document(self, mailbox):
        claim = x_only(derived_scalar(SECP256K1, mailbox.secret, "document claim key"))
        address = address_of(1, 0, claim)
        record = self.records.get(address)
        if record is None:
            message = "the document of %s is not in the bundle" % mailbox.factor
            if any(each.kind == 1 for each in self.records.values()):
                message += ", which is of another account"
            raise Failure("refused", message, "use another copy of the backup")
        plain = seal_open(mailbox.document_key, record.body, transcript("document", address))
        if plain is None:
            message = "the document does not open with %s: one of them is older" % mailbox.factor
            raise Failure("refused", message, "use another copy of the backup")
        core = decoded("the account's document", read_document, plain)
        core.address = address
        if core.version != record.version:
            message = "the document is of version %d in a record of version %d"
            message %= core.version, record.version
            raise Failure("refused", message, "use another copy of the backup")
        return core

    def disagreement(self, mailbox):
        """What a mailbox and the document disagree in, or None."""
        core, holder = self.core, self.holder_at(mailbox.address)
        if mailbox.account != core.account:
            return "it is of another account than the document"
        if mailbox.version != core.version:
            return "it is of version %d, and the document of %d" % (mailbox.version, core.version)
        others = self.mailboxes.values()
        if holder is None:
            return "the document lists no such mailbox"
        place = core.holders.index(holder)
        hashed = digest("mailbox hash", self.bodies[mailbox.address])
        shared = [key for key, _ in mailbox.keys]
        identifiers = [[x for x, _ in shares] for _, shares in mailbox.keys]
        for differs, reason in (
            (hashed != core.mailbox_hashes[place], "the document lists another one"),
            (mailbox.core_hash != core.hash, "it is for another document"),
            (mailbox.epoch != core.epoch, "its shares are of another epoch"),
            (shared != [key.verifying_key for key in core.keys], "it is for another key"),
            (any(each != holder.identifiers for each in identifiers), "its shares are another's"),
            (holder.box_key != self.box_key(mailbox), "the document has another key for it"),
            (any(m.secret != mailbox.secret for m in others), "it has another account secret"),
        ):
            if differs:
                return reason
        return None

    def box_key(self, mailbox):
        return SECP256K1.encode(SECP256K1.multiply(mailbox.scalar, SECP256K1.generator))

    def holder_at(self, address):
        found = [holder for holder in self.core.holders if holder.mailbox == address]
        return found[0] if found else None

    def check_records(self):
        """That the records are the document's, all of them, and claimed for this account."""
        if not self.records:
            return
        core, mailbox = self.core, next(iter(self.mailboxes.values()))
        binding_key = digest("binding key", core.account, core.first_key, mailbox.secret)
        for address, record in self.records.items():
            holder = self.holder_at(address)
            reason = None
            if record.binding != digest("claim binding", binding_key, address):
                reason = "it is claimed for another account"
            elif record.kind == 2 and holder is None:
                reason = "the document does not know it"
            elif record.kind == 2:
                place = core.holders.index(holder)
                if digest("mailbox hash", record.body) != core.mailbox_hashes[place]:
                    reason = "it is of another version than the document"
            if reason:
                who = described(holder) if holder else "record " + address.hex()[:8]
                what = "%s in the bundle is refused: %s" % (who, reason)
                self.problems.refuse(Failure("refused", what, "use another copy of the backup"))
        for holder in core.holders:
            if holder.mailbox not in self.records:
                message = "the mailbox of %s is missing in the bundle" % described(holder)
                self.problems.refuse(damaged(message))

    def freshness(self, factors):
        """The newest version that a factor at hand knows of, or None: account.md, 2."""
        core = self.core
        used = [mailbox.factor for mailbox in self.mailboxes.values()]
        # A device that was renewed since finds no mailbox here, and knows the account all the same.
        used += [
            factor
            for factor in factors
            if factor.membership and factor.membership.core.account == core.account
        ]
        witnesses = [factor for factor in factors if factor in used and factor.version is not None]
        for factor in witnesses:
            if factor.version > core.version:
                message = "this is version %d, and %s knows version %d of the account" % (
                    core.version,
                    factor,
                    factor.version,
                )
                self.problems.refuse(Failure("refused", message, ROLLED_BACK_NEXT))
            self.check_history(factor)
        versions = [factor.version for factor in witnesses if factor.version <= core.version]
        return max(versions) if versions else None

    def check_history(self, factor):
        if not factor.membership:
            return
        version, seen = factor.membership.seen
        known = dict(self.core.history)
        if self.core.address in self.records:
            known[self.core.version] = self.records[self.core.address].body_hash
        if known.get(version, seen) != seen:
            message = "%s saw another version %d than this account had" % (factor, version)
            self.problems.refuse(Failure("refused", message, ROLLED_BACK_NEXT))

    def shares(self, place):
        """The shares of a key that lie on its polynomial."""
        curve, key, found = self.core.curve, self.core.keys[place], {}
        terms = self.core.structure.terms(curve.order)
        points = [
            curve.identity if k and each == curve.encode(curve.identity) else curve.decode(each)
            for k, each in enumerate(key.commitments)
        ]
        for mailbox in self.mailboxes.values():
            for x, value in mailbox.keys[place][1]:
                number = int.from_bytes(value, curve.byteorder)
                multiples = [(factor, points[k]) for k, factor in terms[x]]
                image = curve.encode(curve.multiply(number, curve.generator))
                if number < curve.order and image == curve.encode(curve.sum_of(multiples)):
                    found[x] = number
                    continue
                who = described(self.holder_at(mailbox.address))
                message = "the share of %s is wrong" % who
                self.problems.refuse(Failure("refused", message, "leave it out, and use another"))
        return found

    def secret(self, place):
        """The key, if there are enough shares; checked against its verifying key."""
        curve, key, shares = self.core.curve, self.core.keys[place], self.shares(place)
        secret = self.core.structure.secret(shares, curve.order)
        if secret is None:
            return None
        if curve.encode(curve.multiply(secret, curve.generator)) != key.verifying_key:
            message = "the shares give another key than the account's"
            raise Failure("refused", message, "use another copy of the backup")
        return secret.to_bytes(32, curve.byteorder)

    def check_writers(self, secret):
        """That whoever has the key is the next writer of every record."""
        salts = {mailbox.control_salt for mailbox in self.mailboxes.values()}
        controls = [hkdf(secret, salt, transcript("control key")) for salt in salts]
        for address, record in self.records.items():
            writers = [
                x_only(derived_scalar(SECP256K1, control, "writer key", address))
                for control in controls
            ]
            if record.next_writer() not in writers:
                holder = self.holder_at(address)
                who = "the mailbox of " + described(holder) if holder else "the document"
                message = "%s was not written by the owner of the key" % who
                self.problems.refuse(Failure("refused", message, "use another copy of the backup"))

    def written_key(self, place, secret):
        """The key as formats.md, 4, writes it: of Ed25519 the seed, where it is known."""
        core, key = self.core, self.core.keys[place]
        if core.curve is not ED25519:
            return "hex", secret.hex()
        if key.sealed_seed is None:
            return "scalar", "scalar:" + secret.hex()
        sealing = hkdf(secret, core.account, transcript("seed seal", key.verifying_key))
        context = transcript("seed seal", core.account, key.verifying_key)
        seed = seal_open(sealing, key.sealed_seed, context)
        if seed and seed_scalar(seed).to_bytes(32, "little") == secret:
            return "seed", seed.hex()
        self.problems.note("the seed of the key is damaged; its scalar is shown instead")
        return "scalar", "scalar:" + secret.hex()


ROLLED_BACK_NEXT = (
    "use a newer backup; factors that were removed since still count in this one. "
    "The key is the same in both: --salvage opens this one"
)


def bring_answers(account, options):
    """Opens the holders whose questions a file answers, or somebody on a terminal."""
    sheets = [
        (holder, decoded("the sheet of " + described(holder), read_sheet, holder.sheet))
        for holder in account.core.holders
        if holder.sheet is not None
    ]
    if options.answers and not sheets:
        message = "the account asks no questions"
        raise Failure("usage", message, "leave out --answers, and use other factors")
    for path in options.answers:
        if path == "-" and sys.stdin.isatty() and not options.json:
            asked = [(holder, sheet, typed_answers(holder, sheet)) for holder, sheet in sheets]
        else:
            lines = read_answers(read_text(path, 2**16), named(path))
            asked = [(h, s, lines) for h, s in sheets if not strangers(s, lines)][:1]
            if not asked:
                refuse_strangers(account, sheets, lines, named(path))
        for holder, sheet, lines in asked:
            if lines:
                evaluator = evaluator_of(holder, sheet, options.evaluator)
                forms = answered(sheet, lines, named(path))
                bring_answered(account, holder, sheet, forms, evaluator, path)


def named(path):
    return "standard input" if path == "-" else path


def typed_answers(holder, sheet):
    """What somebody answers, question by question; what is left empty is not answered."""
    lines = []
    print("%s needs %d answers:" % (described(holder), sheet.threshold), file=sys.stderr)
    for number, (own, asked, kind) in enumerate(sheet.questions, 1):
        prompt = "   %s (%s): " % (asked, ANSWER_KINDS.get(kind, "unknown"))
        if ANSWER_KINDS.get(kind) == "secret":
            typed = getpass.getpass(prompt)
        else:
            print(prompt, end="", file=sys.stderr, flush=True)
            typed = sys.stdin.readline().rstrip("\r\n")
        if typed:
            lines.append((number, (own, asked), None, typed))
    return lines


def bring_answered(account, holder, sheet, forms, evaluator, path):
    seed = seed_of_answers(holder, sheet, forms, evaluator, account.problems.terminal)
    if holder.mailbox in account.bodies:
        factor = Factor("answers", path, [Candidate(seed)])
        account.open_mailbox(holder.mailbox, box_scalar(seed), factor)
    else:
        account.problems.note("the answers are right, and their mailbox is not here")


def strangers(sheet, lines):
    questions = [(own, asked) for own, asked, _ in sheet.questions]
    return [number for number, question, _, _ in lines if question not in questions]


def refuse_strangers(account, sheets, lines, name):
    number = min(strangers(sheet, lines)[0] for _, sheet in sheets)
    message = "the account does not ask what line %d of %s answers" % (number, name)
    account.problems.terminal.say(questions_of(account))
    raise Failure("usage", message, "without --answers the questions are listed")


def evaluator_of(holder, sheet, paths):
    """The key of the evaluator that the sheet names, from the files at hand; none if none."""
    if not sheet.evaluator:
        return None
    for path in paths:
        name = "the evaluator's file %s" % path
        data = read_bytes(path, 2**16)
        scalar = evaluator_key(decoded(name, read_evaluator, data), b"tki/v1/blind evaluator")
        if P256.encode(P256.multiply(scalar, P256.generator)) == sheet.evaluator:
            return scalar
    raise Failure(
        "unavailable",
        "%s needs the evaluator that counted the attempts" % described(holder),
        "name its file with --evaluator FILE, or use other factors",
    )


def seed_of_answers(holder, sheet, forms, evaluator, terminal):
    who = described(holder)
    if len(forms) < sheet.threshold:
        message = "%d answers are not enough for %s, which needs %d"
        message %= len(forms), who, sheet.threshold
        raise Failure("wrong-answers", message, "answer more questions")

    def done(count, total):
        return terminal.progress("trying answers, combination %d of %d" % (count + 1, total))

    seed = solve(sheet, forms, holder.box_key, evaluator, done)
    if seed is None:
        message = "no %d of these answers open %s" % (sheet.threshold, who)
        raise Failure("wrong-answers", message, "try answers that you may have given then")
    return seed


def questions_of(account):
    out = []
    for holder in account.core.holders:
        if holder.sheet is None:
            continue
        sheet = decoded("the sheet of " + described(holder), read_sheet, holder.sheet)
        out.append("%s asks, and needs %d answers:" % (described(holder), sheet.threshold))
        for own, asked, kind in sheet.questions:
            shown = '"%s"' % asked if own else asked
            out.append("   %s (%s)" % (shown, ANSWER_KINDS.get(kind, "unknown")))
    return "\n".join(out)


def open_account(options, terminal, problems):
    """The account with everything that the factors open, and the factors."""
    records = read_bundle(options.bundle, problems) if options.bundle else {}
    opener = Opener(options.passphrase_file, terminal)
    factors = factors_at_hand(options, opener)
    core = None
    if options.bundle:
        bodies = {a: record.body for a, record in records.items() if record.kind == 2}
        if not any(record.kind == 1 for record in records.values()):
            core = document_of_device(factors, problems)
    else:
        core, bodies = copies_of(factors)
    account = Account(records, bodies, core, problems)
    for factor in factors:
        account.bring(factor)
    if not account.mailboxes:
        kind, reason = "not-found", "none of these factors opens it"
        if not factors:
            kind = "no-factors"
            reason = "answers alone do not find it" if options.answers else "no factor was given"
        following = "bring words, a device's package, a file or a login of this account"
        raise Failure(kind, "%s: %s" % (options.bundle or "the device", reason), following)
    bring_answers(account, options)
    account.check_records()
    return account, factors


def copies_of(factors):
    """The newest document that a device keeps, and the mailboxes of which it has copies."""
    memberships = [factor.membership for factor in factors if factor.membership]
    if not memberships:
        raise Failure(
            "usage",
            "there is no bundle, and no device's package with copies",
            "name the bundle, or a package with --device",
        )
    newest = max(memberships, key=lambda each: each.core.version)
    bodies = {}
    for membership in memberships:
        if membership.core.hash == newest.core.hash:
            bodies.update(membership.copies)
    return newest.core, bodies


def document_of_device(factors, problems):
    """The document that a device keeps, where that of the bundle is damaged."""
    memberships = [factor.membership for factor in factors if factor.membership]
    if not memberships:
        return None
    problems.note("the document is taken from a device's package: its signatures are not checked")
    return copies_of(factors)[0]


# What is shown.


def recover(options, terminal):
    problems = Problems(options.salvage, terminal)
    account, factors = open_account(options, terminal, problems)
    known = account.freshness(factors)
    core, secrets = account.core, []
    for place in range(len(core.keys)):
        secret = account.secret(place)
        if secret is not None:
            secrets.append(secret)
    is_open = len(secrets) == len(core.keys)
    if is_open:
        account.check_writers(secrets[0])
    shown = summary(account, known, is_open, problems)
    if is_open and options.show_key:
        kind, text = account.written_key(0, secrets[0])
        shown["secret_key"] = {"format": kind, "value": text}
        if len(secrets) > 1:
            kind, text = account.written_key(1, secrets[1])
            shown["next_key"]["secret_key"] = {"format": kind, "value": text}
    if options.json:
        print(json.dumps(shown))
    else:
        print(printed(shown, account))
    if not is_open:
        raise too_few(account)
    if not options.show_key:
        terminal.say(
            "The key was put together and is the right one. It was not shown: --show-key shows it."
        )


def written_structure(core):
    firsts = {x: holder.identifiers[0] for holder in core.holders for x in holder.identifiers}
    return core.structure.written(firsts)


def summary(account, known, is_open, problems):
    core, key = account.core, account.core.keys[0].verifying_key
    used = set(account.mailboxes)
    further = {}
    if len(core.keys) > 1:
        # The account is moving to another key: account.md, 7.
        following = core.keys[1].verifying_key
        further["next_key"] = {
            "verifying_key": following.hex(),
            "addresses": addresses(core.curve, following),
        }
    holders = [
        {
            "identifier": str(holder.identifiers[0]),
            "kind": holder.kind,
            "label": holder.label,
            "used": holder.mailbox in used,
        }
        for holder in core.holders
    ]
    return {
        "schema": 1,
        "account": core.account.hex(),
        "curve": core.curve.name,
        "verifying_key": key.hex(),
        "addresses": addresses(core.curve, key),
        "threshold": core.structure.threshold,
        "structure": written_structure(core),
        "epoch": core.epoch,
        "account_version": core.version,
        "freshness": "unverified" if known is None else "at-least",
        "factors": holders,
        "opened": is_open,
        "records_verified": len(account.records),
        "notes": problems.notes,
        **further,
    }


def printed(shown, account):
    core = account.core
    fresh = "nothing here says whether it is the newest"
    if shown["freshness"] == "at-least":
        fresh = "not older than these factors remember"
    needed = "%d of %d shares" % (core.structure.threshold, len(core.structure.members))
    if any(inner for _, inner in core.structure.members):
        needed = shown["structure"]
    lines = ["%-8s %s" % ("address", text) for text in shown["addresses"].values()]
    if "next_key" in shown:
        following = shown["next_key"]["addresses"].values()
        lines += ["next     %s, to which the account is moving" % text for text in following]
    lines += [
        "account  %s" % shown["account"],
        "key      %s %s" % (shown["curve"], shown["verifying_key"]),
        "needed   %s" % needed,
        "version  %d, shares of epoch %d, %s" % (core.version, core.epoch, fresh),
        "factors",
    ]
    for each in shown["factors"]:
        used = "  used here" if each["used"] else ""
        line = "%4s  %-9s %s%s" % (each["identifier"], each["kind"], each["label"], used)
        lines.append(line.rstrip())
    lines.append("checked  " + checked_text(shown))
    if "secret_key" in shown:
        lines += ["", "Whoever has this has the key, without any factor and for ever:"]
        lines.append("secret key  %s" % shown["secret_key"]["value"])
        if "next_key" in shown:
            lines.append("next key    %s" % shown["next_key"]["secret_key"]["value"])
    elif not shown["opened"] and any(holder.sheet for holder in core.holders):
        lines.append(questions_of(account))
    return "\n".join(lines)


def checked_text(shown):
    checked = "the shares against their commitments"
    if shown["opened"]:
        checked += ", the key against its verifying key"
    if shown["records_verified"]:
        return "%d records, their claims and signatures, %s" % (shown["records_verified"], checked)
    return checked + "; a device's copies have no signatures"


def too_few(account):
    core = account.core
    present = {x for mailbox in account.mailboxes.values() for x, _ in mailbox.keys[0][1]}
    absent = [holder for holder in core.holders if holder.mailbox not in account.mailboxes]
    gates = any(inner for _, inner in core.structure.members)
    if gates or any(len(holder.identifiers) > 1 for holder in core.holders):
        sets, are_all = completions(core.structure, present, [h.identifiers for h in absent])
        texts = [" and ".join(described(absent[place]) for place in each) for each in sets]
        texts += [] if are_all else ["one of more sets than are listed here"]
        message = "the factors that were given do not suffice"
        return Failure("need-more-shares", message, "bring %s" % ", or ".join(texts))
    more = core.structure.missing(present)
    message = "there are %d of the %d shares that are needed" % (len(present), len(present) + more)
    missing = ", ".join(map(described, absent))
    return Failure("need-more-shares", message, "bring %s of: %s" % (NUMBERS.get(more, more), missing))


NUMBERS = {1: "one", 2: "two", 3: "three"}


def completions(structure, present, absent):
    """Which of the absent, each with its identifiers, would do together, and none of them less: the
    smallest first, and whether these are all."""
    found, tries = [], 0
    for size in range(1, len(absent) + 1):
        for chosen in itertools.combinations(range(len(absent)), size):
            tries += 1
            if tries > 20000 or len(found) == 8:
                return found, False
            if any(known <= set(chosen) for known in map(set, found)):
                continue
            if structure.missing(present.union(*(absent[place] for place in chosen))) == 0:
                found.append(chosen)
    return found, True


# The command line.


class Parser(argparse.ArgumentParser):
    """Errors of usage are failures like all others."""

    def error(self, message):
        raise Failure("usage", message, "python3 recover.py --help")


def parser():
    built = Parser(
        prog="recover.py",
        description="Opens a backup of an account with enough of its factors, checks everything in "
        "it, and shows the address and, when asked to, the key. It writes nothing and uses no "
        "network.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    built.add_argument(
        "bundle", nargs="?", metavar="BUNDLE", help="what tki backup wrote; --device has copies"
    )
    for name, what in (
        ("words", "a sheet of 24 words; - for words that are typed"),
        ("device", "a device's package, device.tki"),
        ("file", "a factor's file"),
        ("answers", "answers to the account's questions; - asks for them"),
        ("provider", "the key file of a local login"),
        ("guardian", "the file that a guardian keeps"),
        ("passkey", "the file of a software passkey"),
        ("evaluator", "the file of the evaluator that answers need, which is not counted down"),
        ("passphrase-file", "the passphrase of any of these files, in its first line"),
    ):
        built.add_argument(
            "--" + name, action="append", default=[], metavar="FILE", help=what + "; repeatable"
        )
    for name, what in (
        ("show-key", "print the key itself"),
        ("salvage", "leave out what is damaged or refused, and go on with the rest"),
        ("json", "print JSON, and errors as JSON"),
        ("self-test", "compute the test vectors of every algorithm, and nothing else"),
    ):
        built.add_argument("--" + name, action="store_true", help=what)
    return built


def run(arguments, terminal):
    options = parser().parse_args(arguments)
    if options.self_test:
        self_test(terminal)
        return
    asked = sum(paths.count("-") for paths in (options.words, options.answers))
    if asked > 1 and not sys.stdin.isatty():
        raise Failure("usage", "standard input can be one factor only", "write one into a file")
    if not options.bundle and not options.device:
        raise Failure("usage", "no bundle was named", "python3 recover.py --help")
    recover(options, terminal)


def main():
    sys.stdout.reconfigure(errors="backslashreplace")
    sys.stderr.reconfigure(errors="backslashreplace")
    is_json = "--json" in sys.argv[1:]
    terminal = Terminal(is_json)
    try:
        run(sys.argv[1:], terminal)
        return 0
    except Failure as caught:
        failure = caught
    except KeyboardInterrupt:
        failure = Failure("internal", "it was interrupted", "run it again; nothing was written")
    except MemoryError:
        failure = Failure("unavailable", "there is not enough memory", "use a larger machine")
    except (Malformed, Unknown) as error:
        failure = damaged("a point or number in the backup is none: %s" % error)
    except Exception as error:  # pylint: disable=broad-except
        trace = error.__traceback__
        while trace.tb_next:
            trace = trace.tb_next
        message = "something unforeseen in line %d: %s" % (trace.tb_lineno, type(error).__name__)
        failure = Failure("internal", message, "use another Python, or tki itself")
    if is_json:
        error = {"kind": failure.kind, "message": failure.message, "next": failure.following}
        print(json.dumps({"schema": 1, "error": error}), file=sys.stderr)
    else:
        print("error: %s\nnext: %s" % (failure.message, failure.following), file=sys.stderr)
    return EXIT_CODES[failure.kind]


# The self-test: vectors of others, and those of the project's own pages.


def self_test(terminal):
    if PLACES.get("zoo") != 2047:
        raise Failure("internal", "the list of words is damaged", "use another copy of recover.py")
    failed = 0
    for name, test in SELF_TESTS:
        holds = test()
        failed += not holds
        print("%-6s %s" % ("ok" if holds else "WRONG", name))
    if failed:
        raise Failure(
            "internal",
            "%d of the tests failed: do not trust what this prints here" % failed,
            "use another copy of recover.py, or another Python",
        )


def ascending(first, count):
    return bytes(range(first, first + count))


def test_argon2id():
    """RFC 9106, 5.3."""
    found = argon2id(b"\1" * 32, b"\2" * 16, 32, 3, 4, secret=b"\3" * 8, data=b"\4" * 12)
    return found.hex() == "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"


def test_chacha20poly1305():
    """RFC 8439, 2.8.2."""
    key, nonce = ascending(0x80, 32), bytes.fromhex("070000004041424344454647")
    associated = bytes.fromhex("50515253c0c1c2c3c4c5c6c7")
    sealed = bytes.fromhex(
        "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da"
        "92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585"
        "808b4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691"
    )
    plain = aead_open(key, nonce, sealed, associated)
    changed = aead_open(key, nonce, sealed[:-1] + b"\0", associated)
    return (
        plain is not None
        and plain.startswith(b"Ladies and Gentlemen of the class of '99: ")
        and changed is None
    )


def test_hkdf():
    """RFC 5869, A.1 and A.3, by SHA-256."""
    first = hkdf(b"\x0b" * 22, ascending(0, 13), ascending(0xF0, 10), 42, hashlib.sha256)
    third = hkdf(b"\x0b" * 22, b"", b"", 42, hashlib.sha256)
    return first.hex() + third.hex() == (
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    )


def test_hashes():
    """FIPS 180-4, FIPS 202 and RFC 4231, 4.3."""
    hmac_256 = hmac.new(b"Jefe", b"what do ya want for nothing?", hashlib.sha256).hexdigest()
    return (
        hashlib.sha256(b"abc").hexdigest()[:32] == "ba7816bf8f01cfea414140de5dae2223"
        and hashlib.sha512(b"abc").hexdigest()[:32] == "ddaf35a193617abacc417349ae204131"
        and sha3(b"").hex()[:32] == "a7ffc6f8bf1ed76651c14756a061d662"
        and hmac_256 == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


def test_keccak():
    """The hash of nothing as Ethereum has it, and the permutation against SHA3-256."""
    long = ascending(0, 256) * 3
    return (
        keccak_256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
        and keccak_256(long, 0x06) == sha3(long)
        and keccak_256(long[:135], 0x06) == sha3(long[:135])
    )


def test_bip39():
    """Two vectors of BIP-39, and words that do not fit."""
    zeros = " ".join(["abandon"] * 23 + ["art"])
    other = (
        "hamster diagram private dutch cause delay private meat slide toddler razor book "
        "happy fancy gospel tennis maple dilemma loan word shrug inflict delay length"
    )
    seed = "68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c"
    try:
        seed_of_words("abandon " * 24, "", False)
        return False
    except Failure:
        return (
            seed_of_words(zeros, "", False)[0] == bytes(32)
            and seed_of_words("# x\n1. " + other.upper(), "", False)[0].hex() == seed
            and hashlib.sha256("".join(word + "\n" for word in WORDS).encode()).hexdigest()
            == "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda"
        )


def test_base58():
    """The draft of the IETF, and a key of Solana's: its token program."""
    token = "06ddf6e1d765a193d9cbe146ceeb79ac1cb485ed5f5b37913a8cf5857eff00a9"
    return (
        base58(b"Hello World!") == "2NEpo7TZRRrLZSi2U"
        and base58(bytes(32)) == "1" * 32
        and base58(bytes.fromhex(token)) == "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"
    )


def test_eip55():
    """EIP-55, and the address of the secp256k1 key 1."""
    every = "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed fB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
    return (
        all(capitalised(digits.lower()) == "0x" + digits for digits in every.split())
        and evm_address(SECP256K1.generator) == "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"
    )


def test_bip340():
    """BIP-340, vectors 0 and 1, and 1 with another message."""
    first = (
        "f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9", "00" * 32,
        "e907831f80848d1069a5371b402410364bdf1c5f8307b0084c55f1ce2dca8215"
        "25f66a4a85ea8b71e482a74f382d2ce5ebeee8fdb2172f477df4900d310536c0",
    )
    second = (
        "dff1d77f2a671c5f36183726db2341be58feae1da2deced843240f7b502ba659",
        "243f6a8885a308d313198a2e03707344a4093822299f31d0082efa98ec4e6c89",
        "6896bd60eeae296db48a229ff71dfe071bde413e6d43f917dc8dcf8c78de3341"
        "8906d11ac976abccb20b091292bff4ea897efcb639ea871cfa95f6de339e4b0a",
    )
    mixed = second[0], first[1], second[2]
    found = [bip340_verifies(*map(bytes.fromhex, parts)) for parts in (first, second, mixed)]
    return found == [True, True, False]


def test_ed25519():
    """RFC 8032, 7.1, tests 1 and 2: public keys; encodings that must be refused."""
    keys = (
        ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
        ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"),
    )
    for seed, public in keys:
        scalar = seed_scalar(bytes.fromhex(seed))
        if ED25519.encode(ED25519.multiply(scalar, ED25519.generator)).hex() != public:
            return False
    small_order = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"
    above = (2**255 - 19 + 1).to_bytes(32, "little").hex()
    return all(refuses(ED25519, each) for each in (small_order, above, "01" + "00" * 31))


def refuses(curve, data):
    try:
        curve.decode(bytes.fromhex(data))
        return False
    except Malformed:
        return True


def test_p256():
    """RFC 6979, A.2.5: the public key of its example."""
    scalar = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
    point = P256.multiply(scalar, P256.generator)
    x = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
    return (
        P256.encode(point).hex() == "03" + x
        and P256.decode(P256.encode(point)) == point
        and P256.multiply(P256.order, point) is None
        and refuses(P256, "02" + "ff" * 32)
    )


def test_secp256k1():
    """Twice the generator, the order, and a number that is no x."""
    x = "c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5"
    double = SECP256K1.add(SECP256K1.generator, SECP256K1.generator)
    return (
        SECP256K1.encode(double).hex() == "02" + x
        and SECP256K1.multiply(SECP256K1.order, double) is None
        and refuses(SECP256K1, "02" + "00" * 31 + "05")
    )


def test_evaluator():
    """RFC 9497, A.3.1, and RFC 9380, J.1.1."""
    scalar = evaluator_key(b"\xa3" * 32, b"test key")
    label = b"QUUX-V01-CS02-with-P256_XMD:SHA-256_SSWU_RO_"
    x = "2c15230b26dbc6fc9a37051158c95b79656e17a1a920b11394ca91c44247d3e4"
    output = "a0b34de5fa4c5b6da07e72af73cc507cceeb48981b97b7285fc375345fe495dd"
    return (
        scalar == 0x159749D750713AFE245D2D39CCFAAE8381C53CE92D098A9375EE70739C7AC0BF
        and evaluated(scalar, b"\0").hex() == output
        and P256.encode(hashed_to_p256(b"", label))[1:].hex() == x
    )


def test_answers():
    """Vectors of answers.md, 1."""
    for kind, typed, form in (
        ("text", "  St. Mary's   School ", "stmarysschool"),
        ("text", "Mu\u0308ller-Straße", "mullerstrasse"),
        ("text", "Ærøskøbing", "aeroskobing"),
        ("text", "İstanbul", "istanbul"),
        ("text", "ΟΔΥΣΣΕΥΣ", "οδυσσευσ"),
        ("text", "がぎ", "か\u3099き\u3099"),
        ("text", "?! …", "empty"),
        ("digits", "٠١٢٣", "0123"),
        ("digits", "12a", "not-digits"),
        ("date", "1er août 1984", "1984-08-01"),
        ("date", "1984年3月7日", "1984-03-07"),
        ("date", "07/03/1984", "ambiguous-date"),
        ("date", "29.2.1900", "no-such-day"),
        ("date", "7 March 84", "two-digit-year"),
        ("secret", "Passwo\u0308rd 1", "Passwörd 1"),
    ):
        try:
            found = one_form(kind, typed)
        except NotAnAnswer as refused:
            found = str(refused)
        if found != form:
            return False
    return True


def test_structures():
    """The example of metadata.md, 3."""

    def member(x, inner=b""):
        return bytes([1 if inner else 0]) + x.to_bytes(16, "little") + inner

    inner = bytes((2, 0, 2, 0)) + member(3) + member(4)
    gate = read_nested(bytes((2, 0, 3, 0)) + member(1) + member(2) + member(5, inner))
    coefficients, order = (1000, 20, 3), 10007
    shares = {
        x: sum(coefficients[k] * factor for k, factor in terms)
        for x, terms in gate.terms(order).items()
    }
    three = {x: shares[x] for x in (1, 3, 4)}
    return (
        gate.written({x: x for x in shares}) == "2 of (1, 2, all(3, 4))"
        and gate.coefficient_count() == 3
        and shares == {1: 1020, 2: 1040, 3: 1109, 4: 1112}
        and gate.secret(three, order) == gate.secret({1: 1020, 2: 1040}, order) == 1000
        and gate.secret({1: 1020, 3: 1109}, order) is None
        and [gate.missing(x) for x in ({1}, {3}, {1, 3}, {3, 4}, {1, 2})] == [1, 2, 1, 1, 0]
        and completions(gate, {3}, [[1], [2], [4]]) == ([(0, 1), (0, 2), (1, 2)], True)
        and completions(gate, {1}, [[2], [3], [4]]) == ([(0,), (1, 2)], True)
    )


SELF_TESTS = (
    ("SHA-256, SHA-512, SHA3-256, HMAC", test_hashes),
    ("HKDF", test_hkdf),
    ("ChaCha20-Poly1305", test_chacha20poly1305),
    ("Argon2id", test_argon2id),
    ("Keccak-256", test_keccak),
    ("secp256k1", test_secp256k1),
    ("BIP-340", test_bip340),
    ("Ed25519", test_ed25519),
    ("P-256", test_p256),
    ("words of BIP-39", test_bip39),
    ("base58", test_base58),
    ("addresses of EIP-55", test_eip55),
    ("the blind evaluator", test_evaluator),
    ("the one form of answers", test_answers),
    ("nested thresholds", test_structures),
)

# Marks and signs that Unicode 14 calls alphabetic, and that are no letters by their category.
OTHER_LETTERS = set()
for span in """
7a6-7b0 900-903 93a-93b 93e-94c 94e-94f 955-957 962-963 981-983 9be-9c4 9c7-9c8 9d7 9e2-9e3 a01-a03
a3e-a42 a47-a48 a4b-a4c a51 a70-a71 a75 a81-a83 abe-ac5 ac7-ac9 acb-acc ae2-ae3 afa-afc b01-b03
b3e-b44 b47 b56-b57 b62-b63 b82 bbe-bc2 bc6-bc8 bd7 c00-c04 c3e-c44 c46-c47 c4a-c4c c62-c63 c81-c83
cbe-cbf cc1-cc4 cc6 ccc cd5-cd6 ce2-ce3 d00-d03 d3e-d44 d46-d48 d57 d62-d63 d81-d83 dcf-dd4 dd6
dd8-dd9 ddb ddf df2-df3 e31 e34-e37 e4d eb1 eb4-eb7 ebb-ebc ecd f7e-f7f f8d-f92 f94-f97 f99-f9c
f9e-fa1 fa3-fa6 fa8-fab fad-fb8 fba-fbc 102b-1036 1038 103b-103e 1056-1059 105e-1060 1062-1064
1067-106d 1071-1074 1082-108c 108f 109a-109d 1712-1713 1732-1733 1752-1753 1772-1773 17b6-17c8
1885-1886 1920-192b 1930-1938 1a19-1a1b 1a55-1a5e 1a61-1a74 1b00-1b04 1b35-1b3a 1b3c 1b3e-1b3f 1b42
1b80-1b82 1ba1-1ba9 1bac-1bad 1be7-1bf1 1c24-1c36 a802 a80b a823-a827 a880-a881 a8b4-a8c3 a8c5 a8ff
a926-a92a a947-a952 a980-a983 a9b4-a9bf a9e5 aa29-aa36 aa43 aa4c-aa4d aa7b-aa7d aaeb-aaef aaf5
abe3-abea 10a01-10a03 10a05-10a06 10a0c 10a0e 11000-11002 11038-11045 11073-11074 11080-11082
110b0-110b8 110c2 11127-1112d 11130-11132 11145-11146 11180-11182 111b3-111bf 111ce-111cf
1122c-11234 11237 1123e 112df-112e8 11300-11303 1133e-11344 11347-11348 11357 11362-11363
11435-11441 11443-11445 114b0-114ba 114bd 114bf-114c1 115af-115b5 115b8-115b9 115bc-115be
115dc-115dd 11630-1163e 11640 116ab-116b5 1171d-1172a 1182c-11838 11930-11935 11937 1193b-1193c
11940 11942 119d1-119d7 119da-119df 119e4 11a01-11a0a 11a35-11a39 11a3b-11a3e 11a51-11a5b
11a8a-11a97 11c2f-11c36 11c38-11c3e 11c92-11ca7 11ca9-11cb6 11d31-11d36 11d3a 11d3c-11d3d
11d3f-11d41 11d43 11d47 11d8a-11d8e 11d90-11d91 11d93-11d96 11ef3-11ef6 16f4f 16f51-16f87
16f8f-16f92 1f150-1f169 1f170-1f189
""".split():
    begin, _, end = span.partition("-")
    OTHER_LETTERS.update(map(chr, range(int(begin, 16), int(end or begin, 16) + 1)))

# The English list of BIP-39.
WORDS = """
abandon ability able about above absent absorb abstract absurd abuse access accident account accuse
achieve acid acoustic acquire across act action actor actress actual adapt add addict address adjust
admit adult advance advice aerobic affair afford afraid again age agent agree ahead aim air airport
aisle alarm album alcohol alert alien all alley allow almost alone alpha already also alter always
amateur amazing among amount amused analyst anchor ancient anger angle angry animal ankle announce
annual another answer antenna antique anxiety any apart apology appear apple approve april arch
arctic area arena argue arm armed armor army around arrange arrest arrive arrow art artefact artist
artwork ask aspect assault asset assist assume asthma athlete atom attack attend attitude attract
auction audit august aunt author auto autumn average avocado avoid awake aware away awesome awful
awkward axis baby bachelor bacon badge bag balance balcony ball bamboo banana banner bar barely
bargain barrel base basic basket battle beach bean beauty because become beef before begin behave
behind believe below belt bench benefit best betray better between beyond bicycle bid bike bind
biology bird birth bitter black blade blame blanket blast bleak bless blind blood blossom blouse
blue blur blush board boat body boil bomb bone bonus book boost border boring borrow boss bottom
bounce box boy bracket brain brand brass brave bread breeze brick bridge brief bright bring brisk
broccoli broken bronze broom brother brown brush bubble buddy budget buffalo build bulb bulk bullet
bundle bunker burden burger burst bus business busy butter buyer buzz cabbage cabin cable cactus
cage cake call calm camera camp can canal cancel candy cannon canoe canvas canyon capable capital
captain car carbon card cargo carpet carry cart case cash casino castle casual cat catalog catch
category cattle caught cause caution cave ceiling celery cement census century cereal certain chair
chalk champion change chaos chapter charge chase chat cheap check cheese chef cherry chest chicken
chief child chimney choice choose chronic chuckle chunk churn cigar cinnamon circle citizen city
civil claim clap clarify claw clay clean clerk clever click client cliff climb clinic clip clock
clog close cloth cloud clown club clump cluster clutch coach coast coconut code coffee coil coin
collect color column combine come comfort comic common company concert conduct confirm congress
connect consider control convince cook cool copper copy coral core corn correct cost cotton couch
country couple course cousin cover coyote crack cradle craft cram crane crash crater crawl crazy
cream credit creek crew cricket crime crisp critic crop cross crouch crowd crucial cruel cruise
crumble crunch crush cry crystal cube culture cup cupboard curious current curtain curve cushion
custom cute cycle dad damage damp dance danger daring dash daughter dawn day deal debate debris
decade december decide decline decorate decrease deer defense define defy degree delay deliver
demand demise denial dentist deny depart depend deposit depth deputy derive describe desert design
desk despair destroy detail detect develop device devote diagram dial diamond diary dice diesel diet
differ digital dignity dilemma dinner dinosaur direct dirt disagree discover disease dish dismiss
disorder display distance divert divide divorce dizzy doctor document dog doll dolphin domain donate
donkey donor door dose double dove draft dragon drama drastic draw dream dress drift drill drink
drip drive drop drum dry duck dumb dune during dust dutch duty dwarf dynamic eager eagle early earn
earth easily east easy echo ecology economy edge edit educate effort egg eight either elbow elder
electric elegant element elephant elevator elite else embark embody embrace emerge emotion employ
empower empty enable enact end endless endorse enemy energy enforce engage engine enhance enjoy
enlist enough enrich enroll ensure enter entire entry envelope episode equal equip era erase erode
erosion error erupt escape essay essence estate eternal ethics evidence evil evoke evolve exact
example excess exchange excite exclude excuse execute exercise exhaust exhibit exile exist exit
exotic expand expect expire explain expose express extend extra eye eyebrow fabric face faculty fade
faint faith fall false fame family famous fan fancy fantasy farm fashion fat fatal father fatigue
fault favorite feature february federal fee feed feel female fence festival fetch fever few fiber
fiction field figure file film filter final find fine finger finish fire firm first fiscal fish fit
fitness fix flag flame flash flat flavor flee flight flip float flock floor flower fluid flush fly
foam focus fog foil fold follow food foot force forest forget fork fortune forum forward fossil
foster found fox fragile frame frequent fresh friend fringe frog front frost frown frozen fruit fuel
fun funny furnace fury future gadget gain galaxy gallery game gap garage garbage garden garlic
garment gas gasp gate gather gauge gaze general genius genre gentle genuine gesture ghost giant gift
giggle ginger giraffe girl give glad glance glare glass glide glimpse globe gloom glory glove glow
glue goat goddess gold good goose gorilla gospel gossip govern gown grab grace grain grant grape
grass gravity great green grid grief grit grocery group grow grunt guard guess guide guilt guitar
gun gym habit hair half hammer hamster hand happy harbor hard harsh harvest hat have hawk hazard
head health heart heavy hedgehog height hello helmet help hen hero hidden high hill hint hip hire
history hobby hockey hold hole holiday hollow home honey hood hope horn horror horse hospital host
hotel hour hover hub huge human humble humor hundred hungry hunt hurdle hurry hurt husband hybrid
ice icon idea identify idle ignore ill illegal illness image imitate immense immune impact impose
improve impulse inch include income increase index indicate indoor industry infant inflict inform
inhale inherit initial inject injury inmate inner innocent input inquiry insane insect inside
inspire install intact interest into invest invite involve iron island isolate issue item ivory
jacket jaguar jar jazz jealous jeans jelly jewel job join joke journey joy judge juice jump jungle
junior junk just kangaroo keen keep ketchup key kick kid kidney kind kingdom kiss kit kitchen kite
kitten kiwi knee knife knock know lab label labor ladder lady lake lamp language laptop large later
latin laugh laundry lava law lawn lawsuit layer lazy leader leaf learn leave lecture left leg legal
legend leisure lemon lend length lens leopard lesson letter level liar liberty library license life
lift light like limb limit link lion liquid list little live lizard load loan lobster local lock
logic lonely long loop lottery loud lounge love loyal lucky luggage lumber lunar lunch luxury lyrics
machine mad magic magnet maid mail main major make mammal man manage mandate mango mansion manual
maple marble march margin marine market marriage mask mass master match material math matrix matter
maximum maze meadow mean measure meat mechanic medal media melody melt member memory mention menu
mercy merge merit merry mesh message metal method middle midnight milk million mimic mind minimum
minor minute miracle mirror misery miss mistake mix mixed mixture mobile model modify mom moment
monitor monkey monster month moon moral more morning mosquito mother motion motor mountain mouse
move movie much muffin mule multiply muscle museum mushroom music must mutual myself mystery myth
naive name napkin narrow nasty nation nature near neck need negative neglect neither nephew nerve
nest net network neutral never news next nice night noble noise nominee noodle normal north nose
notable note nothing notice novel now nuclear number nurse nut oak obey object oblige obscure
observe obtain obvious occur ocean october odor off offer office often oil okay old olive olympic
omit once one onion online only open opera opinion oppose option orange orbit orchard order ordinary
organ orient original orphan ostrich other outdoor outer output outside oval oven over own owner
oxygen oyster ozone pact paddle page pair palace palm panda panel panic panther paper parade parent
park parrot party pass patch path patient patrol pattern pause pave payment peace peanut pear
peasant pelican pen penalty pencil people pepper perfect permit person pet phone photo phrase
physical piano picnic picture piece pig pigeon pill pilot pink pioneer pipe pistol pitch pizza place
planet plastic plate play please pledge pluck plug plunge poem poet point polar pole police pond
pony pool popular portion position possible post potato pottery poverty powder power practice praise
predict prefer prepare present pretty prevent price pride primary print priority prison private
prize problem process produce profit program project promote proof property prosper protect proud
provide public pudding pull pulp pulse pumpkin punch pupil puppy purchase purity purpose purse push
put puzzle pyramid quality quantum quarter question quick quit quiz quote rabbit raccoon race rack
radar radio rail rain raise rally ramp ranch random range rapid rare rate rather raven raw razor
ready real reason rebel rebuild recall receive recipe record recycle reduce reflect reform refuse
region regret regular reject relax release relief rely remain remember remind remove render renew
rent reopen repair repeat replace report require rescue resemble resist resource response result
retire retreat return reunion reveal review reward rhythm rib ribbon rice rich ride ridge rifle
right rigid ring riot ripple risk ritual rival river road roast robot robust rocket romance roof
rookie room rose rotate rough round route royal rubber rude rug rule run runway rural sad saddle
sadness safe sail salad salmon salon salt salute same sample sand satisfy satoshi sauce sausage save
say scale scan scare scatter scene scheme school science scissors scorpion scout scrap screen script
scrub sea search season seat second secret section security seed seek segment select sell seminar
senior sense sentence series service session settle setup seven shadow shaft shallow share shed
shell sheriff shield shift shine ship shiver shock shoe shoot shop short shoulder shove shrimp shrug
shuffle shy sibling sick side siege sight sign silent silk silly silver similar simple since sing
siren sister situate six size skate sketch ski skill skin skirt skull slab slam sleep slender slice
slide slight slim slogan slot slow slush small smart smile smoke smooth snack snake snap sniff snow
soap soccer social sock soda soft solar soldier solid solution solve someone song soon sorry sort
soul sound soup source south space spare spatial spawn speak special speed spell spend sphere spice
spider spike spin spirit split spoil sponsor spoon sport spot spray spread spring spy square squeeze
squirrel stable stadium staff stage stairs stamp stand start state stay steak steel stem step stereo
stick still sting stock stomach stone stool story stove strategy street strike strong struggle
student stuff stumble style subject submit subway success such sudden suffer sugar suggest suit
summer sun sunny sunset super supply supreme sure surface surge surprise surround survey suspect
sustain swallow swamp swap swarm swear sweet swift swim swing switch sword symbol symptom syrup
system table tackle tag tail talent talk tank tape target task taste tattoo taxi teach team tell ten
tenant tennis tent term test text thank that theme then theory there they thing this thought three
thrive throw thumb thunder ticket tide tiger tilt timber time tiny tip tired tissue title toast
tobacco today toddler toe together toilet token tomato tomorrow tone tongue tonight tool tooth top
topic topple torch tornado tortoise toss total tourist toward tower town toy track trade traffic
tragic train transfer trap trash travel tray treat tree trend trial tribe trick trigger trim trip
trophy trouble truck true truly trumpet trust truth try tube tuition tumble tuna tunnel turkey turn
turtle twelve twenty twice twin twist two type typical ugly umbrella unable unaware uncle uncover
under undo unfair unfold unhappy uniform unique unit universe unknown unlock until unusual unveil
update upgrade uphold upon upper upset urban urge usage use used useful useless usual utility vacant
vacuum vague valid valley valve van vanish vapor various vast vault vehicle velvet vendor venture
venue verb verify version very vessel veteran viable vibrant vicious victory video view village
vintage violin virtual virus visa visit visual vital vivid vocal voice void volcano volume vote
voyage wage wagon wait walk wall walnut want warfare warm warrior wash wasp waste water wave way
wealth weapon wear weasel weather web wedding weekend weird welcome west wet whale what wheat wheel
when where whip whisper wide width wife wild will win window wine wing wink winner winter wire
wisdom wise wish witness wolf woman wonder wood wool word work world worry worth wrap wreck wrestle
wrist write wrong yard year yellow you young youth zebra zero zone zoo
""".split()
PLACES = {word: place for place, word in enumerate(WORDS)}


if __name__ == "__main__":
    sys.exit(main())
