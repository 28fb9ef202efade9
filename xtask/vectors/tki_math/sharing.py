"""docs/spec/sharing.md: split, verify, combine, weights, refresh, and what each refuses."""

import itertools

from curves import multiply
from tki_math.polynomials import (
    commit,
    evaluate,
    evaluate_in_group,
    lagrange,
    weighted_sum,
)
from tki_math.refusal import Refused, commitment_of, refusal, scalar_refused
from values import decimals, hexes, number, numbers_of, points, scalars_of

NAME = "sharing"


def make(curve):
    assert multiply(curve, curve.q, curve.G) == curve.identity
    return {
        "curve": curve.name,
        "sharings": list(sharings(curve)),
        "refusals": list(refusals(curve)),
    }


def again(curve, content):
    """The same file, from what goes into its cases."""
    return {
        "curve": curve.name,
        "sharings": [sharing_again(curve, case) for case in content["sharings"]],
        "refusals": [refusal(CALLS, curve, case) for case in content["refusals"]],
    }


# Sharings.


def sharing(curve, name, identifiers, coefficients, quorums, interpolations, b):
    """All that steps 1 to 5 compute; `interpolations` are pairs of a quorum and an x."""
    f = {x: evaluate(curve, coefficients, x) for x in identifiers}
    A = commit(curve, coefficients)
    return {
        "name": name,
        "threshold": len(coefficients),
        "identifiers": decimals(identifiers),
        "coefficients": hexes(curve, coefficients),
        "shares": hexes(curve, f.values()),
        "commitment": points(curve, A),
        "verifying_shares": points(curve, (multiply(curve, s, curve.G) for s in f.values())),
        "quorums": [of_quorum(curve, f, coefficients, quorum) for quorum in quorums],
        "interpolations": [
            interpolated(curve, f, coefficients, quorum, x) for quorum, x in interpolations
        ],
        "refresh": refresh(curve, f, A, b) if b else None,
    }


def of_quorum(curve, f, coefficients, quorum):
    weights = lagrange(curve, quorum, 0)
    assert weighted_sum(curve, weights, [f[x] for x in quorum]) == coefficients[0]
    return {"identifiers": decimals(quorum), "lagrange_coefficients": hexes(curve, weights)}


def interpolated(curve, f, coefficients, quorum, x):
    weights = lagrange(curve, quorum, x)
    value = weighted_sum(curve, weights, [f[x_i] for x_i in quorum])
    assert value == evaluate(curve, coefficients, x)
    return {
        "identifiers": decimals(quorum),
        "at": str(x),
        "lagrange_coefficients": hexes(curve, weights),
        "share": curve.scalar(value).hex(),
    }


def refresh(curve, f, A, b):
    g = [evaluate(curve, b, x) for x in f]
    B = commit(curve, b)
    return {
        "coefficients": hexes(curve, b),
        "shares": hexes(curve, g),
        "commitment": points(curve, B),
        "refreshed_shares": hexes(curve, ((s + d) % curve.q for s, d in zip(f.values(), g))),
        "refreshed_commitment": points(curve, map(curve.add, A, B)),
    }


def sharing_again(curve, case):
    return sharing(
        curve,
        case["name"],
        numbers_of(case["identifiers"]),
        scalars_of(curve, case["coefficients"]),
        [numbers_of(quorum["identifiers"]) for quorum in case["quorums"]],
        [(numbers_of(each["identifiers"]), int(each["at"])) for each in case["interpolations"]],
        case["refresh"] and scalars_of(curve, case["refresh"]["coefficients"]),
    )


def sharings(curve):
    def a(name, t):
        return [number(curve, f"{name}, coefficient {k}") for k in range(t)]

    def case(name, identifiers, coefficients, quorums, at):
        t = len(coefficients)
        b = [0] + [number(curve, f"{name}, refresh {k}") for k in range(1, t)] if t > 1 else None
        pairs = list(itertools.product(quorums, at))
        return sharing(curve, name, identifiers, coefficients, quorums, pairs, b)

    far = 2**128 - 1
    name = "one of one"
    yield case(name, [1], a(name, 1), [[1]], [2])
    name = "two of three"
    yield case(name, [1, 2, 3], a(name, 2), [[1, 2], [3, 1], [2, 3]], [3, 4])
    name = "three of five, quorums out of order"
    quorums = [[1, 2, 3], [5, 3, 1], [4, 2, 5]]
    yield case(name, [1, 2, 3, 4, 5], a(name, 3), quorums, [1, 6])
    name = "leading coefficient zero"
    yield case(name, [1, 2, 3], a(name, 2) + [0], [[1, 2, 3]], [4])
    name = "all coefficients but the secret zero"
    yield case(name, [1, 2, 7], a(name, 1) + [0, 0], [[7, 2, 1]], [4])
    name = "secret one, a share zero"
    yield case(name, [1, 2], [1, curve.q - 1], [[1, 2]], [3])
    name = "largest coefficients"
    yield case(name, [1, far], [curve.q - 1, curve.q - 1], [[far, 1]], [2])
    name = "identifiers around machine words"
    near = [2**32 - 1, 2**32, 2**64 - 1, 2**64, 2**64 + 1, far]
    yield case(name, near, a(name, 4), [near[:4], near[:1:-1]], [1, far - 1])
    name = "random 128-bit identifiers"
    random = [number(curve, f"{name}, identifier {i}") % 2**128 for i in range(4)]
    yield case(name, random, a(name, 3), [random[:3], random[:0:-1]], [1])
    name = "twelve of twelve"
    everyone = list(range(1, 13))
    yield case(name, everyone, a(name, 12), [everyone], [13])


# Refusals: what each call says to each input.


def split(curve, case):
    identifiers = numbers_of(case["identifiers"])
    if len(identifiers) < case["threshold"]:
        raise Refused("TooFewHolders")
    if len(identifiers) > 1000:
        raise Refused("TooManyHolders")
    if len(set(identifiers)) < len(identifiers):
        raise Refused("DuplicateIdentifier")
    if scalar_refused(curve, case["secret"]) == 0:
        raise Refused("ZeroSecret")


def verify(curve, case):
    A = commitment_of(curve, case["points"], len(case["points"]))
    x = int(case["identifier"])
    s = scalar_refused(curve, case["share"])
    if multiply(curve, s, curve.G) != evaluate_in_group(curve, A, x):
        raise Refused("InvalidShare", x)


def combine(curve, case):
    identifiers = case["identifiers"]
    if len(set(identifiers)) < len(identifiers):
        raise Refused("DuplicateIdentifier")
    if len(identifiers) < case["threshold"]:
        raise Refused("NotEnoughShares")


def combine_checked(curve, case):
    """Steps 3.1 to 3.5: the first t shares, and the culprits among all of them."""
    A = commitment_of(curve, case["points"], len(case["points"]))
    identifiers = numbers_of(case["identifiers"])
    shares = scalars_of(curve, case["shares"])
    t = len(A)
    combine(curve, {**case, "threshold": t})
    s = weighted_sum(curve, lagrange(curve, identifiers[:t], 0), shares[:t])
    if multiply(curve, s, curve.G) != A[0]:
        wrong = [
            x
            for x, s_i in zip(identifiers, shares)
            if multiply(curve, s_i, curve.G) != evaluate_in_group(curve, A, x)
        ]
        raise Refused("WrongShares", *wrong)


def refresh_commitment(curve, case):
    B = commitment_of(curve, case["points"], case["threshold"])
    if case["threshold"] == 1:
        raise Refused("NothingToRefresh")
    if B[0] != curve.identity:
        raise Refused("RefreshChangesKey")


def commitment(curve, case):
    A = commitment_of(curve, case["points"], case["threshold"])
    if A[0] == curve.identity:
        raise Refused("IdentityVerifyingKey")


def key(curve, case):
    try:
        if curve.decode(bytes.fromhex(case["bytes"])) != curve.identity:
            return
    except ValueError:
        pass
    raise Refused("InvalidPoint")


def identifier(_, case):
    """Decimal digits without a sign or a leading zero, from 1 to 2^128 - 1."""
    text = case["text"]
    digits = text and all(digit in "0123456789" for digit in text) and text[0] != "0"
    if not digits or int(text) >= 2**128:
        raise Refused("InvalidIdentifier")


CALLS = {
    "scalar": lambda curve, case: scalar_refused(curve, case["bytes"]),
    "key": key,
    "commitment": commitment,
    "refresh": refresh_commitment,
    "verify": verify,
    "combine": combine,
    "combine checked": combine_checked,
    "split": split,
    "identifier": identifier,
}


def refusals(curve):
    q = curve.q
    coefficients = [number(curve, f"refusals, coefficient {k}") for k in range(3)]
    A = points(curve, commit(curve, coefficients))
    O = curve.encode(curve.identity).hex()
    share = {x: curve.scalar(evaluate(curve, coefficients, x)).hex() for x in range(1, 6)}

    for name, value in (("q", q), ("q + 1", q + 1), ("all ones", 2**256 - 1)):
        encoded = curve.scalar(value).hex()
        yield {"call": "scalar", "name": name, "bytes": encoded, "error": "InvalidScalar"}
    yield {"call": "key", "name": "identity", "bytes": O, "error": "InvalidPoint"}
    for name, encoded in curve.bad_points():
        yield {"call": "key", "name": name, "bytes": encoded.hex(), "error": "InvalidPoint"}
    yield from commitment_refusals(curve, A, O)
    yield from verify_refusals(curve, coefficients, A, share)
    yield from combine_refusals(share)
    yield from checked_refusals(curve, coefficients, A)
    yield from split_refusals(curve)
    texts = ["", "0", "00", "01", "+1", "-1", " 1", "1 ", "1_0", "0x1", "1.0", "١", str(2**128)]
    for text in texts:
        yield {
            "call": "identifier",
            "name": f"{text!r}",
            "text": text,
            "error": "InvalidIdentifier",
        }


def commitment_refusals(curve, A, O):
    def of(call, name, encoded, error, t=3):
        return {"call": call, "name": name, "threshold": t, "points": encoded, "error": error}

    yield of("commitment", "no points", [], "WrongCommitmentLength")
    yield of("commitment", "one too few", A[:2], "WrongCommitmentLength")
    yield of("commitment", "one too many", A + A[:1], "WrongCommitmentLength")
    yield of("commitment", "identity appended", A + [O], "WrongCommitmentLength")
    yield of("commitment", "identity first", [O] + A[1:], "IdentityVerifyingKey")
    for position, (name, encoded) in zip(itertools.cycle(range(3)), curve.bad_points()):
        bad = A[:position] + [encoded.hex()] + A[position + 1 :]
        yield of("commitment", f"{name} at {position}", bad, "InvalidCoefficientCommitment")
    yield of("refresh", "constant term", A, "RefreshChangesKey")
    yield of("refresh", "one too few", [O] + A[1:2], "WrongCommitmentLength")
    yield of("refresh", "one too many", [O] + A, "WrongCommitmentLength")
    yield of("refresh", "threshold one", [O], "NothingToRefresh", 1)


def verify_refusals(curve, coefficients, A, share):
    def of(name, x, value):
        return {
            "call": "verify",
            "name": name,
            "points": A,
            "identifier": str(x),
            "share": value,
            "error": "InvalidShare",
            "culprits": [str(x)],
        }

    off_by_one = (evaluate(curve, coefficients, 2) + 1) % curve.q
    yield of("off by one", 2, curve.scalar(off_by_one).hex())
    yield of("another holder's value", 3, share[4])
    yield of("zero", 5, curve.scalar(0).hex())
    yield of("the secret itself", 1, curve.scalar(coefficients[0]).hex())


def combine_refusals(share):
    def of(name, identifiers, error):
        return {
            "call": "combine",
            "name": name,
            "threshold": 3,
            "identifiers": decimals(identifiers),
            "shares": [share[x] for x in identifiers],
            "error": error,
        }

    yield of("no shares", [], "NotEnoughShares")
    yield of("one too few", [1, 2], "NotEnoughShares")
    yield of("one share twice", [1, 2, 1], "DuplicateIdentifier")
    yield of("one share twice, beyond the quorum", [1, 2, 3, 2], "DuplicateIdentifier")


def checked_refusals(curve, coefficients, A):
    def of(name, identifiers, wrong, error="WrongShares"):
        f = [evaluate(curve, coefficients, x) for x in identifiers]
        shares = [(s + 1) % curve.q if x in wrong else s for x, s in zip(identifiers, f)]
        case = {
            "call": "combine checked",
            "name": name,
            "points": A,
            "identifiers": decimals(identifiers),
            "shares": hexes(curve, shares),
            "error": error,
        }
        return {**case, "culprits": decimals(wrong)} if error == "WrongShares" else case

    yield of("one wrong", [1, 2, 3], [2])
    yield of("all wrong", [5, 4, 3], [5, 4, 3])
    yield of("one wrong of those used and one beyond", [1, 2, 3, 4, 5], [3, 5])
    yield of("one wrong beyond those used", [1, 2, 3, 4], [4], None)
    yield of("one too few", [1, 2], [], "NotEnoughShares")
    yield of("one share twice", [2, 1, 2, 3], [1], "DuplicateIdentifier")


def split_refusals(curve):
    def of(name, secret, t, identifiers, error):
        return {
            "call": "split",
            "name": name,
            "secret": curve.scalar(secret).hex(),
            "threshold": t,
            "identifiers": decimals(identifiers),
            "error": error,
        }

    yield of("zero secret", 0, 2, [1, 2], "ZeroSecret")
    yield of("too few holders", 1, 3, [1, 2], "TooFewHolders")
    yield of("no holders", 1, 1, [], "TooFewHolders")
    yield of("one holder twice", 1, 2, [4, 2, 4], "DuplicateIdentifier")
