"""docs/spec/pegs.md: polynomials that are fixed at some points, and refreshes that leave some shares."""

from tki_math.polynomials import commit, evaluate, multiplied, sums, through, vanishing
from tki_math.refusal import Refused, refusal
from values import hexes, number, numbers_of, points, scalars_of

NAME = "pegs"


def make(curve):
    return {
        "curve": curve.name,
        "draws": list(draws(curve)),
        "refreshes": list(refreshes(curve)),
        "refusals": list(refusals(curve)),
    }


def again(curve, content):
    return {
        "curve": curve.name,
        "draws": [draw_again(curve, case) for case in content["draws"]],
        "refreshes": [refresh_again(curve, case) for case in content["refreshes"]],
        "refusals": [refusal(CALLS, curve, case) for case in content["refusals"]],
    }


# Draws.


def draw(curve, name, t, secret, pegs, r, further):
    """f = P + Z·r through the pegs, pairs (x_j, v_j); P in the form of Lagrange."""
    fixed = ([(0, secret)] if secret is not None else []) + pegs
    assert len(r) == t - len(fixed)
    P = through(curve, fixed)
    Z = vanishing(curve, [x for x, _ in fixed])
    f = sums(curve, P + [0] * (t - len(P)), multiplied(curve, Z, r))[:t]
    assert all(evaluate(curve, f, x) == v for x, v in fixed)
    return {
        "name": name,
        "threshold": t,
        "secret": None if secret is None else curve.scalar(secret).hex(),
        "pegs": [shown(curve, x, v) for x, v in pegs],
        "freedom": len(r),
        "random": hexes(curve, r),
        "interpolant": hexes(curve, P),
        "vanishing": hexes(curve, Z),
        "coefficients": hexes(curve, f),
        "commitment": points(curve, commit(curve, f)),
        "shares": [shown(curve, x, evaluate(curve, f, x)) for x in further],
    }


def shown(curve, x, value):
    return {"identifier": str(x), "value": curve.scalar(value).hex()}


def read(curve, pegs):
    return [
        (int(peg["identifier"]), curve.scalar_of(bytes.fromhex(peg["value"]))) for peg in pegs
    ]


def draw_again(curve, case):
    secret = case["secret"] and curve.scalar_of(bytes.fromhex(case["secret"]))
    further = [int(share["identifier"]) for share in case["shares"]]
    r = scalars_of(curve, case["random"])
    pegs = read(curve, case["pegs"])
    return draw(curve, case["name"], case["threshold"], secret, pegs, r, further)


def draws(curve):
    def case(name, t, secret, identifiers, further):
        s = number(curve, f"pegs, {name}, secret") if secret else None
        pegs = [(x, number(curve, f"pegs, {name}, value at {x}")) for x in identifiers]
        freedom = t - len(identifiers) - secret
        r = [number(curve, f"pegs, {name}, random {k}") for k in range(freedom)]
        return draw(curve, name, t, s, pegs, r, further)

    far = 2**128 - 1
    yield case("nothing pegged", 3, False, [], [1, 2, far])
    yield case("the secret alone", 3, True, [], [1, 2, 3])
    yield case("one share", 3, False, [7], [1, 7])
    yield case("the secret and a share", 3, True, [far], [1, 2])
    yield case("all of it, with the secret", 3, True, [1, 2], [3])
    yield case("all of it, without the secret", 3, False, [3, 1, 2], [4])
    yield case("a share at threshold one", 1, False, [5], [1, far])
    yield case("five of eight", 8, True, [2**64, 9, 1, 2**32 - 1], [2, 3])
    pegs = [(1, 0), (2, 0)]
    yield draw(curve, "shares that are zero", 4, 1, pegs, [curve.q - 1], [1, 3])
    r = [0, 0]
    yield draw(curve, "all that is drawn is zero", 4, curve.q - 1, [(4, 1)], r, [1, 2])


# Refreshes.


def refresh(curve, name, t, pegged, r, further):
    """g = Z·r with Z(x) = x·Π (x − x_j)."""
    Z = vanishing(curve, [0] + pegged)
    g = multiplied(curve, Z, r)
    assert len(g) == t and g[0] == 0
    assert all(evaluate(curve, g, x) == 0 for x in pegged)
    return {
        "name": name,
        "threshold": t,
        "pegged": [str(x) for x in pegged],
        "random": hexes(curve, r),
        "vanishing": hexes(curve, Z),
        "coefficients": hexes(curve, g),
        "commitment": points(curve, commit(curve, g)),
        "shares": [shown(curve, x, evaluate(curve, g, x)) for x in further],
    }


def refresh_again(curve, case):
    further = [int(share["identifier"]) for share in case["shares"]]
    r = scalars_of(curve, case["random"])
    pegged = numbers_of(case["pegged"])
    return refresh(curve, case["name"], case["threshold"], pegged, r, further)


def refreshes(curve):
    for name, t, pegged in (
        ("nobody stays", 3, []),
        ("one of three stays", 3, [2]),
        ("four of six stay", 6, [5, 2**128 - 1, 1, 2**64]),
    ):
        freedom = t - 1 - len(pegged)
        r = [number(curve, f"pegs, refresh, {name}, random {k}") for k in range(freedom)]
        yield refresh(curve, name, t, pegged, r, pegged + [3, 4])


# Refusals.


def drawn(curve, case):
    """The pegs one after the other, the secret's with identifier 0, then the draw."""
    t, fixed = case["threshold"], []
    for x, value in read(curve, case["pegs"]):
        if x == 0 and value == 0:
            raise Refused("ZeroSecret")
        if x in [y for y, _ in fixed]:
            raise Refused("DuplicateIdentifier" if x else "SecretPeggedTwice")
        if len(fixed) == t:
            raise Refused("TooManyPegs")
        fixed.append((x, value))
    P = through(curve, fixed)
    r = scalars_of(curve, case["random"])[: t - len(fixed)]
    Z = vanishing(curve, [x for x, _ in fixed])
    if sums(curve, P + [0] * t, multiplied(curve, Z, r) + [0] * t)[0] == 0:
        raise Refused("ZeroSecret")


def refreshed(_, case):
    t, pegged = case["threshold"], case["pegged"]
    if t == 1:
        raise Refused("NothingToRefresh")
    if len(set(pegged)) < len(pegged):
        raise Refused("DuplicateIdentifier")
    if len(pegged) >= t - 1:
        raise Refused("TooManyPegs")


CALLS = {"draw": drawn, "refresh": refreshed}


def refusals(curve):
    def of(name, t, pegs, error, random=()):
        return {
            "call": "draw",
            "name": name,
            "threshold": t,
            "pegs": [shown(curve, x, value) for x, value in pegs],
            "random": hexes(curve, random),
            "error": error,
        }

    yield of("zero secret", 2, [(0, 0)], "ZeroSecret")
    yield of("secret twice", 3, [(0, 5), (1, 2), (0, 5)], "SecretPeggedTwice")
    yield of("one share twice", 3, [(4, 5), (1, 2), (4, 5)], "DuplicateIdentifier")
    yield of("one too many", 2, [(1, 5), (2, 6), (3, 7)], "TooManyPegs")
    yield of("the secret one too many", 2, [(1, 5), (2, 6), (0, 7)], "TooManyPegs")
    yield of("one too many at threshold one", 1, [(0, 5), (1, 5)], "TooManyPegs")
    yield of("shares of a polynomial through zero", 2, [(1, 3), (2, 6)], "ZeroSecret")
    yield of("a free secret that comes out as zero", 2, [(1, 3)], "ZeroSecret", [3])

    def staying(name, t, pegged, error):
        pegged = [str(x) for x in pegged]
        return {"call": "refresh", "name": name, "threshold": t, "pegged": pegged, "error": error}

    yield staying("threshold one", 1, [], "NothingToRefresh")
    yield staying("nobody's share would change", 3, [1, 2], "TooManyPegs")
    yield staying("more than can be pegged", 3, [1, 2, 3, 4], "TooManyPegs")
    yield staying("at threshold two, one", 2, [9], "TooManyPegs")
    yield staying("one holder twice", 5, [6, 1, 6], "DuplicateIdentifier")
