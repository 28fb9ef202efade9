#!/usr/bin/env python3
"""Makes secp256k1.json and ed25519.json: sharings with every intermediate value, and refusals.

Independent of the crate: Python integers, the curves' equations, and the formulas of Shamir,
Feldman and Lagrange written out. It needs the standard library alone. Run it in its folder.

With `--check` it compares instead of writing.
"""

import hashlib
import itertools
import json
import sys

# Curves: affine points over integers; None is the identity of secp256k1.


class Secp256k1:
    name = "secp256k1"
    p = 2**256 - 2**32 - 977
    q = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    G = (
        0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
        0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
    )
    identity = None

    def add(self, P, Q):
        if P is None:
            return Q
        if Q is None:
            return P
        if P[0] == Q[0]:
            if (P[1] + Q[1]) % self.p == 0:
                return None
            slope = 3 * P[0] * P[0] * pow(2 * P[1], -1, self.p)
        else:
            slope = (Q[1] - P[1]) * pow(Q[0] - P[0], -1, self.p)
        x = (slope * slope - P[0] - Q[0]) % self.p
        return (x, (slope * (P[0] - x) - P[1]) % self.p)

    def encode(self, P):
        if P is None:
            return bytes(33)
        return bytes([2 + P[1] % 2]) + P[0].to_bytes(32, "big")

    def scalar(self, a):
        return a.to_bytes(32, "big")

    def bad_points(self):
        encoded = self.encode(self.G)
        off_curve = next(
            x for x in range(1, 100) if pow(x**3 + 7, (self.p - 1) // 2, self.p) != 1
        )
        on_curve = next(
            x for x in range(1, 100) if pow(x**3 + 7, (self.p - 1) // 2, self.p) == 1
        )
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


class Ed25519:
    name = "ed25519"
    p = 2**255 - 19
    q = 2**252 + 27742317777372353535851937790883648493
    d = -121665 * pow(121666, -1, p) % p
    identity = (0, 1)

    def __init__(self):
        self.G = (self.x_of(4 * pow(5, -1, self.p) % self.p, 0), 4 * pow(5, -1, self.p) % self.p)

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

    def encode(self, P):
        return (P[1] | (P[0] % 2) << 255).to_bytes(32, "little")

    def scalar(self, a):
        return a.to_bytes(32, "little")

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


def multiply(curve, a, P):
    result = curve.identity
    while a:
        if a & 1:
            result = curve.add(result, P)
        P = curve.add(P, P)
        a >>= 1
    return result


# The scheme, one formula a function.


def evaluate(curve, coefficients, x):
    return sum(a * pow(x, k, curve.q) for k, a in enumerate(coefficients)) % curve.q


def commit(curve, coefficients):
    return [multiply(curve, a, curve.G) for a in coefficients]


def lagrange(curve, identifiers, at):
    weights = []
    for x_i in identifiers:
        weight = 1
        for x_j in identifiers:
            if x_j != x_i:
                weight = weight * (at - x_j) * pow(x_i - x_j, -1, curve.q) % curve.q
        weights.append(weight)
    return weights


def weighted_sum(curve, weights, values):
    return sum(w * v for w, v in zip(weights, values, strict=True)) % curve.q


def number(curve, label):
    digest = hashlib.sha512(f"tki-math vector, {curve.name}, {label}".encode()).digest()
    return int.from_bytes(digest, "big") % curve.q


# Files.


def hexes(curve, scalars):
    return [curve.scalar(a).hex() for a in scalars]


def points(curve, A):
    return [curve.encode(P).hex() for P in A]


def decimals(identifiers):
    return [str(x) for x in identifiers]


def sharing(curve, name, identifiers, coefficients, quorums, at):
    q = curve.q
    t = len(coefficients)
    f = {x: evaluate(curve, coefficients, x) for x in identifiers}
    A = commit(curve, coefficients)
    case = {
        "name": name,
        "threshold": t,
        "identifiers": decimals(identifiers),
        "coefficients": hexes(curve, coefficients),
        "shares": hexes(curve, f.values()),
        "commitment": points(curve, A),
        "verifying_shares": points(curve, (multiply(curve, s, curve.G) for s in f.values())),
        "quorums": [],
        "interpolations": [],
        "refresh": None,
    }
    for quorum in quorums:
        weights = lagrange(curve, quorum, 0)
        assert weighted_sum(curve, weights, [f[x] for x in quorum]) == coefficients[0]
        case["quorums"].append(
            {"identifiers": decimals(quorum), "lagrange_coefficients": hexes(curve, weights)}
        )
        for x in at:
            weights = lagrange(curve, quorum, x)
            value = weighted_sum(curve, weights, [f[x_i] for x_i in quorum])
            assert value == evaluate(curve, coefficients, x)
            case["interpolations"].append(
                {
                    "identifiers": decimals(quorum),
                    "at": str(x),
                    "lagrange_coefficients": hexes(curve, weights),
                    "share": curve.scalar(value).hex(),
                }
            )
    if t > 1:
        b = [0] + [number(curve, f"{name}, refresh {k}") for k in range(1, t)]
        g = [evaluate(curve, b, x) for x in identifiers]
        B = commit(curve, b)
        case["refresh"] = {
            "coefficients": hexes(curve, b),
            "shares": hexes(curve, g),
            "commitment": points(curve, B),
            "refreshed_shares": hexes(curve, ((s + d) % q for s, d in zip(f.values(), g))),
            "refreshed_commitment": points(curve, map(curve.add, A, B)),
        }
    return case


def sharings(curve):
    def a(name, t):
        return [number(curve, f"{name}, coefficient {k}") for k in range(t)]

    far = 2**128 - 1
    name = "one of one"
    yield sharing(curve, name, [1], a(name, 1), [[1]], [2])
    name = "two of three"
    yield sharing(curve, name, [1, 2, 3], a(name, 2), [[1, 2], [3, 1], [2, 3]], [3, 4])
    name = "three of five, quorums out of order"
    quorums = [[1, 2, 3], [5, 3, 1], [4, 2, 5]]
    yield sharing(curve, name, [1, 2, 3, 4, 5], a(name, 3), quorums, [1, 6])
    name = "leading coefficient zero"
    yield sharing(curve, name, [1, 2, 3], a(name, 2) + [0], [[1, 2, 3]], [4])
    name = "all coefficients but the secret zero"
    yield sharing(curve, name, [1, 2, 7], a(name, 1) + [0, 0], [[7, 2, 1]], [4])
    name = "secret one, a share zero"
    yield sharing(curve, name, [1, 2], [1, curve.q - 1], [[1, 2]], [3])
    name = "largest coefficients"
    yield sharing(curve, name, [1, far], [curve.q - 1, curve.q - 1], [[far, 1]], [2])
    name = "identifiers around machine words"
    near = [2**32 - 1, 2**32, 2**64 - 1, 2**64, 2**64 + 1, far]
    yield sharing(curve, name, near, a(name, 4), [near[:4], near[:1:-1]], [1, far - 1])
    name = "random 128-bit identifiers"
    random = [number(curve, f"{name}, identifier {i}") % 2**128 for i in range(4)]
    yield sharing(curve, name, random, a(name, 3), [random[:3], random[:0:-1]], [1])
    name = "twelve of twelve"
    everyone = list(range(1, 13))
    yield sharing(curve, name, everyone, a(name, 12), [everyone], [13])


def refusals(curve):
    q = curve.q
    coefficients = [number(curve, f"refusals, coefficient {k}") for k in range(3)]
    A = points(curve, commit(curve, coefficients))
    O = curve.encode(curve.identity).hex()
    share = {x: curve.scalar(evaluate(curve, coefficients, x)).hex() for x in range(1, 6)}

    for name, value in (("q", q), ("q + 1", q + 1), ("all ones", 2**256 - 1)):
        yield {"call": "scalar", "name": name, "bytes": curve.scalar(value).hex(), "error": "InvalidScalar"}
    yield {"call": "key", "name": "identity", "bytes": O, "error": "InvalidPoint"}
    for name, encoded in curve.bad_points():
        yield {"call": "key", "name": name, "bytes": encoded.hex(), "error": "InvalidPoint"}

    def commitment(name, encoded, error, t=3):
        return {"call": "commitment", "name": name, "threshold": t, "points": encoded, "error": error}

    yield commitment("no points", [], "WrongCommitmentLength")
    yield commitment("one too few", A[:2], "WrongCommitmentLength")
    yield commitment("one too many", A + A[:1], "WrongCommitmentLength")
    yield commitment("identity appended", A + [O], "WrongCommitmentLength")
    yield commitment("identity first", [O] + A[1:], "IdentityVerifyingKey")
    for position, (name, encoded) in zip(itertools.cycle(range(3)), curve.bad_points()):
        bad = A[:position] + [encoded.hex()] + A[position + 1 :]
        yield commitment(f"{name} at {position}", bad, "InvalidCoefficientCommitment")

    def refresh(name, encoded, error, t=3):
        return {"call": "refresh", "name": name, "threshold": t, "points": encoded, "error": error}

    yield refresh("constant term", A, "RefreshChangesKey")
    yield refresh("one too few", [O] + A[1:2], "WrongCommitmentLength")
    yield refresh("one too many", [O] + A, "WrongCommitmentLength")
    yield refresh("threshold one", [O], "NothingToRefresh", 1)

    def verify(name, x, value, culprits):
        return {
            "call": "verify",
            "name": name,
            "points": A,
            "identifier": str(x),
            "share": value,
            "error": "InvalidShare",
            "culprits": culprits,
        }

    off_by_one = (evaluate(curve, coefficients, 2) + 1) % q
    yield verify("off by one", 2, curve.scalar(off_by_one).hex(), ["2"])
    yield verify("another holder's value", 3, share[4], ["3"])
    yield verify("zero", 5, curve.scalar(0).hex(), ["5"])
    yield verify("the secret itself", 1, curve.scalar(coefficients[0]).hex(), ["1"])

    def combine(name, identifiers, error):
        return {
            "call": "combine",
            "name": name,
            "threshold": 3,
            "identifiers": decimals(identifiers),
            "shares": [share[x] for x in identifiers],
            "error": error,
        }

    yield combine("no shares", [], "NotEnoughShares")
    yield combine("one too few", [1, 2], "NotEnoughShares")
    yield combine("one share twice", [1, 2, 1], "DuplicateIdentifier")
    yield combine("one share twice, beyond the quorum", [1, 2, 3, 2], "DuplicateIdentifier")

    def split(name, secret, t, identifiers, error):
        return {
            "call": "split",
            "name": name,
            "secret": curve.scalar(secret).hex(),
            "threshold": t,
            "identifiers": decimals(identifiers),
            "error": error,
        }

    yield split("zero secret", 0, 2, [1, 2], "ZeroSecret")
    yield split("too few holders", 1, 3, [1, 2], "TooFewHolders")
    yield split("no holders", 1, 1, [], "TooFewHolders")
    yield split("one holder twice", 1, 2, [4, 2, 4], "DuplicateIdentifier")

    texts = ["", "0", "00", "01", "+1", "-1", " 1", "1 ", "1_0", "0x1", "1.0", "١", str(2**128)]
    for text in texts:
        yield {"call": "identifier", "name": f"{text!r}", "text": text, "error": "InvalidIdentifier"}


def main():
    for curve in (Secp256k1(), Ed25519()):
        assert multiply(curve, curve.q, curve.G) == curve.identity
        content = {
            "curve": curve.name,
            "sharings": list(sharings(curve)),
            "refusals": list(refusals(curve)),
        }
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        path = f"{curve.name}.json"
        if "--check" in sys.argv[1:]:
            with open(path, encoding="utf-8") as file:
                assert file.read() == text, f"{path} is not what this script makes"
        else:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)


main()
