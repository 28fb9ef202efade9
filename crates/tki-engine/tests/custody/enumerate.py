"""Goes through every set of parties, and compares with what the crate says.

Written from docs/spec/custody.md alone. Reads one JSON object a line from standard input: a
structure over factors, facts, and under "said" what the crate made of them. Plain Python 3.9 and
its standard library; nothing is clever here, so that it can be held against the page line by line.

Prints every disagreement, then a summary; the exit code is 1 if there was any.
"""

import json
import sys

# The kinds that their owner keeps in a place of his own (step 1.1), and their locks (step 1.3).
OWN = ("device", "words", "file", "passkey")
LOCKS = {"device": "passphrase", "passkey": "sealed"}

# The order of parties (section 4).
ORDER = [
    "place-of", "place", "keeper-of", "keeper", "storage", "evaluator", "node", "backup",
    "archive", "old-copies", "guesser", "memory",
]
PLACES = ("place-of", "place", "backup")

# What an evaluator's attempts do not find, in bits (step 2.6).
COUNTED = 10


def kind_of(party):
    return party.split(":")[0]


def place_in_order(party):
    kind, _, name = party.partition(":")
    number = int(name) if kind in ("place-of", "keeper-of", "node", "backup", "guesser") else 0
    return ORDER.index(kind), number, name.encode()


class Situation:
    """Section 1: things, parties and locks."""

    def __init__(self, case):
        self.structure = case["structure"]
        self.factors = case["factors"]
        facts = case["facts"]
        self.open = facts["open"]
        self.network = facts["network"]
        self.backups = facts["backups"]
        for factor in self.factors:
            factor["x"] = factor["ids"][0]
            if factor["kind"] == "answers":
                unread = {"bits": 0, "floor": 1, "evaluator": False}
                factor["sheet"] = factor["sheet"] or unread
        self.kept = self.keepers(facts)
        self.locks = {
            factor["x"]: facts["locks"].get(str(factor["x"]), LOCKS.get(factor["kind"], "open"))
            for factor in self.factors
        }
        parties = {party for keepers in self.kept.values() for party in keepers}
        for factor in self.factors:
            if self.can_be_guessed(factor):
                parties.add(f"guesser:{factor['x']}")
        if any(self.is_remembered(factor) for factor in self.factors):
            parties.add("memory")
        self.parties = sorted(parties, key=place_in_order)

    def keepers(self, facts):
        usual = {}
        for factor in self.factors:
            x, kind = factor["x"], factor["kind"]
            if kind != "answers":
                usual[str(x)] = f"place-of:{x}" if kind in OWN else f"keeper-of:{x}"
        usual["storage"] = "storage"
        if any(factor["sheet"] and factor["sheet"]["evaluator"] for factor in self.factors):
            usual["evaluator"] = "evaluator"
        if self.network:
            for number in range(1, self.network["nodes"] + 1):
                usual[f"node:{number}"] = f"node:{number}"
        for number in range(1, self.backups + 1):
            usual[f"backup:{number}"] = f"backup:{number}"
        if facts["archive"]:
            usual["archive"] = "archive"
        if facts["old"]:
            usual["old-copies"] = "old-copies"
        kept = {thing: facts["kept"].get(thing) or [party] for thing, party in usual.items()}
        for first, second in facts["together"]:
            if first in kept and second in kept:
                kept[second] = kept[first]
        return kept

    def can_be_guessed(self, factor):
        if factor["kind"] == "answers":
            return factor["sheet"]["bits"] < factor["sheet"]["floor"]
        return self.locks[factor["x"]] == "passphrase"

    def is_remembered(self, factor):
        return factor["kind"] == "answers" or self.locks[factor["x"]] != "open"

    # Section 2: who has which shares. `there` is a set of parties.

    def has(self, there, thing):
        return any(party in there for party in self.kept.get(thing, ()))

    def nodes(self, there):
        numbers = range(1, self.network["nodes"] + 1)
        count = sum(self.has(there, f"node:{number}") for number in numbers)
        return count >= self.network["threshold"]

    def seed(self, there, factor, owner):
        x = factor["x"]
        lock = self.locks[x]
        if owner:
            unlocked = lock == "open" or "memory" in there
        else:
            guessed = f"guesser:{x}" in there
            unlocked = lock == "open" or (lock == "passphrase" and guessed)
        seed = self.has(there, str(x)) and unlocked
        if factor["kind"] == "provider" and self.network:
            if owner:
                return seed and self.nodes(there)
            return seed or self.nodes(there)
        return seed

    def records(self, there, owner):
        if not owner and (self.open or self.has(there, "archive")):
            return True
        backups = range(1, self.backups + 1)
        return self.has(there, "storage") or any(
            self.has(there, f"backup:{number}") for number in backups
        )

    def copies(self, there, owner):
        devices = (factor for factor in self.factors if factor["kind"] == "device")
        return any(self.seed(there, device, owner) for device in devices)

    def mailbox(self, there, factor, owner):
        if factor["kind"] == "device" or self.records(there, owner):
            return True
        return factor["offline"] and self.copies(there, owner)

    def known(self, there, factor, owner):
        sheet = factor["sheet"]
        evaluated = self.has(there, "evaluator")
        if owner:
            return "memory" in there and (evaluated or not sheet["evaluator"])
        counted = sheet["evaluator"] and sheet["bits"] >= COUNTED
        return f"guesser:{factor['x']}" in there and (evaluated or not counted)

    def shares(self, there, owner):
        plain = [factor for factor in self.factors if factor["kind"] != "answers"]
        found = [
            factor
            for factor in plain
            if self.seed(there, factor, owner) and self.mailbox(there, factor, owner)
        ]
        if found:
            found += [
                factor
                for factor in self.factors
                if factor["kind"] == "answers"
                and self.mailbox(there, factor, owner)
                and self.known(there, factor, owner)
            ]
        return {x for factor in found for x in factor["ids"]}

    def uses(self, there):
        by_shares = satisfied(self.structure, self.shares(there, owner=False))
        return by_shares or self.has(there, "old-copies")

    def opens(self, there):
        return satisfied(self.structure, self.shares(there, owner=True))


def satisfied(structure, ids):
    """docs/spec/access.md, section "Gates"; a plain threshold is any t identifiers."""
    if "threshold" in structure:
        return len(ids) >= structure["threshold"]
    count = 0
    for level in structure["levels"]:
        for member in level["members"]:
            if isinstance(member, int):
                count += member in ids
            else:
                count += satisfied(member, ids)
        if count < level["threshold"]:
            return False
    return True


class Enumeration:
    """Section 3: all sets of parties, by their bits."""

    def __init__(self, situation):
        self.situation = situation
        self.parties = situation.parties
        everybody = range(1 << len(self.parties))
        self.used = [situation.uses(self.named(number)) for number in everybody]
        self.opened = [situation.opens(self.named(number)) for number in everybody]

    def named(self, number):
        return {party for bit, party in enumerate(self.parties) if number >> bit & 1}

    def bits(self, is_meant):
        return sum(1 << bit for bit, party in enumerate(self.parties) if is_meant(party))

    def minimal(self, candidates, able):
        """Those sets of candidates that are able, and of which no proper part is."""
        found = []
        # Fewer first: a set with a part that is able is passed over.
        for number in sorted(subsets(candidates), key=lambda number: bin(number).count("1")):
            if able(number) and not any(part & number == part for part in found):
                found.append(number)
        named = [sorted(self.named(number), key=place_in_order) for number in found]
        return sorted(named, key=lambda some: (len(some), [place_in_order(p) for p in some]))

    def answer(self):
        everybody = (1 << len(self.parties)) - 1
        memory = self.bits(lambda party: party == "memory")
        places = self.bits(lambda party: kind_of(party) in PLACES)
        keeping = {
            party
            for thing, keepers in self.situation.kept.items()
            if thing not in ("archive", "old-copies")
            for party in keepers
        }
        keepers = self.bits(lambda party: party in keeping)
        return {
            "parties": self.parties,
            "use": self.minimal(everybody & ~memory, lambda some: self.used[some]),
            "recover": self.minimal(keepers, lambda some: self.opened[some | memory]),
            "block": self.minimal(
                keepers & ~places, lambda some: not self.opened[everybody & ~some]
            ),
            "destroy": self.minimal(
                keepers | memory, lambda some: not self.opened[everybody & ~some]
            ),
            "self_custodial": not self.used[everybody & ~places]
            and not any(self.used[1 << bit] for bit in range(len(self.parties))),
        }


def subsets(bits):
    """All parts of a set, itself and the empty one among them."""
    part = bits
    while True:
        yield part
        if part == 0:
            return
        part = (part - 1) & bits


def main():
    count = disagreements = largest = 0
    for number, line in enumerate(sys.stdin.readlines(), 1):
        case = json.loads(line)
        said = case.pop("said")
        found = Enumeration(Situation(case)).answer()
        count += 1
        largest = max(largest, len(found["parties"]))
        wrong = [name for name in found if found[name] != said[name]]
        if wrong:
            disagreements += 1
            for name in wrong:
                print(f"structure {number}, {name}: here {found[name]}, there {said[name]}")
    print(f"{count} structures, at most {largest} parties, {disagreements} disagreements")
    return 1 if disagreements else 0


if __name__ == "__main__":
    sys.exit(main())
