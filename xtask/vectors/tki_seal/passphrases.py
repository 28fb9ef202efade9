"""docs/spec/seal.md, sections 5 and 8: Argon2id (RFC 9106), and files under a passphrase."""

import hashlib

from tki_seal.kdf import hkdf
from tki_seal.seals import symmetric_seal
from tki_seal.transcript import by, transcript

MASK = 2**64 - 1


def le32(n):
    return n.to_bytes(4, "little")


def long_hash(data, length):
    """H′ of RFC 9106, section 3.3."""
    data = le32(length) + data
    if length <= 64:
        return hashlib.blake2b(data, digest_size=length).digest()
    block, out = hashlib.blake2b(data).digest(), b""
    while length - len(out) > 64:
        out += block[:32]
        left = length - len(out)
        block = hashlib.blake2b(block, digest_size=min(left, 64)).digest()
    return out + block


def quarter(v, a, b, c, d):
    """GB of RFC 9106, section 3.6: BLAKE2b's round with a multiplication."""
    for first, second in ((32, 24), (16, 63)):
        for to, other, turned, by_bits in ((a, b, d, first), (c, d, b, second)):
            product = 2 * (v[to] & 0xFFFFFFFF) * (v[other] & 0xFFFFFFFF)
            v[to] = (v[to] + v[other] + product) & MASK
            x = v[turned] ^ v[to]
            v[turned] = (x >> by_bits | x << (64 - by_bits)) & MASK


def permute(v, places):
    """P of the same section, on the 16 words at these places."""
    p = places
    for a, b, c, d in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15)):
        quarter(v, p[a], p[b], p[c], p[d])
    for a, b, c, d in ((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
        quarter(v, p[a], p[b], p[c], p[d])


def compress(X, Y):
    """G of section 3.5, on blocks of 128 words."""
    R = [x ^ y for x, y in zip(X, Y)]
    Z = R[:]
    for row in range(8):
        permute(Z, [16 * row + i for i in range(16)])
    for column in range(8):
        permute(Z, [16 * i + 2 * column + j for i in range(8) for j in range(2)])
    return [r ^ z for r, z in zip(R, Z)]


def words_of(block):
    return [int.from_bytes(block[i : i + 8], "little") for i in range(0, 1024, 8)]


def addresses(turn, lane, slice_, m, t, length):
    """J_1 and J_2 of the first half of the first pass, which do not depend on the data."""
    zero, found = [0] * 128, []
    for counter in range(1, (length + 127) // 128 + 1):
        head = [turn, lane, slice_, m, t, 2, counter]
        block = compress(zero, compress(zero, head + [0] * (128 - len(head))))
        found += block
    return found


def argon2id(password, salt, m, t, lanes, length=32):
    """RFC 9106, section 3.2, version 0x13, without secret value and associated data."""
    numbers = b"".join(map(le32, (lanes, length, m, t, 0x13, 2)))
    texts = b"".join(le32(len(each)) + each for each in (password, salt, b"", b""))
    H0 = hashlib.blake2b(numbers + texts).digest()
    per_lane = m // (4 * lanes) * 4
    B = [[None] * per_lane for _ in range(lanes)]
    for lane in range(lanes):
        for j in range(2):
            B[lane][j] = words_of(long_hash(H0 + le32(j) + le32(lane), 1024))
    for turn in range(t):
        for slice_ in range(4):
            for lane in range(lanes):
                fill(B, turn, slice_, lane, (per_lane * lanes, t))
    last = [0] * 128
    for lane in B:
        last = [a ^ b for a, b in zip(last, lane[-1])]
    return long_hash(b"".join(word.to_bytes(8, "little") for word in last), length)


def fill(B, turn, slice_, lane, sizes):
    """One segment of one lane: sections 3.2 and 3.4."""
    per_lane = len(B[0])
    size = per_lane // 4
    fixed = turn == 0 and slice_ < 2
    known = addresses(turn, lane, slice_, *sizes, size) if fixed else None
    for i in range(2 if turn == 0 and slice_ == 0 else 0, size):
        j = slice_ * size + i
        before = B[lane][(j - 1) % per_lane]
        word = known[i] if fixed else before[0]
        J1, J2 = word & 0xFFFFFFFF, word >> 32
        other = lane if turn == 0 and slice_ == 0 else J2 % len(B)
        column = reference(J1, turn, slice_, i, size, per_lane, other == lane)
        block = compress(before, B[other][column])
        old = B[lane][j]
        B[lane][j] = block if turn == 0 else [a ^ b for a, b in zip(old, block)]


def reference(J1, turn, slice_, i, size, per_lane, same):
    """The column that J_1 names among those that are finished."""
    finished = slice_ * size if turn == 0 else per_lane - size
    if same:
        finished += i - 1
    elif i == 0:
        finished -= 1
    back = finished * (J1 * J1 >> 32) >> 32
    start = 0 if turn == 0 else (slice_ + 1) % 4 * size
    return (start + finished - 1 - back) % per_lane


def passphrase_file(magic, tag, stretched, salt, params, content, fresh):
    """Steps 8.2 to 8.4; `stretched` is the output of Argon2id."""
    key = hkdf(stretched, b"", transcript(tag, by(b"key")), 32)
    header = magic + b"\x01" + b"".join(map(le32, params)) + salt
    context = transcript(tag, by(b"body"), by(header))
    sealed = symmetric_seal(key, context, content, fresh)
    hashed = transcript(tag, by(b"sealed"), by(header), by(sealed))
    return header + hashlib.sha3_256(hashed).digest() + sealed
