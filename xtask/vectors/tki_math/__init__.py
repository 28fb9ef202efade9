"""The files of tki-math: for each its name, what makes it, and what works it out again."""

from curves import CURVES
from tki_math import batch, pegs, sharing

SUBJECTS = (sharing, pegs, batch)

FILES = {
    f"{subject.NAME}-{curve.name}": (
        lambda subject=subject, curve=curve: subject.make(curve),
        lambda content, subject=subject, curve=curve: subject.again(curve, content),
    )
    for subject in SUBJECTS
    for curve in CURVES.values()
}
