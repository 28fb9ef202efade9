"""docs/spec/access.md, section "Expressions": read, printed, compiled, and the formula they stand for.

A part of an expression is (name, weight) or a list of ranks [(number, [parts…]), …].
"""

import itertools
import re

from tki_math.access import DEEPEST, holders, inner, is_satisfied, valid
from tki_math.refusal import Refused, refusal
from values import sample

NAME = "expression"

WORD = re.compile(r"[a-z][a-z0-9_-]*")
DIGITS = re.compile(r"[0-9]+")


def make():
    return {"expressions": list(expressions()), "refusals": list(refusals())}


def again(content):
    return {
        "expressions": [
            expression(case["text"], [int(x) for x in case["random"]])
            for case in content["expressions"]
        ],
        "refusals": [refusal(CALLS, None, case) for case in content["refusals"]],
    }


# The grammar, one function a rule: each takes a place and gives what it read and where it ends.


def space(text, at):
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def sign(text, at, expected):
    at = space(text, at)
    if text[at : at + 1] != expected:
        raise Refused("Expected")
    return at + 1


def numeral(text, at):
    at = space(text, at)
    found = DIGITS.match(text, at)
    if not found:
        raise Refused("Expected")
    if not 1 <= int(found.group()) <= 65535:
        raise Refused("Number")
    return int(found.group()), found.end()


def listed(text, at, item, depth):
    """( item { , item } )"""
    at, items = sign(text, at, "("), []
    if depth == DEEPEST:
        raise Refused("TooDeep")
    while True:
        found, at = item(text, at, depth + 1)
        items.append(found)
        at = space(text, at)
        if text[at : at + 1] == ")":
            return items, at + 1
        at = sign(text, at, ",")


def ranked_part(text, at, depth):
    """number "of" list"""
    number, at = numeral(text, at)
    at = space(text, at)
    found = WORD.match(text, at)
    if not found or found.group() != "of":
        raise Refused("Expected")
    parts, at = listed(text, found.end(), part, depth)
    return (number, parts), at


def size(parts):
    """A name counts by its weight."""
    return sum(each[1] if isinstance(each, tuple) else 1 for each in parts)


def gate(ranks):
    """Step 6.1."""
    before, members = 0, 0
    for number, parts in ranks:
        members += size(parts)
        if number <= before:
            raise Refused("LevelsDoNotRise")
        if number > members:
            raise Refused("TooFewMembers")
        before = number
    return ranks


def part(text, at, depth):
    at = space(text, at)
    if DIGITS.match(text, at):
        rank, at = ranked_part(text, at, depth)
        return gate([rank]), at
    found = WORD.match(text, at)
    if not found or found.group() == "of":
        raise Refused("Expected")
    word, at = found.group(), found.end()
    if word in ("any", "all"):
        parts, at = listed(text, at, part, depth)
        return gate([(1 if word == "any" else size(parts), parts)]), at
    if word == "ranked":
        ranks, at = listed(text, at, ranked_part, depth)
        return gate(ranks), at
    after = space(text, at)
    if text[after : after + 1] != "*":
        return (word, 1), at
    weight, at = numeral(text, after + 1)
    return (word, weight), at


def parsed(text):
    found, at = part(text, 0, 0)
    if space(text, at) != len(text):
        raise Refused("Expected")
    return found


# What an expression means.


def printed(each):
    if isinstance(each, tuple):
        name, weight = each
        return name if weight == 1 else f"{name}*{weight}"
    if len(each) > 1:
        return "ranked(" + ", ".join(f"{k} of {printed_list(parts)}" for k, parts in each) + ")"
    ((number, parts),) = each
    word = "any" if number == 1 else "all" if number == size(parts) else f"{number} of "
    return word + printed_list(parts)


def printed_list(parts):
    return "(" + ", ".join(map(printed, parts)) + ")"


def compiled(each, random):
    """The structure, and the identifiers of every name; `random` gives those of ranked members."""
    plain, names, random = itertools.count(1), {}, iter(random)

    def members(each, fresh):
        if isinstance(each, tuple):
            own = [next(fresh) for _ in range(each[1])]
            names.setdefault(each[0], []).extend(str(x) for x in own)
            return holders(*own)
        x = next(fresh)
        return [inner(x, built(each))]

    def built(ranks):
        fresh = plain if len(ranks) == 1 else random
        return {
            "levels": [
                {
                    "threshold": number,
                    "members": [member for each in parts for member in members(each, fresh)],
                }
                for number, parts in ranks
            ]
        }

    structure = built([(1, [each])] if isinstance(each, tuple) else each)
    assert next(random, None) is None, "not all random identifiers were used"
    return structure, names


def holds(each, present):
    """The formula, on names: how many members it counts for, if it is satisfied."""
    if isinstance(each, tuple):
        return each[1] if each[0] in present else 0
    have = 0
    for number, parts in each:
        have += sum(holds(inside, present) for inside in parts)
        if have < number:
            return 0
    return 1


def expression(text, random):
    read = parsed(text)
    structure, names = compiled(read, random)
    valid(structure)
    assert parsed(printed(read)) == read
    satisfied = []
    for count in range(len(names) + 1):
        for present in itertools.combinations(sorted(names), count):
            with_these = {int(x) for name in present for x in names[name]}
            assert is_satisfied(structure, with_these) == bool(holds(read, present))
            if holds(read, present):
                satisfied.append(list(present))
    return {
        "text": text,
        "random": [str(x) for x in random],
        "printed": printed(read),
        "structure": structure,
        "names": names,
        "satisfied": satisfied,
    }


def expressions():
    def ranks(count):
        drawn = [int.from_bytes(sample(f"expression {i}", 16), "little") for i in range(count)]
        return [x % (2**128 - 2**64) + 2**64 for x in drawn]

    yield expression("device", [])
    yield expression("  a1-b_c * 2 ", [])
    yield expression("2 of (device, provider, words)", [])
    yield expression("2 of (device, any(google, email), 2 of (ann, bob, eve))", [])
    yield expression("1 of(a,all ( b , 2 of (c,d)),3 of (e, f,g))", [])
    yield expression("3 of (a*2, b, c)", [])
    yield expression("2 of (a, a, b)", [])
    yield expression("all(any(all(any(a, b)), c), any(d))", [])
    yield expression("any(offices, anyone, allies, ranked-2)", [])
    yield expression("9 of (a*9, b*9)", [])
    yield expression("ranked(1 of (ceo, cfo), 3 of (ann, bob, eve))", ranks(5))
    yield expression("ranked(2 of (a, b, c))", [])
    yield expression("ranked(1 of(a*2), 2 of (b), 4 of (any(c, d), e, f))", ranks(6))
    yield expression("2 of (a, ranked(1 of (b, c), 2 of (2 of (d, e, f))), b)", ranks(3))
    # Deeper, and readers of JSON refuse the structure.
    deep = "any(" * 20 + "a" + ")" * 20
    yield expression(deep, [])


def refusals():
    def of(text, error):
        return {"call": "parse", "name": text[:40], "text": text, "error": error}

    for text in ("", " ", "2", "2 of", "2 of ()", "(a)", "a b", "a,", "any", "any()", "of", "any(of)"):
        yield of(text, "Expected")
    for text in ("2 off (a, b)", "2of", "A", "1a", "-a", "any(a", "any(a))", "a*", "a*b", "any(a,)"):
        yield of(text, "Expected")
    for text in ("ranked(a)", "ranked()", "ranked(any(a))", "2 of a", "any*2", "any(a; b)", "a*2*2"):
        yield of(text, "Expected")
    for text in ("0 of (a)", "a*0", "65536 of (a)", "a*65536", "99999999999999999999 of (a)"):
        yield of(text, "Number")
    for text in ("2 of (a)", "3 of (a, b)", "4 of (a*3)", "any(2 of (a), b)"):
        yield of(text, "TooFewMembers")
    for text in ("ranked(2 of (a), 3 of (b, c))", "ranked(1 of (a), 3 of (b))"):
        yield of(text, "TooFewMembers")
    for text in ("ranked(1 of (a), 1 of (b))", "ranked(2 of (a, b), 1 of (c))"):
        yield of(text, "LevelsDoNotRise")
    deep = DEEPEST + 1
    yield of("any(" * deep + "a" + ")" * deep, "TooDeep")


CALLS = {"parse": lambda _, case: parsed(case["text"])}
