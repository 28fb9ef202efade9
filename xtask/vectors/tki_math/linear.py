"""Linear equations over the scalar field, by elimination."""


def solve(curve, rows, target):
    """The c with Σ c_i·rows_i = target; None when there is none. Where there are several, one."""
    q, count = curve.q, len(rows)
    # One equation for each column: Σ c_i·rows_i[k] = target[k].
    equations = [[row[k] % q for row in rows] + [target[k] % q] for k in range(len(target))]
    pivots = []
    for i in range(count):
        done = len(pivots)
        found = next((e for e in equations[done:] if e[i]), None)
        if found is None:
            continue
        equations.remove(found)
        inverse = pow(found[i], -1, q)
        found = [a * inverse % q for a in found]
        equations = [
            [(a - e[i] * b) % q for a, b in zip(e, found)] if e[i] else e for e in equations
        ]
        equations.insert(done, found)
        pivots.append(i)
    if any(e[count] for e in equations[len(pivots) :]):
        return None
    c = [0] * count
    for i, e in zip(pivots, equations):
        c[i] = e[count]
    return c


def rank(curve, rows):
    """How many of the rows are independent."""
    q, found = curve.q, 0
    left = [[a % q for a in row] for row in rows]
    while left:
        row = left.pop()
        k = next((k for k, a in enumerate(row) if a), None)
        if k is not None:
            found += 1
            inverse = pow(row[k], -1, q)
            left = [
                [(a - other[k] * inverse * b) % q for a, b in zip(other, row)] for other in left
            ]
    return found
