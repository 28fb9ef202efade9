"""Refusals: a call says no by the name of its error, and names the culprits."""


class Refused(Exception):
    """The name of the error, and the identifiers that it must name."""

    def __init__(self, error, *culprits):
        super().__init__(error)
        self.error, self.culprits = error, [str(x) for x in culprits]


def refusal(calls, curve, case):
    """The case with the error that this reference finds; None where it finds nothing wrong."""
    asked = {name: value for name, value in case.items() if name not in ("error", "culprits")}
    try:
        calls[case["call"]](curve, asked)
    except Refused as refused:
        culprits = {"culprits": refused.culprits} if refused.culprits else {}
        return {**asked, "error": refused.error, **culprits}
    return {**asked, "error": None}


def scalar_refused(curve, text):
    try:
        return curve.scalar_of(bytes.fromhex(text))
    except ValueError:
        raise Refused("InvalidScalar") from None


def commitment_of(curve, texts, length):
    """The points of a commitment, of a length that is known."""
    if len(texts) != length:
        raise Refused("WrongCommitmentLength")
    try:
        return [curve.decode(bytes.fromhex(text)) for text in texts]
    except ValueError:
        raise Refused("InvalidCoefficientCommitment") from None
