"""docs/spec/batch.md: the equation that holds for many shares at once, and which of them are wrong."""

from curves import multiply, total
from tki_math.polynomials import commit, evaluate, evaluate_in_group
from values import hexes, number, points, points_of, sample

NAME = "batch"


def make(curve):
    return {"curve": curve.name, "batches": list(batches(curve))}


def again(curve, content):
    return {
        "curve": curve.name,
        "batches": [batch_again(curve, case) for case in content["batches"]],
    }


def batch(curve, name, commitments, items, weights):
    """Steps 1.2 to 1.4 with these weights; items are (number of the commitment, x_j, s_j)."""
    combined = sum(w * s for w, (_, _, s) in zip(weights, items)) % curve.q
    gamma = [
        [
            sum(w * pow(x, k, curve.q) for w, (c, x, _) in zip(weights, items) if c == i) % curve.q
            for k in range(len(A))
        ]
        for i, A in enumerate(commitments)
    ]
    terms = [pair for row, A in zip(gamma, commitments) for pair in zip(row, A)]
    left, right = multiply(curve, combined, curve.G), total(curve, terms)
    wrong = [
        position
        for position, (c, x, s) in enumerate(items)
        if multiply(curve, s, curve.G) != evaluate_in_group(curve, commitments[c], x)
    ]
    return {
        "name": name,
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
    return batch(curve, case["name"], commitments, items, [int(w) for w in case["weights"]])


def batches(curve):
    """Identifiers of full length, so that no implementation finds one by one quicker."""

    def a(i, t):
        return [number(curve, f"batch, polynomial {i}, coefficient {k}") for k in range(t)]

    def identifier(i):
        return number(curve, f"batch, identifier {i}") % 2**128

    def weight(i):
        return int.from_bytes(sample(f"batch, weight {i}, {curve.name}", 16), "little")

    f, h = a(1, 2), a(2, 3)
    right = [(0, identifier(i), evaluate(curve, f, identifier(i))) for i in range(8)]
    both = right + [(1, identifier(i), evaluate(curve, h, identifier(i))) for i in range(8)]
    weights = [weight(i) for i in range(16)]

    def changed(items, changes):
        return [
            (c, x, (s + changes.get(position, 0)) % curve.q)
            for position, (c, x, s) in enumerate(items)
        ]

    def case(name, commitments, items):
        A = [commit(curve, coefficients) for coefficients in commitments]
        return batch(curve, name, A, items, weights[: len(items)])

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
