"""docs/spec/repair.md: one holder's share, computed anew by others."""

from curves import multiply, total
from tki_math.access import count_of, gate, gate_with, holders, inner, select, share_rows
from tki_math.messages import (
    all_for,
    image,
    name_wrong,
    one_of_each,
    sent,
    shown,
    weights_of,
)
from tki_math.polynomials import commit, weighted_sum
from tki_math.refusal import Refused, refusal
from values import decimals, hexes, number, numbers_of, points, points_of, scalars_of

NAME = "repair"


def make(curve):
    return {
        "curve": curve.name,
        "repairs": list(repairs(curve)),
        "refusals": list(refusals(curve)),
    }


def again(curve, content):
    return {
        "curve": curve.name,
        "repairs": [repair_again(curve, case) for case in content["repairs"]],
        "refusals": [refusal(CALLS, curve, case) for case in content["refusals"]],
    }


def quorum_at(curve, of, present, x):
    """Step 1.1: helpers and weights, from the gate that x is a member of."""
    if x in present:
        raise Refused("DuplicateIdentifier")
    around = gate_with(of, x) if "levels" in of else of
    if around is None:
        raise Refused("UnknownHolder")
    quorum = select(around, present)
    if quorum is None:
        raise Refused("NotEnoughShares")
    return quorum, weights_of(curve, of, quorum, share_rows(curve, of, [x])[x])


def repair(curve, name, of, rho, present, lost, drawn):
    """`drawn` gives each helper's parts but the last, in the order of the quorum."""
    quorum, c = quorum_at(curve, of, present, lost)
    rows = share_rows(curve, of, [*quorum, lost])
    shares = [weighted_sum(curve, rows[x], rho) for x in quorum]
    r = [
        [*parts, (weight * share - sum(parts)) % curve.q]
        for weight, share, parts in zip(c, shares, drawn)
    ]
    assert len(r) == len(quorum) and all(len(parts) == len(quorum) for parts in r)
    sums = [sum(column) % curve.q for column in zip(*r)]
    share = sum(sums) % curve.q
    assert share == weighted_sum(curve, rows[lost], rho)
    return {
        "name": name,
        "structure": of,
        "coefficients": hexes(curve, rho),
        "commitment": points(curve, commit(curve, rho)),
        "present": decimals(present),
        "lost": str(lost),
        "helpers": [
            {
                "identifier": str(x),
                "weight": curve.scalar(weight).hex(),
                "share": curve.scalar(s).hex(),
                "parts": hexes(curve, parts),
                "points": points(curve, commit(curve, parts)),
                "sum": curve.scalar(sigma).hex(),
            }
            for x, weight, s, parts, sigma in zip(quorum, c, shares, r, sums)
        ],
        "share": curve.scalar(share).hex(),
    }


def repair_again(curve, case):
    return repair(
        curve,
        case["name"],
        case["structure"],
        scalars_of(curve, case["coefficients"]),
        numbers_of(case["present"]),
        int(case["lost"]),
        [scalars_of(curve, helper["parts"])[:-1] for helper in case["helpers"]],
    )


def repairs(curve):
    def case(name, of, present, lost):
        quorum, _ = quorum_at(curve, of, present, lost)
        rho = [number(curve, f"repair, {name}, coefficient {k}") for k in range(count_of(of))]
        drawn = [
            [number(curve, f"repair, {name}, {x} to {y}") for y in quorum[:-1]] for x in quorum
        ]
        return repair(curve, name, of, rho, present, lost, drawn)

    def far(i):
        return 2**64 + number(curve, f"repair, identifier {i}") % (2**128 - 2**64)

    yield case("two of three", {"threshold": 2}, [3, 1], 2)
    yield case("somebody new", {"threshold": 3}, [5, 1, 2**128 - 1, 4], 2**64)
    yield case("at threshold one", {"threshold": 1}, [7], 3)
    third = gate((2, holders(6, 7, 8)))
    nested = gate((2, [*holders(1), inner(2, gate((1, holders(4, 5)))), inner(3, third)]))
    yield case("in an inner gate", nested, [6, 8, 4], 7)
    yield case("from inner gates", nested, [4, 7, 8], 1)
    x = [far(i) for i in range(6)]
    ranked = gate((1, holders(*x[:2])), (3, holders(*x[2:])))
    yield case("of the first rank", ranked, [x[1], x[2], x[5]], x[0])
    yield case("of the second rank", ranked, [x[0], x[1], x[4]], x[3])


# Refusals.


def plan(curve, case):
    A, of = points_of(curve, case["commitment"]), case["structure"]
    quorum, c = quorum_at(curve, of, numbers_of(case["present"]), int(case["lost"]))
    images = [image(curve, of, A, x) for x in quorum]
    return quorum, c, images, image(curve, of, A, int(case["lost"]))


def check(curve, case):
    """Steps 3.1 and 3.2."""
    quorum, c, images, lost = plan(curve, case)
    dealt = [
        (int(each["from"]), points_of(curve, each["points"])) for each in case["commitments"]
    ]
    R = [each for _, each in one_of_each(quorum, dealt)]
    wrong = [
        len(each) != len(quorum)
        or total(curve, [(1, P) for P in each]) != multiply(curve, weight, Y)
        for each, weight, Y in zip(R, c, images)
    ]
    name_wrong(quorum, wrong)
    sums = [total(curve, [(1, P) for P in column]) for column in zip(*R)]
    return quorum, R, sums, lost


def add_up(curve, case):
    """Steps 4.1 to 4.3."""
    quorum, R, sums, _ = check(curve, case)
    helper = int(case["helper"])
    messages = sent(curve, case["parts"])
    all_for(helper, messages)
    values = [value for _, _, value in one_of_each(quorum, messages)]
    if helper not in quorum:
        raise Refused("UnknownHolder")
    j = quorum.index(helper)
    if multiply(curve, sum(values) % curve.q, curve.G) != sums[j]:
        name_wrong(quorum, [multiply(curve, r, curve.G) != each[j] for r, each in zip(values, R)])


def finish(curve, case):
    """Steps 5.1 to 5.3."""
    quorum, _, sums, lost = check(curve, case)
    messages = sent(curve, case["sums"])
    all_for(int(case["lost"]), messages)
    values = [value for _, _, value in one_of_each(quorum, messages)]
    if multiply(curve, sum(values) % curve.q, curve.G) != lost:
        name_wrong(quorum, [multiply(curve, s, curve.G) != P for s, P in zip(values, sums)])


CALLS = {"plan": plan, "check": check, "add up": add_up, "finish": finish}


def refusals(curve):
    """Two of three; everything in its place, then one thing changed."""
    of, q = {"threshold": 2}, curve.q
    rho = [number(curve, f"repair, refusals, coefficient {k}") for k in range(2)]
    drawn = [[number(curve, f"repair, refusals, part {i}")] for i in range(2)]
    base = repair(curve, "", of, rho, [1, 2], 3, drawn)
    given = {name: base[name] for name in ("structure", "commitment", "present", "lost")}
    helpers = base["helpers"]
    dealt = [{"from": each["identifier"], "points": each["points"]} for each in helpers]
    parts = [(x, 1, r) for x, r in zip((1, 2), scalars_of(curve, [h["parts"][0] for h in helpers]))]
    sums = [(x, 3, s) for x, s in zip((1, 2), scalars_of(curve, [h["sum"] for h in helpers]))]

    def case(call, name, error, *culprits, **more):
        made = {"call": call, "name": name, **given, **more, "error": error}
        return {**made, "culprits": decimals(culprits)} if culprits else made

    yield case("plan", "who lost it helps", "DuplicateIdentifier", present=["1", "3"])
    yield case("plan", "one too few", "NotEnoughShares", present=["1"])

    def checked(name, commitments, error, *culprits):
        return case("check", name, error, *culprits, commitments=commitments)

    yield checked("as it should be", dealt[::-1], None)
    changed = {**dealt[1], "points": dealt[1]["points"][:1] + dealt[0]["points"][:1]}
    yield checked("one with another sum", [dealt[0], changed], "WrongDealings", 2)
    swapped = [{**dealt[0], "points": dealt[1]["points"]}, {**dealt[1], "points": dealt[0]["points"]}]
    yield checked("each the other's", swapped, "WrongDealings", 1, 2)
    yield checked("one missing", dealt[1:], "MissingMessage")
    yield checked("one twice", dealt + dealt[:1], "DuplicateIdentifier")
    yield checked("one of somebody else", dealt + [{**dealt[0], "from": "4"}], "UnknownHolder")

    def added(name, messages, error, *culprits, helper=1):
        more = {"commitments": dealt, "helper": str(helper), "parts": shown(curve, messages)}
        return case("add up", name, error, *culprits, **more)

    def plus(message, change):
        return (message[0], message[1], (message[2] + change) % q)

    yield added("all right", parts, None)
    yield added("one wrong", [parts[0], plus(parts[1], 1)], "WrongDealings", 2)
    yield added("both wrong", [plus(part, 1) for part in parts], "WrongDealings", 1, 2)
    yield added("both wrong, but they cancel", [plus(parts[0], 1), plus(parts[1], -1)], None)
    yield added("one missing", parts[:1], "MissingMessage")
    yield added("one twice", parts + parts[:1], "DuplicateIdentifier")
    yield added("for another helper", parts, "IdentifierMismatch", helper=2)

    def finished(name, messages, error, *culprits):
        more = {"commitments": dealt, "sums": shown(curve, messages)}
        return case("finish", name, error, *culprits, **more)

    yield finished("all right", sums, None)
    yield finished("one wrong", [plus(sums[0], 1), sums[1]], "WrongDealings", 1)
    yield finished("both wrong", [plus(each, 1) for each in sums], "WrongDealings", 1, 2)
    yield finished("both wrong, but they cancel", [plus(sums[0], 1), plus(sums[1], -1)], None)
    yield finished("one missing", sums[1:], "MissingMessage")
    yield finished("for somebody else", [sums[0], (2, 4, sums[1][2])], "IdentifierMismatch")
