"""docs/spec/batch.md: the equation that holds for many shares at once, and which of them are wrong."""

from curves import multiply, total
from tki_math.access import count_of, gate, holders, inner, share_rows
from tki_math.polynomials import commit, weighted_sum
from values import hexes, number, points, points_of, sample

NAME = "batch"


def make(curve):
    return {"curve": curve.name, "batches": list(batches(curve))}


def again(curve, content):
    return {
        "curve": curve.name,
        "batches": [batch_again(curve, case) for case in content["batches"]],
    }


def batch(curve, name, structures, commitments, items, weights):
    """Steps 1.2 to 1.4 with these weights; items are (number of the commitment, x_j, s_j)."""
    rows = [share_rows(curve, structures[c], [x])[x] for c, x, _ in items]
    combined = sum(w * s for w, (_, _, s) in zip(weights, items)) % curve.q
    gamma = [
        [
            sum(w * row[k] for w, row, (c, _, _) in zip(weights, rows, items) if c == i) % curve.q
            for k in range(len(A))
        ]
        for i, A in enumerate(commitments)
    ]
    terms = [pair for row, A in zip(gamma, commitments) for pair in zip(row, A)]
    left, right = multiply(curve, combined, curve.G), total(curve, terms)
    wrong = [
        position
        for position, (row, (c, _, s)) in enumerate(zip(rows, items))
        if multiply(curve, s, curve.G) != total(curve, zip(row, commitments[c]))
    ]
    return {
        "name": name,
        "structures": structures,
        "commitments": [points(curve, A) for A in commitments],
        "items": [
            {"commitment": c, "identifier": str(x), "share": curve.scalar(s).hex()}
            for c, x, s in items
        ],
        "weights": [str(w) for w in weights],
        "combined_share": curve.scalar(combined).hex(),
        "combined_factors": [hexes(curve, row) for row in gamma],
        "left": curve.encode(left).hex(),
        "right": curve.encode(right).hex(),
        "holds": left == right,
        "wrong": wrong,
        "culprits": [str(items[position][1]) for position in wrong],
    }


def batch_again(curve, case):
    items = [
        (
            item["commitment"],
            int(item["identifier"]),
            curve.scalar_of(bytes.fromhex(item["share"])),
        )
        for item in case["items"]
    ]
    commitments = [points_of(curve, A) for A in case["commitments"]]
    weights = [int(w) for w in case["weights"]]
    return batch(curve, case["name"], case["structures"], commitments, items, weights)


def batches(curve):
    """Identifiers of full length, so that no implementation finds one by one quicker."""

    def a(i, t):
        return [number(curve, f"batch, polynomial {i}, coefficient {k}") for k in range(t)]

    def identifier(i):
        return number(curve, f"batch, identifier {i}") % 2**128

    def weight(i):
        return int.from_bytes(sample(f"batch, weight {i}, {curve.name}", 16), "little")

    plain = [{"threshold": 2}, {"threshold": 3}]
    f, h = (a(i, count_of(of)) for i, of in enumerate(plain, 1))

    def dealt(number, of, rho, everyone):
        rows = share_rows(curve, of, everyone)
        return [(number, x, weighted_sum(curve, rows[x], rho)) for x in everyone]

    everyone = [identifier(i) for i in range(8)]
    right = dealt(0, plain[0], f, everyone)
    both = right + dealt(1, plain[1], h, everyone)
    weights = [weight(i) for i in range(16)]

    def changed(items, changes):
        return [
            (c, x, (s + changes.get(position, 0)) % curve.q)
            for position, (c, x, s) in enumerate(items)
        ]

    def case(name, polynomials, items, structures=plain):
        A = [commit(curve, coefficients) for coefficients in polynomials]
        structures = structures[: len(A)]
        return batch(curve, name, structures, A, items, weights[: len(items)])

    yield case("eight of one polynomial", [f], right)
    yield case("eight of each of two", [f, h], both)
    yield case("one wrong", [f], changed(right, {5: 1}))
    yield case("first and last wrong", [f, h], changed(both, {0: 1, 15: curve.q - 1}))
    yield case("all wrong", [f], changed(right, {i: 1 for i in range(8)}))
    # ω_2·δ_2 + ω_6·δ_6 = 0: these very weights do not see it, and any others would.
    cancelling = {2: weights[6], 6: -weights[2]}
    yield case("two wrong that cancel under these weights", [f], changed(right, cancelling))
    swapped = right[:3] + [(0, right[3][1], right[4][2]), (0, right[4][1], right[3][2])] + right[5:]
    yield case("two holders' values swapped", [f], swapped)

    high = [x | 1 << 127 for x in everyone]
    second = gate((1, holders(*high[:2])), (2, holders(*high[2:4])))
    of = gate((1, holders(high[4], high[5])), (3, [*holders(high[6]), inner(high[7], second)]))
    rho, names = a(3, count_of(of)), [high[i] for i in (4, 5, 6, 0, 1, 2, 3)]
    shares = dealt(0, of, rho, names)
    yield case("seven of a ranked gate", [rho], shares, [of])
    yield case("one of a ranked gate wrong", [rho], changed(shares, {3: 1}), [of])
    mixed = [(1, x, s) for _, x, s in shares]
    yield case("of a polynomial and of a gate", [f, rho], right + mixed, [plain[0], of])
