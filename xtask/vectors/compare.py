"""Where two files differ first."""


def difference(found, expected, place="the file"):
    """None when both are the same, else a sentence."""
    if isinstance(found, dict) and isinstance(expected, dict):
        # What a crate keeps to itself is not in its file.
        unknown = sorted(set(found) - set(expected))
        if unknown:
            return f"{place} has {unknown}, expected {sorted(expected)}"
        parts = [(f"{place}.{key}", found[key], expected[key]) for key in found]
    elif isinstance(found, list) and isinstance(expected, list):
        if len(found) != len(expected):
            return f"{place} has {len(found)} items, expected {len(expected)}"
        parts = [
            (f"{place}[{i}]", a, b) for i, (a, b) in enumerate(zip(found, expected))
        ]
    elif found == expected and type(found) is type(expected):
        return None
    else:
        return f"{place} is {found!r}, expected {expected!r}"
    faults = (difference(a, b, inner) for inner, a, b in parts)
    return next((fault for fault in faults if fault), None)
