"""The files of tki-math: for each its name, what makes it, and what works it out again."""

from curves import CURVES
from tki_math import access, batch, expression, pegs, redistribution, repair, sharing

SUBJECTS = (sharing, access, pegs, batch, redistribution, repair)

FILES = {
    f"{subject.NAME}-{curve.name}": (
        lambda subject=subject, curve=curve: subject.make(curve),
        lambda content, subject=subject, curve=curve: subject.again(curve, content),
    )
    for subject in SUBJECTS
    for curve in CURVES.values()
}
# No curve is needed to read an expression.
FILES[expression.NAME] = (expression.make, expression.again)
