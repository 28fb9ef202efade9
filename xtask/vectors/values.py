"""Numbers that look random and are the same for everybody: hashes of a label and the seed."""

import hashlib

# None gives the committed files.
seed = None


def labelled(label):
    return label if seed is None else f"seed {seed}, {label}"


def number(curve, label):
    """A scalar."""
    label = labelled(f"tki-math vector, {curve.name}, {label}")
    return int.from_bytes(hashlib.sha512(label.encode()).digest(), "big") % curve.q


def sample(label, length):
    """Bytes."""
    return hashlib.shake_256(labelled(label).encode()).digest(length)


def count(content):
    """How many texts, numbers and flags a file holds."""
    if isinstance(content, dict):
        return sum(map(count, content.values()))
    if isinstance(content, list):
        return sum(map(count, content))
    return 1


# How scalars, points and identifiers stand in files.


def hexes(curve, scalars):
    return [curve.scalar(a).hex() for a in scalars]


def points(curve, A):
    return [curve.encode(P).hex() for P in A]


def decimals(identifiers):
    return [str(x) for x in identifiers]


def scalars_of(curve, texts):
    return [curve.scalar_of(bytes.fromhex(text)) for text in texts]


def points_of(curve, texts):
    return [curve.decode(bytes.fromhex(text)) for text in texts]


def numbers_of(texts):
    return [int(text) for text in texts]
