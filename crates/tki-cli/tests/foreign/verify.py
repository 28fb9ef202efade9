"""Verifies signatures with nothing but integers: BIP-340, and ECDSA over Keccak-256.

Written from BIP-340, SEC 1 and the Keccak reference; shares no code with the project.
Usage: verify.py bip340|ecdsa-keccak256 KEY_HEX SIGNATURE_HEX MESSAGE_HEX [RECOVERY_ID]
"""

import hashlib
import sys

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)


def add(a, b):
    if a is None:
        return b
    if b is None:
        return a
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    if a == b:
        slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, P) % P
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P) % P
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def mul(k, point):
    result = None
    while k:
        if k & 1:
            result = add(result, point)
        point = add(point, point)
        k >>= 1
    return result


def lift(x, odd):
    square = (x**3 + 7) % P
    y = pow(square, (P + 1) // 4, P)
    assert x < P and y * y % P == square, "not on the curve"
    return x, y if y % 2 == odd else P - y


def tagged(tag, data):
    prefix = hashlib.sha256(tag).digest()
    return hashlib.sha256(prefix + prefix + data).digest()


def bip340(key, signature, message):
    point = lift(int.from_bytes(key[-32:], "big"), 0)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    assert r < P and s < N
    data = signature[:32] + key[-32:] + message
    e = int.from_bytes(tagged(b"BIP0340/challenge", data), "big") % N
    found = add(mul(s, G), mul(N - e, point))
    assert found is not None and found[1] % 2 == 0 and found[0] == r, "does not verify"


def keccak256(data):
    def rol(value, by):
        by %= 64
        return (value << by | value >> (64 - by)) & (2**64 - 1)

    rate = 136
    padding = rate - len(data) % rate
    data += b"\x81" if padding == 1 else b"\x01" + bytes(padding - 2) + b"\x80"
    state = [[0] * 5 for _ in range(5)]
    for start in range(0, len(data), rate):
        block = data[start : start + rate]
        for i in range(rate // 8):
            state[i % 5][i // 5] ^= int.from_bytes(block[8 * i : 8 * i + 8], "little")
        lfsr = 1
        for _ in range(24):
            c = [a[0] ^ a[1] ^ a[2] ^ a[3] ^ a[4] for a in state]
            d = [c[(x + 4) % 5] ^ rol(c[(x + 1) % 5], 1) for x in range(5)]
            state = [[state[x][y] ^ d[x] for y in range(5)] for x in range(5)]
            x, y, current = 1, 0, state[1][0]
            for t in range(24):
                x, y = y, (2 * x + 3 * y) % 5
                current, state[x][y] = state[x][y], rol(current, (t + 1) * (t + 2) // 2)
            for y in range(5):
                row = [state[x][y] for x in range(5)]
                for x in range(5):
                    state[x][y] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5])
            for j in range(7):
                lfsr = (lfsr << 1 ^ (lfsr >> 7) * 0x71) % 256
                if lfsr & 2:
                    state[0][0] ^= 1 << ((1 << j) - 1)
    return b"".join(state[i % 5][i // 5].to_bytes(8, "little") for i in range(4))


def ecdsa_keccak256(key, signature, message, recovery_id):
    point = lift(int.from_bytes(key[1:], "big"), key[0] & 1)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    assert 0 < r < N and 0 < s <= N // 2, "out of range, or a high s"
    z = int.from_bytes(keccak256(message), "big")
    inverse = pow(s, -1, N)
    found = add(mul(z * inverse % N, G), mul(r * inverse % N, point))
    assert found is not None and found[0] % N == r, "does not verify"
    # As Ethereum does: the key from the signature alone.
    nonce = lift(r + N * (recovery_id >> 1), recovery_id & 1)
    inverse = pow(r, -1, N)
    recovered = add(mul(s * inverse % N, nonce), mul((N - z) * inverse % N, G))
    assert recovered == point, "recovers to another key"


if __name__ == "__main__":
    assert keccak256(b"").hex().startswith("c5d2460186f7233c927e7db2dcc703c0")
    arguments = [bytes.fromhex(argument) for argument in sys.argv[2:5]]
    if sys.argv[1] == "bip340":
        bip340(*arguments)
    else:
        ecdsa_keccak256(*arguments, int(sys.argv[5]))
    print("valid")
