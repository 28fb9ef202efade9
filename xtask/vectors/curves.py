"""The three curves: their equations, over affine points; None is the identity of a Weierstrass curve.

secp256k1: SEC 2 version 2, section 2.4.1. P-256: FIPS 186-4, D.1.2.3. Ed25519: RFC 8032, section 5.1.
Encodings: SEC 1, section 2.3.3, compressed; RFC 8032, section 5.1.2. The identity of a Weierstrass
curve, which SEC 1 writes as one byte, is 33 zero bytes here, so that all points have one length.
"""

import functools
import itertools


@functools.lru_cache(maxsize=1000)
def doubles(curve, P):
    """P, 2·P, 4·P, … 2^256·P."""
    found = [P]
    for _ in range(256):
        found.append(curve.add(found[-1], found[-1]))
    return found


def multiply(curve, a, P):
    """a·P, by the binary digits of a."""
    result = curve.identity
    for i, double in enumerate(doubles(curve, P)):
        if a >> i & 1:
            result = curve.add(result, double)
    return result


def total(curve, terms):
    """The sum of a·P over pairs (a, P)."""
    result = curve.identity
    for a, P in terms:
        result = curve.add(result, multiply(curve, a % curve.q, P))
    return result


class Weierstrass:
    """y² = x³ + a·x + b, of prime order q."""

    identity = None
    byteorder = "big"

    def __init__(self, name, p, a, b, q, G):
        self.name, self.p, self.a, self.b, self.q, self.G = name, p, a, b, q, G

    def square(self, x):
        return (x**3 + self.a * x + self.b) % self.p

    def root(self, x):
        """A y for this x, if there is one; p is 3 modulo 4 for both curves."""
        y = pow(self.square(x), (self.p + 1) // 4, self.p)
        return y if y * y % self.p == self.square(x) else None

    def add(self, P, Q):
        if P is None:
            return Q
        if Q is None:
            return P
        if P[0] == Q[0]:
            if (P[1] + Q[1]) % self.p == 0:
                return None
            slope = (3 * P[0] * P[0] + self.a) * pow(2 * P[1], -1, self.p)
        else:
            slope = (Q[1] - P[1]) * pow(Q[0] - P[0], -1, self.p)
        x = (slope * slope - P[0] - Q[0]) % self.p
        return (x, (slope * (P[0] - x) - P[1]) % self.p)

    def negate(self, P):
        return None if P is None else (P[0], -P[1] % self.p)

    def encode(self, P):
        if P is None:
            return bytes(33)
        return bytes([2 + P[1] % 2]) + P[0].to_bytes(32, "big")

    def decode(self, encoded):
        """The point; ValueError for what is no canonical encoding of one."""
        if encoded == bytes(33):
            return None
        x = int.from_bytes(encoded[1:], "big")
        if len(encoded) != 33 or encoded[0] not in (2, 3) or x >= self.p:
            raise ValueError("no canonical point")
        y = self.root(x)
        if y is None:
            raise ValueError("not on the curve")
        return (x, y if y % 2 == encoded[0] % 2 else self.p - y)

    def scalar(self, a):
        return a.to_bytes(32, "big")

    def scalar_of(self, encoded):
        return canonical_scalar(self, encoded)

    def bad_points(self):
        encoded = self.encode(self.G)
        off_curve = next(x for x in range(1, 100) if self.root(x) is None)
        # Where 2^256 - p is large, p + x would fit for many x.
        on_curve = next(x for x in range(1, 100) if self.root(x) is not None)
        yield "no bytes", b""
        yield "one byte short", encoded[:-1]
        yield "one byte long", encoded + b"\0"
        yield "uncompressed", b"\x04" + b"".join(c.to_bytes(32, "big") for c in self.G)
        yield "x-only", encoded[1:]
        for tag in (0, 1, 4, 5, 6, 7, 255):
            yield f"tag {tag}", bytes([tag]) + encoded[1:]
        yield "x not on the curve", b"\x02" + off_curve.to_bytes(32, "big")
        yield "x at p", b"\x02" + self.p.to_bytes(32, "big")
        yield "x above p", b"\x02" + (self.p + on_curve).to_bytes(32, "big")
        yield "x all ones", b"\x02" + b"\xff" * 32


class Edwards25519:
    """−x² + y² = 1 + d·x²·y²: the subgroup of prime order q. Whatever has a torsion part is refused."""

    name = "ed25519"
    byteorder = "little"
    p = 2**255 - 19
    q = 2**252 + 27742317777372353535851937790883648493
    d = -121665 * pow(121666, -1, p) % p
    identity = (0, 1)

    def __init__(self):
        y = 4 * pow(5, -1, self.p) % self.p
        self.G = (self.x_of(y, 0), y)

    def x_of(self, y, sign):
        square = (y * y - 1) * pow(self.d * y * y + 1, -1, self.p) % self.p
        x = pow(square, (self.p + 3) // 8, self.p)
        if x * x % self.p != square:
            x = x * pow(2, (self.p - 1) // 4, self.p) % self.p
        if x * x % self.p != square:
            return None
        return x if x % 2 == sign else (self.p - x) % self.p

    def add(self, P, Q):
        product = self.d * P[0] * Q[0] * P[1] * Q[1]
        x = (P[0] * Q[1] + P[1] * Q[0]) * pow(1 + product, -1, self.p) % self.p
        y = (P[1] * Q[1] + P[0] * Q[0]) * pow(1 - product, -1, self.p) % self.p
        return (x, y)

    def negate(self, P):
        return (-P[0] % self.p, P[1])

    def encode(self, P):
        return (P[1] | (P[0] % 2) << 255).to_bytes(32, "little")

    def decode(self, encoded):
        """The point; ValueError for what is no canonical encoding of one, or not of order q."""
        both = int.from_bytes(encoded, "little")
        y, sign = both % 2**255, both >> 255
        if len(encoded) != 32 or y >= self.p:
            raise ValueError("no canonical point")
        x = self.x_of(y, sign)
        if x is None or x % 2 != sign:
            raise ValueError("not on the curve, or a negative zero")
        if multiply(self, self.q, (x, y)) != self.identity:
            raise ValueError("not of prime order")
        return (x, y)

    def scalar(self, a):
        return a.to_bytes(32, "little")

    def scalar_of(self, encoded):
        return canonical_scalar(self, encoded)

    def torsion(self):
        """A point of order 8, and so all of the torsion: the part of a point that q leaves."""
        for y in itertools.count(2):
            x = self.x_of(y, 0)
            if x is not None:
                T = multiply(self, self.q, (x, y))
                if multiply(self, 4, T) != self.identity:
                    return T

    def bad_points(self):
        encoded = self.encode(self.G)
        off_curve = next(y for y in range(2, 100) if self.x_of(y, 0) is None)
        yield "no bytes", b""
        yield "one byte short", encoded[:-1]
        yield "one byte long", encoded + b"\0"
        yield "y not on the curve", off_curve.to_bytes(32, "little")
        yield "identity with negative zero", (1 | 1 << 255).to_bytes(32, "little")
        yield "identity as y = p + 1", (self.p + 1).to_bytes(32, "little")
        yield "identity as y = p + 1, negative zero", (self.p + 1 | 1 << 255).to_bytes(32, "little")
        yield "y at p", self.p.to_bytes(32, "little")
        yield "y all ones", b"\xff" * 32
        T = self.torsion()
        for k in range(1, 8):
            yield f"{k} times the torsion", self.encode(multiply(self, k, T))
            mixed = self.add(self.G, multiply(self, k, T))
            yield f"generator plus {k} times the torsion", self.encode(mixed)


def canonical_scalar(curve, encoded):
    """The scalar; ValueError for what is not 32 bytes, or not below q."""
    a = int.from_bytes(encoded, curve.byteorder)
    if len(encoded) != 32 or a >= curve.q:
        raise ValueError("no canonical scalar")
    return a


Secp256k1 = Weierstrass(
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
P256 = Weierstrass(
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
Ed25519 = Edwards25519()

CURVES = {curve.name: curve for curve in (Secp256k1, Ed25519, P256)}
