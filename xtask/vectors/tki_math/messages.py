"""What redistribution and repair have in common: who sends, and what is refused of a set of messages."""

from curves import total
from tki_math.access import select, share_rows
from tki_math.linear import solve
from tki_math.refusal import Refused


def weights_of(curve, of, quorum, target):
    """The c_i of the holders of a quorum, in its order."""
    rows = share_rows(curve, of, quorum)
    c = solve(curve, [rows[x] for x in quorum], target)
    assert c is not None
    return c


def quorum_for_secret(curve, of, present):
    quorum = select(of, present)
    if quorum is None:
        raise Refused("NotEnoughShares")
    width = len(next(iter(share_rows(curve, of, quorum[:1]).values())))
    return quorum, weights_of(curve, of, quorum, [1] + [0] * (width - 1))


def image(curve, of, A, x):
    """Y_x by the commitment."""
    return total(curve, zip(share_rows(curve, of, [x])[x], A))


def one_of_each(senders, messages):
    """The messages, pairs (from, …), in the order of the senders: one of each and of nobody else."""
    found = [message[0] for message in messages]
    if len(set(found)) < len(found):
        raise Refused("DuplicateIdentifier")
    if set(senders) - set(found):
        raise Refused("MissingMessage")
    if set(found) - set(senders):
        raise Refused("UnknownHolder")
    return [message for x in senders for message in messages if message[0] == x]


def all_for(receiver, messages):
    """Messages (from, to, value), all for this holder."""
    if any(to != receiver for _, to, _ in messages):
        raise Refused("IdentifierMismatch")


def name_wrong(senders, is_wrong):
    wrong = [x for x, bad in zip(senders, is_wrong) if bad]
    if wrong:
        raise Refused("WrongDealings", *wrong)


def sent(curve, texts):
    """(from, to, value) of what stands in a file."""
    return [
        (
            int(each["from"]),
            int(each["to"]),
            curve.scalar_of(bytes.fromhex(each["value"])),
        )
        for each in texts
    ]


def shown(curve, messages):
    return [
        {"from": str(a), "to": str(b), "value": curve.scalar(value).hex()}
        for a, b, value in messages
    ]
