"""docs/spec/access.md: nested thresholds, weights and ranks; what each holder gets, and quorums.

A structure is what it is in the files: {"levels": [{"threshold": k, "members": […]}]}, a member
{"holder": "x"} or {"gate": {…}, "identifier": "x"}. Everything is worked out from the definition of
the gates' polynomials: each holder's share is a row of factors of the coefficients, and the weights
of a quorum are whatever solves the equations of its rows.
"""

import itertools

from curves import total
from tki_math.linear import rank, solve
from tki_math.polynomials import commit, weighted_sum
from tki_math.refusal import Refused, refusal
from values import hexes, number, numbers_of, points, scalars_of

NAME = "access"
MOST_HOLDERS, DEEPEST = 1000, 32


def gate(*levels):
    return {"levels": [{"threshold": k, "members": list(members)} for k, members in levels]}


def holders(*identifiers):
    return [{"holder": str(x)} for x in identifiers]


def inner(x, of):
    return {"gate": of, "identifier": str(x)}


def threshold_of(of):
    return of["levels"][-1]["threshold"]


def members_of(of):
    """Members with the order of the derivative that they get: the threshold of the level before."""
    before = 0
    for level in of["levels"]:
        for member in level["members"]:
            yield before, member
        before = level["threshold"]


def identifier_of(member):
    return int(member["holder"] if "holder" in member else member["identifier"])


def holders_of(of):
    """The holders below a gate, in their order."""
    for _, member in members_of(of):
        if "holder" in member:
            yield int(member["holder"])
        else:
            yield from holders_of(member["gate"])


def gates_of(of):
    """The gate, and those in it, a gate before what is in it."""
    yield of
    for _, member in members_of(of):
        if "gate" in member:
            yield from gates_of(member["gate"])


def coefficient_count(of):
    return 1 + sum(threshold_of(each) - 1 for each in gates_of(of))


def falling(k, r):
    """(k)_r = k·(k − 1)·…·(k − r + 1)."""
    product = 1
    for i in range(r):
        product *= k - i
    return product


def derivative_row(curve, count, x, r):
    """The factors of f's coefficients in f⁽ʳ⁾(x)."""
    return [falling(k, r) * pow(x, k - r, curve.q) % curve.q if k >= r else 0 for k in range(count)]


def rows_of(curve, of):
    """For each holder the factors of all coefficients in its share; for each gate those of v."""
    d = coefficient_count(of)
    position, found = 0, {}

    def unit(k):
        return [int(i == k) for i in range(d)]

    def visit(each, value):
        nonlocal position
        t = threshold_of(each)
        own = [value] + [unit(position + k) for k in range(1, t)]
        position += t - 1
        for r, member in members_of(each):
            factors = derivative_row(curve, t, identifier_of(member), r)
            row = [weighted_sum(curve, factors, column) for column in zip(*own)]
            if "holder" in member:
                found[int(member["holder"])] = row
            else:
                visit(member["gate"], row)

    visit(of, unit(0))
    return found


def is_satisfied(of, present):
    return all(
        sum(counts(member, present) for before in of["levels"][: i + 1] for member in before["members"])
        >= level["threshold"]
        for i, level in enumerate(of["levels"])
    )


def counts(member, present):
    if "holder" in member:
        return int(member["holder"]) in present
    return is_satisfied(member["gate"], present)


def selected(of, present):
    """Step 3.1: the holders of a minimal quorum among those present; None when there is none."""
    chosen, left, levels = [], 0, of["levels"]
    for i in range(len(levels) - 1, -1, -1):
        places = levels[i]["threshold"] - (levels[i - 1]["threshold"] if i else 0) + left
        able = []
        for member in levels[i]["members"]:
            quorum = (
                ([int(member["holder"])] if int(member["holder"]) in present else None)
                if "holder" in member
                else selected(member["gate"], present)
            )
            if quorum is not None:
                able.append(quorum)
        taken = sorted(able, key=len)[:places]
        left = places - len(taken)
        chosen = [x for quorum in taken for x in quorum] + chosen
    return None if left else chosen


def gate_with(of, x):
    """The gate that the holder x is a member of."""
    for each in gates_of(of):
        if any(member.get("holder") == str(x) for _, member in members_of(each)):
            return each
    return None


def select(of, present):
    """A quorum among those present; under a plain threshold, {"threshold": t}, the first t."""
    if "levels" in of:
        return selected(of, set(present))
    return present[: of["threshold"]] if len(present) >= of["threshold"] else None


def share_rows(curve, of, identifiers):
    """The factors of the coefficients in the shares of these holders, whatever the structure."""
    if "levels" in of:
        rows = rows_of(curve, of)
        return {x: rows[x] for x in identifiers}
    return {x: derivative_row(curve, of["threshold"], x, 0) for x in identifiers}


def count_of(of):
    return coefficient_count(of) if "levels" in of else of["threshold"]


def minimal_quorums(of):
    """By the boolean formula, on every set of holders."""
    everyone = sorted(holders_of(of))
    found = []
    for size in range(len(everyone) + 1):
        for chosen in itertools.combinations(everyone, size):
            if is_satisfied(of, chosen) and not any(set(q) <= set(chosen) for q in found):
                found.append(chosen)
    return sorted(found)


# Cases.


def make(curve):
    return {
        "curve": curve.name,
        "structures": list(structures(curve)),
        "refusals": list(refusals(curve)),
    }


def again(curve, content):
    return {
        "curve": curve.name,
        "structures": [structure_again(curve, case) for case in content["structures"]],
        "refusals": [refusal(CALLS, curve, case) for case in content["refusals"]],
    }


def structure(curve, name, of, rho, present, targets, beta):
    """A dealing of ρ under a gate; quorums among those present, for the secret and for targets."""
    rows = rows_of(curve, of)
    value = {x: weighted_sum(curve, row, rho) for x, row in rows.items()}
    A, everyone = commit(curve, rho), list(rows)
    refreshed = {x: (value[x] + weighted_sum(curve, row, beta)) % curve.q for x, row in rows.items()}
    return {
        "name": name,
        "structure": of,
        "coefficients": hexes(curve, rho),
        "commitment": points(curve, A),
        "holders": [
            {
                "identifier": str(x),
                "factors": hexes(curve, rows[x]),
                "share": curve.scalar(value[x]).hex(),
                "verifying_share": curve.encode(total(curve, zip(rows[x], A))).hex(),
            }
            for x in everyone
        ],
        "minimal_quorums": (
            [[str(x) for x in quorum] for quorum in minimal_quorums(of)]
            if len(everyone) <= 8
            else None
        ),
        "quorums": [of_quorum(curve, of, rows, value, rho[0], each) for each in present],
        "interpolations": [
            interpolated(curve, of, rows, value, each, x) for each, x in targets
        ],
        "refresh": {
            "coefficients": hexes(curve, beta),
            "commitment": points(curve, commit(curve, beta)),
            "refreshed_shares": hexes(curve, (refreshed[x] for x in everyone)),
        },
    }


def weights(curve, rows, quorum, target):
    """Ascending by identifier; the rows of a minimal quorum are independent."""
    quorum = sorted(quorum)
    c = solve(curve, [rows[x] for x in quorum], target)
    assert c is not None
    assert rank(curve, [rows[x] for x in quorum]) == len(quorum)
    return [{"identifier": str(x), "weight": curve.scalar(w).hex()} for x, w in zip(quorum, c)], c


def of_quorum(curve, of, rows, value, secret, present):
    chosen = selected(of, set(present))
    assert (chosen is not None) == is_satisfied(of, present)
    case = {"present": [str(x) for x in present], "satisfied": chosen is not None}
    if chosen is None:
        # They learn nothing: f(0) is not among what their rows span.
        unit = [1] + [0] * (len(rows[next(iter(rows))]) - 1)
        assert solve(curve, [rows[x] for x in present], unit) is None
        return {**case, "weights": None}
    unit = [1] + [0] * (len(rows[chosen[0]]) - 1)
    shown, c = weights(curve, rows, chosen, unit)
    assert all(c), "a minimal quorum needs each of its members"
    assert weighted_sum(curve, c, [value[x] for x in sorted(chosen)]) == secret
    return {**case, "weights": shown}


def interpolated(curve, of, rows, value, present, x):
    """Step 3.3: from the gate that x is a member of."""
    if x in present:
        shown, c = weights(curve, rows, [x], rows[x])
        chosen = [x]
    else:
        chosen = selected(gate_with(of, x), set(present))
        shown, c = weights(curve, rows, chosen, rows[x])
    assert weighted_sum(curve, c, [value[y] for y in sorted(chosen)]) == value[x]
    return {
        "present": [str(y) for y in present],
        "at": str(x),
        "weights": shown,
        "share": curve.scalar(value[x]).hex(),
    }


def structure_again(curve, case):
    return structure(
        curve,
        case["name"],
        case["structure"],
        scalars_of(curve, case["coefficients"]),
        [numbers_of(each["present"]) for each in case["quorums"]],
        [(numbers_of(each["present"]), int(each["at"])) for each in case["interpolations"]],
        scalars_of(curve, case["refresh"]["coefficients"]),
    )


def structures(curve):
    def case(name, of, present, targets):
        d = coefficient_count(of)
        rho = [number(curve, f"access, {name}, coefficient {k}") for k in range(d)]
        beta = [0] + [number(curve, f"access, {name}, refresh {k}") for k in range(1, d)]
        return structure(curve, name, of, rho, present, targets, beta)

    def far(i):
        return 2**64 + number(curve, f"access, identifier {i}") % (2**128 - 2**64)

    of = gate((2, holders(1, 2, 3)))
    yield case("two of three", of, [[1, 2], [3, 1], [1, 2, 3], [2]], [([1, 3], 2), ([2, 3], 2)])

    anyone = gate((1, holders(4, 5)))
    friends = gate((2, holders(7, 8, 9)))
    of = gate((2, [*holders(1), inner(2, anyone), inner(3, friends)]))
    present = [[1, 4], [5, 7, 9], [1, 7, 8], [4, 5], [9, 8, 7], [1, 4, 5, 7, 8, 9], [7, 8, 5]]
    yield case("nested", of, present, [([7, 9], 8), ([4], 5), ([5, 8, 9], 1), ([1, 5], 1)])

    deepest = gate((2, holders(10, 11)))
    deeper = gate((2, [*holders(20, 21), inner(22, deepest)]))
    of = gate((2, [inner(30, gate((2, [*holders(31), inner(32, deeper)]))), *holders(33)]))
    present = [[31, 20, 21, 33], [33, 31, 10, 11, 20], [31, 10, 11, 33], [33, 31, 20]]
    yield case("four gates above one another", of, present, [([10, 11, 20], 21), ([10, 11], 10)])

    of = gate((3, holders(1, 2, 3, 4)))
    yield case("weights: 1 and 2 are of one owner", of, [[1, 2, 4], [1, 2]], [([1, 2, 3], 4)])

    x = [far(i) for i in range(12)]
    of = gate((1, holders(*x[:2])), (3, holders(*x[2:5])))
    present = [
        [x[0], x[2], x[3]],
        [x[0], x[1], x[4]],
        [x[1], x[4], x[2], x[3]],
        [x[2], x[3], x[4]],
        [x[0], x[1]],
    ]
    targets = [([x[0], x[2], x[3]], x[1]), ([x[0], x[1], x[2]], x[4]), ([x[1], x[3], x[4]], x[3])]
    yield case("ranked, one of the first", of, present, targets)

    of = gate((1, holders(*x[:2])), (2, holders(*x[2:4])), (4, holders(*x[4:8])))
    present = [
        [x[0], x[2], x[4], x[5]],
        [x[0], x[1], x[2], x[3]],
        [x[1], x[3], x[0], x[7]],
        [x[0], x[4], x[5], x[6]],
        [x[2], x[3], x[4], x[5]],
        x[:8],
    ]
    targets = [([x[0], x[2], x[4], x[5]], x[7]), ([x[0], x[1], x[2], x[6]], x[3])]
    yield case("three ranks", of, present, targets)

    of = gate((2, holders(*x[:3])), (5, holders(*x[3:8])))
    present = [[x[0], x[1], x[2], x[3], x[4]], [x[2], x[0], *x[5:8]], x[3:8], x[:8]]
    targets = [([x[0], x[1], x[3], x[4], x[5]], x[2]), ([*x[:3], x[6], x[7]], x[4])]
    yield case("two of the first rank among five", of, present, targets)

    y = [far(i) for i in range(20, 40)]
    of = gate((3, holders(*y[:5])), (7, holders(*y[5:12])), (12, holders(*y[12:])))
    present = [
        # Each rank fills its own places; the first fills some of others; all of them.
        [*y[:3], *y[5:9], *y[12:17]],
        [*y[:5], *y[5:10], *y[18:20]],
        y,
        [*y[:2], *y[5:]],
    ]
    targets = [([*y[:4], *y[5:8], *y[12:17]], y[8]), ([*y[:3], *y[5:9], *y[12:17]], y[4])]
    yield case("twelve of twenty, in three ranks", of, present, targets)

    second = gate((2, holders(x[3], x[4], x[5])))
    ranked = gate((1, holders(x[6], x[7])), (2, holders(x[8])))
    of = gate((1, [*holders(x[0]), inner(x[1], ranked)]), (3, [*holders(x[2]), inner(x[9], second)]))
    present = [
        [x[0], x[2], x[3], x[5]],
        [x[6], x[8], x[2], x[4], x[5]],
        [x[0], x[6], x[7], x[2]],
        [x[2], x[3], x[4]],
        [x[8], x[2], x[3], x[4]],
    ]
    targets = [([x[3], x[4]], x[5]), ([x[6], x[8]], x[7]), ([x[0], x[3], x[4], x[6], x[7]], x[2])]
    yield case("gates among ranks, and ranks in a gate", of, present, targets)


# Refusals.


def valid(of):
    """Steps 1.1 and 1.2, for the gates inside first."""
    for _, member in members_of(of):
        if "gate" in member:
            valid(member["gate"])
    before = 0
    for i, level in enumerate(of["levels"]):
        if level["threshold"] <= before:
            raise Refused("LevelsDoNotRise")
        before = level["threshold"]
        if sum(len(each["members"]) for each in of["levels"][: i + 1]) < before:
            raise Refused("TooFewHolders")
    if depth_of(of) > DEEPEST:
        raise Refused("TooDeep")
    if len(list(holders_of(of))) > MOST_HOLDERS:
        raise Refused("TooManyHolders")
    every = [identifier_of(member) for each in gates_of(of) for _, member in members_of(each)]
    if len(set(every)) < len(every):
        raise Refused("DuplicateIdentifier")


def depth_of(of):
    inside = [depth_of(member["gate"]) for _, member in members_of(of) if "gate" in member]
    return 1 + max(inside, default=0)


def quorum(curve, case):
    of, present = case["structure"], numbers_of(case["present"])
    if len(set(present)) < len(present):
        raise Refused("DuplicateIdentifier")
    known = rows_of(curve, of)
    chosen = selected(of, set(present))
    if chosen is None:
        raise Refused("NotEnoughShares")
    unit = [1] + [0] * (coefficient_count(of) - 1)
    if solve(curve, [known[x] for x in chosen], unit) is None:
        raise Refused("SingularQuorum")


def check(curve, case):
    """Section 5, for each ranked gate by itself."""
    for each in gates_of(case["structure"]):
        if len(each["levels"]) == 1:
            continue
        members = list(members_of(each))
        if len(members) > 8:
            if any(identifier_of(member) < 2**64 for _, member in members):
                raise Refused("RankedIdentifierTooSmall")
            continue
        t = threshold_of(each)
        row = {
            identifier_of(m): derivative_row(curve, t, identifier_of(m), r) for r, m in members
        }
        plain = {
            "levels": [
                {
                    "threshold": level["threshold"],
                    "members": holders(*map(identifier_of, level["members"])),
                }
                for level in each["levels"]
            ]
        }
        unit = [1] + [0] * (t - 1)
        for chosen in minimal_quorums(plain):
            if solve(curve, [row[x] for x in chosen], unit) is None:
                raise Refused("SingularQuorum")
        for size in range(len(members) + 1):
            for chosen in itertools.combinations(row, size):
                if not is_satisfied(plain, chosen):
                    if solve(curve, [row[x] for x in chosen], unit) is not None:
                        raise Refused("UnauthorisedSet")


CALLS = {
    "structure": lambda _, case: valid(case["structure"]),
    "quorum": quorum,
    "check": check,
}


def refusals(curve):
    def of(name, each, error):
        return {"call": "structure", "name": name, "structure": each, "error": error}

    yield of("threshold two of one", gate((2, holders(1))), "TooFewHolders")
    yield of("nobody", gate((1, [])), "TooFewHolders")
    yield of("too few in the first rank", gate((2, holders(1)), (3, holders(2, 3, 4))), "TooFewHolders")
    yield of("equal ranks", gate((1, holders(1)), (1, holders(2))), "LevelsDoNotRise")
    yield of("falling ranks", gate((2, holders(1, 2)), (1, holders(3))), "LevelsDoNotRise")
    yield of("one identifier twice", gate((2, holders(1, 2, 1))), "DuplicateIdentifier")
    yield of("one identifier in two ranks", gate((1, holders(1)), (2, holders(1, 2))), "DuplicateIdentifier")
    nested = gate((1, [inner(1, gate((1, holders(2, 3)))), inner(4, gate((1, holders(3))))]))
    yield of("one holder in two gates", nested, "DuplicateIdentifier")
    nested = gate((1, [inner(1, gate((1, holders(2, 1))))]))
    yield of("a holder with the identifier of its gate", nested, "DuplicateIdentifier")
    def present(name, each, identifiers, error):
        return {
            "call": "quorum",
            "name": name,
            "structure": each,
            "present": [str(x) for x in identifiers],
            "error": error,
        }

    ranks = gate((1, holders(5, 6)), (3, holders(2, 7, 9)))
    yield present("nobody of the first rank", ranks, [2, 7, 9], "NotEnoughShares")
    yield present("one too few", ranks, [5, 2], "NotEnoughShares")
    yield present("nobody", ranks, [], "NotEnoughShares")
    yield present("one twice", ranks, [5, 2, 5], "DuplicateIdentifier")
    # f(1), f′(2) and f(3) say nothing together about a square: f(3) − f(1) = 2·f′(2).
    singular = gate((1, holders(1, 3)), (3, holders(2)))
    yield present("f(1), f′(2), f(3)", singular, [1, 2, 3], "SingularQuorum")

    def checked(name, each, error):
        return {"call": "check", "name": name, "structure": each, "error": error}

    yield checked("f(1), f′(2), f(3)", singular, "SingularQuorum")
    yield checked("the same in a gate", gate((1, [inner(9, singular)])), "SingularQuorum")
    # f(2) − 2·f′(1) = f(0) for a square, by two of three.
    telling = gate((1, holders(2, 5)), (3, holders(1)))
    yield checked("f(2), f′(1)", telling, "UnauthorisedSet")
    many = holders(*range(2**64, 2**64 + 7))
    small = gate((1, holders(2**64 - 1)), (3, [*many, *holders(2**65)]))
    yield checked("nine members, one identifier below 2^64", small, "RankedIdentifierTooSmall")
    yield checked("no ranks", gate((2, holders(1, 2, 3))), None)
    far = [2**64 + number(curve, f"access, checked {i}") % 2**127 for i in range(6)]
    yield checked("random identifiers", gate((1, holders(*far[:3])), (3, holders(*far[3:]))), None)
