"""Polynomials over the scalar field, one formula a function."""

from curves import multiply


def evaluate(curve, coefficients, x):
    """f(x) = Σ a_k·x^k."""
    return sum(a * pow(x, k, curve.q) for k, a in enumerate(coefficients)) % curve.q


def commit(curve, coefficients):
    """A_k = a_k·G."""
    return [multiply(curve, a, curve.G) for a in coefficients]


def evaluate_in_group(curve, A, x):
    """Σ x^k·A_k."""
    result = curve.identity
    for P in reversed(A):
        result = curve.add(multiply(curve, x, result), P)
    return result


def lagrange(curve, identifiers, at):
    """λ_i = Π_{j≠i} (at − x_j)/(x_i − x_j), as it stands in textbooks."""
    weights = []
    for x_i in identifiers:
        weight = 1
        for x_j in identifiers:
            if x_j != x_i:
                weight = weight * (at - x_j) * pow(x_i - x_j, -1, curve.q) % curve.q
        weights.append(weight)
    return weights


def weighted_sum(curve, weights, values):
    assert len(weights) == len(values)
    return sum(w * v for w, v in zip(weights, values)) % curve.q


def sums(curve, f, g):
    """f + g; both have as many coefficients as the longer."""
    length = max(len(f), len(g))
    padded = [list(h) + [0] * (length - len(h)) for h in (f, g)]
    return [(a + b) % curve.q for a, b in zip(*padded)]


def multiplied(curve, f, g):
    """f·g."""
    product = [0] * (len(f) + len(g) - 1) if f and g else []
    for i, a in enumerate(f):
        for j, b in enumerate(g):
            product[i + j] = (product[i + j] + a * b) % curve.q
    return product


def vanishing(curve, roots):
    """Π (x − x_j)."""
    Z = [1]
    for x_j in roots:
        Z = multiplied(curve, Z, [-x_j % curve.q, 1])
    return Z


def through(curve, pairs):
    """The polynomial of as many coefficients as there are points (x_j, v_j): Σ v_j·Z_j/Z_j(x_j),
    with Z_j = Π_{i≠j} (x − x_i)."""
    P = [0] * len(pairs)
    for x_j, v_j in pairs:
        Z_j = vanishing(curve, [x_i for x_i, _ in pairs if x_i != x_j])
        factor = v_j * pow(evaluate(curve, Z_j, x_j), -1, curve.q)
        P = sums(curve, P, [factor * z for z in Z_j])
    return P
