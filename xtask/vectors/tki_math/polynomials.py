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
