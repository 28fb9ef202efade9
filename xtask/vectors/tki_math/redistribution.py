"""docs/spec/redistribution.md: a sharing dealt anew, to other holders under another structure."""

from curves import multiply, total
from tki_math.access import count_of, gate, holders, inner, share_rows
from tki_math.messages import (
    all_for,
    image,
    name_wrong,
    one_of_each,
    quorum_for_secret,
    sent,
    shown,
)
from tki_math.polynomials import commit, weighted_sum
from tki_math.refusal import refusal
from values import decimals, hexes, number, numbers_of, points, points_of, scalars_of

NAME = "redistribution"


def make(curve):
    return {
        "curve": curve.name,
        "redistributions": list(redistributions(curve)),
        "refusals": list(refusals(curve)),
    }


def again(curve, content):
    return {
        "curve": curve.name,
        "redistributions": [case_again(curve, case) for case in content["redistributions"]],
        "refusals": [refusal(CALLS, curve, case) for case in content["refusals"]],
    }


def redistribution(curve, name, old, rho, present, new, receivers, drawn):
    """`drawn` gives each dealer's coefficients but the constant one, in the order of the quorum."""
    A = commit(curve, rho)
    quorum, c = quorum_for_secret(curve, old, present)
    rows = share_rows(curve, old, quorum)
    shares = [weighted_sum(curve, rows[x], rho) for x in quorum]
    b = [[s, *rest] for s, rest in zip(shares, drawn)]
    assert len(b) == len(quorum) and all(len(each) == count_of(new) for each in b)
    to = share_rows(curve, new, receivers)
    # Steps 3.2 and 4.2: all of it is linear.
    coefficients = [weighted_sum(curve, c, column) for column in zip(*b)]
    assert coefficients[0] == rho[0]
    return {
        "name": name,
        "old": old,
        "commitment": points(curve, A),
        "present": decimals(present),
        "new": new,
        "receivers": decimals(receivers),
        "dealers": [
            {
                "identifier": str(x),
                "weight": curve.scalar(w).hex(),
                "share": curve.scalar(s).hex(),
                "coefficients": hexes(curve, each),
                "commitment": points(curve, commit(curve, each)),
                "sub_shares": hexes(curve, (weighted_sum(curve, to[y], each) for y in receivers)),
            }
            for x, w, s, each in zip(quorum, c, shares, b)
        ],
        "old_coefficients": hexes(curve, rho),
        "new_coefficients": hexes(curve, coefficients),
        "new_commitment": points(curve, commit(curve, coefficients)),
        "new_shares": hexes(curve, (weighted_sum(curve, to[y], coefficients) for y in receivers)),
    }


def case_again(curve, case):
    return redistribution(
        curve,
        case["name"],
        case["old"],
        scalars_of(curve, case["old_coefficients"]),
        numbers_of(case["present"]),
        case["new"],
        numbers_of(case["receivers"]),
        [scalars_of(curve, dealer["coefficients"])[1:] for dealer in case["dealers"]],
    )


def redistributions(curve):
    def case(name, old, present, new, receivers):
        def a(label, count):
            return [number(curve, f"redistribution, {name}, {label} {k}") for k in range(count)]

        quorum, _ = quorum_for_secret(curve, old, present)
        drawn = [a(f"dealer {x}, coefficient", count_of(new) - 1) for x in quorum]
        rho = a("coefficient", count_of(old))
        return redistribution(curve, name, old, rho, present, new, receivers, drawn)

    def far(i):
        return 2**64 + number(curve, f"redistribution, identifier {i}") % (2**128 - 2**64)

    def plain(t):
        return {"threshold": t}

    yield case("two of three to three of five", plain(2), [3, 1], plain(3), [1, 2, 3, 4, 5])
    yield case("more take part than deal", plain(2), [5, 2, 3], plain(2), [2**128 - 1, 7])
    yield case("to one alone", plain(3), [1, 2, 3], plain(1), [9])
    yield case("from one alone", plain(1), [4], plain(2), [1, 2])
    nested = gate((2, [*holders(1), inner(2, gate((1, holders(4, 5)))), inner(3, gate((2, holders(6, 7))))]))
    yield case("plain to nested", plain(2), [1, 2], nested, [1, 4, 5, 6, 7])
    x = [far(i) for i in range(5)]
    ranked = gate((1, holders(*x[:2])), (3, holders(*x[2:])))
    yield case("nested to ranked", nested, [5, 6, 7], ranked, x)
    yield case("ranked to plain", ranked, [x[1], x[2], x[4]], plain(2), [1, 2, 3])


# Refusals.


def plan(curve, case):
    """Steps 1.1: the dealers, their weights and images."""
    A = points_of(curve, case["commitment"])
    quorum, c = quorum_for_secret(curve, case["old"], numbers_of(case["present"]))
    return A, quorum, c, [image(curve, case["old"], A, x) for x in quorum]


def check(curve, case):
    """Steps 3.1 to 3.3."""
    A, quorum, c, images = plan(curve, case)
    dealt = [
        (int(each["from"]), points_of(curve, each["points"])) for each in case["commitments"]
    ]
    B = [each for _, each in one_of_each(quorum, dealt)]
    name_wrong(quorum, [each[0] != Y for each, Y in zip(B, images)])
    new = [total(curve, zip(c, column)) for column in zip(*B)]
    assert new[0] == A[0]
    return quorum, c, B, new


def receive(curve, case):
    """Steps 4.1 to 4.4."""
    quorum, c, B, new = check(curve, case)
    x = int(case["receiver"])
    messages = sent(curve, case["sub_shares"])
    all_for(x, messages)
    values = [value for _, _, value in one_of_each(quorum, messages)]
    share = weighted_sum(curve, c, values)
    if multiply(curve, share, curve.G) != image(curve, case["new"], new, x):
        wrong = [
            multiply(curve, value, curve.G) != image(curve, case["new"], each, x)
            for value, each in zip(values, B)
        ]
        name_wrong(quorum, wrong)


CALLS = {"check": check, "receive": receive}


def refusals(curve):
    """Two of three to two of three; everything in its place, then one thing changed."""
    threshold = {"threshold": 2}
    rho = [number(curve, f"redistribution, refusals, coefficient {k}") for k in range(2)]
    drawn = [[number(curve, f"redistribution, refusals, dealer {i}")] for i in range(2)]
    base = redistribution(curve, "", threshold, rho, [1, 2], threshold, [4, 5, 6], drawn)
    dealers = base["dealers"]
    plan = {name: base[name] for name in ("old", "commitment", "present", "new")}
    dealt = [{"from": each["identifier"], "points": each["commitment"]} for each in dealers]
    c = [curve.scalar_of(bytes.fromhex(each["weight"])) for each in dealers]
    subs = [
        (int(each["identifier"]), 4, curve.scalar_of(bytes.fromhex(each["sub_shares"][0])))
        for each in dealers
    ]

    def checked(name, commitments, error, *culprits):
        case = {"call": "check", "name": name, **plan, "commitments": commitments, "error": error}
        return {**case, "culprits": decimals(culprits)} if culprits else case

    other = points(curve, commit(curve, [rho[0] + 1, 5]))
    changed = {**dealt[0], "points": other}
    yield checked("as it should be", dealt, None)
    yield checked("in any order", dealt[::-1], None)
    yield checked("one of another constant", [dealt[1], changed], "WrongDealings", 1)
    swapped = [{**dealt[0], "points": dealt[1]["points"]}, {**dealt[1], "points": dealt[0]["points"]}]
    yield checked("each the other's", swapped, "WrongDealings", 1, 2)
    yield checked("one missing", dealt[:1], "MissingMessage")
    yield checked("one twice", dealt + dealt[:1], "DuplicateIdentifier")
    yield checked("one of somebody else", dealt + [{**dealt[0], "from": "3"}], "UnknownHolder")

    def received(name, messages, error, *culprits, receiver=4):
        case = {
            "call": "receive",
            "name": name,
            **plan,
            "commitments": dealt,
            "receiver": str(receiver),
            "sub_shares": shown(curve, messages),
            "error": error,
        }
        return {**case, "culprits": decimals(culprits)} if culprits else case

    def plus(message, change):
        return (message[0], message[1], (message[2] + change) % curve.q)

    yield received("all right", subs, None)
    yield received("in any order", subs[::-1], None)
    yield received("one wrong", [subs[0], plus(subs[1], 1)], "WrongDealings", 2)
    both = [plus(subs[0], 1), plus(subs[1], 1)]
    yield received("both wrong", both, "WrongDealings", 1, 2)
    # c_1·δ_1 + c_2·δ_2 = 0: the sum is right.
    cancelling = [plus(subs[0], c[1]), plus(subs[1], -c[0])]
    yield received("both wrong, but they cancel", cancelling, None)
    yield received("one missing", subs[:1], "MissingMessage")
    yield received("one twice", subs + subs[1:], "DuplicateIdentifier")
    yield received("one of somebody else", subs + [(3, 4, 1)], "UnknownHolder")
    yield received("one for somebody else", [subs[0], (2, 5, subs[1][2])], "IdentifierMismatch")
