"""Goes through every set of parties, and compares with what the crate says.

Written from docs/spec/custody.md alone. Reads one JSON object a line from standard input: a
structure over factors, facts, the events of its log, and under "said" what the crate made of them.
Plain Python 3.9 and its standard library; nothing is clever here, so that it can be held against
the page line by line.

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
        # Pairs of a device and a factor whose seed it noted (step 1.5).
        self.noted_pairs = facts["noted"]

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

    def own(self, there, factor, owner):
        x = factor["x"]
        lock = self.locks[x]
        if owner:
            unlocked = lock == "open" or "memory" in there
        else:
            guessed = f"guesser:{x}" in there
            unlocked = lock == "open" or (lock == "passphrase" and guessed)
        own = self.has(there, str(x)) and unlocked
        if factor["kind"] == "provider" and self.network:
            if owner:
                return own and self.nodes(there)
            return own or self.nodes(there)
        return own

    def noted(self, there, factor, owner):
        if owner:
            return False
        return any(
            device["kind"] == "device"
            and [device["x"], factor["x"]] in self.noted_pairs
            and self.own(there, device, owner)
            for device in self.factors
        )

    def seed(self, there, factor, owner):
        return self.own(there, factor, owner) or self.noted(there, factor, owner)

    def records(self, there, owner):
        if not owner and (self.open or self.has(there, "archive")):
            return True
        backups = range(1, self.backups + 1)
        return self.has(there, "storage") or any(
            self.has(there, f"backup:{number}") for number in backups
        )

    def copies(self, there, owner):
        devices = (factor for factor in self.factors if factor["kind"] == "device")
        return any(self.own(there, device, owner) for device in devices)

    def mailbox(self, there, factor, owner):
        if factor["kind"] == "device" or self.records(there, owner):
            return True
        if factor["pegged"] and not owner:
            return True
        return factor["offline"] and self.copies(there, owner)

    def known(self, there, factor, owner):
        sheet = factor["sheet"]
        evaluated = self.has(there, "evaluator")
        if owner:
            return "memory" in there and (evaluated or not sheet["evaluator"])
        counted = sheet["evaluator"] and sheet["bits"] >= COUNTED
        guessed = f"guesser:{factor['x']}" in there and (evaluated or not counted)
        return guessed or self.noted(there, factor, owner)

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


    # Section 5: the word, and what the account had before.

    def has_old_records(self, there):
        backups = range(1, self.backups + 1)
        return self.has(there, "archive") or any(
            self.has(there, f"backup:{number}") for number in backups
        )

    def knows(self, there, factor):
        if factor["kind"] == "answers":
            return self.known(there, factor, owner=False)
        return self.seed(there, factor, owner=False)

    def uses_era(self, there, era):
        structure, same = era
        known = [factor for factor in same if self.knows(there, factor)]
        if structure is None:
            enough = bool(known)
        elif isinstance(structure, int):
            enough = sum(len(factor["ids"]) for factor in known) >= structure
        else:
            enough = arranged(structure, {factor["x"] for factor in known})
        return enough and self.has_old_records(there)

    def eras_that_count(self, past):
        """Steps 5.5 and 5.6: eras with their structures and their same factors."""
        counted = []
        for last, structure in eras(past):
            if past["key_since"] is not None and last < past["key_since"]:
                continue
            same = []
            for factor in self.factors:
                made = (
                    event["version"]
                    for event in past["events"]
                    if ["made", factor["x"]] in event["changes"]
                )
                if all(version <= last for version in made):
                    same.append(factor)
            if not same:
                continue
            now = self.structure.get("threshold") if "threshold" in self.structure else None
            if isinstance(structure, int) and now is not None and now <= structure:
                continue
            if isinstance(structure, dict) and structure == self.as_told():
                continue
            counted.append((structure, same))
        return counted

    def as_told(self):
        """The account's own nested thresholds, with factors by their first identifiers."""
        names = {x: factor["x"] for factor in self.factors for x in factor["ids"]}

        def told(part):
            if isinstance(part, int):
                return names[part]
            if len(part["levels"]) != 1:
                return None
            level = part["levels"][0]
            return {
                "threshold": level["threshold"],
                "members": [told(member) for member in level["members"]],
            }

        return told(self.structure) if "levels" in self.structure else None


TELLS = ("threshold", "arranged")
UNCLEAR = ("more", "other")


def eras(past):
    """Steps 5.3 and 5.4: the last version of each era, and its structure; None is unknown."""
    events = past["events"]
    if not events:
        return [(past["version"] - 1, None)] if past["version"] > 0 else []
    found = []
    first = events[0]
    begins = first["changes"][:1]
    if begins not in ([["created"]], [["imported"]]) and first["version"] > 0:
        found.append((first["version"] - 1, None))
    structure = None
    for number, event in enumerate(events):
        kind, told = what_is_told(event)
        if kind == "tells":
            structure = told
        elif kind == "unclear":
            structure = None
        later = [what_is_told(other)[0] for other in events[number + 1:]]
        if structure is not None or any(kind != "silent" for kind in later):
            found.append((event["version"], structure))
        following = events[number + 1:]
        last = following[0]["version"] - 1 if following else past["version"]
        if last > event["version"]:
            found.append((last, None))
            structure = None
    return found


def what_is_told(event):
    for change in event["changes"]:
        if change[0] in TELLS:
            return "tells", change[1]
    if any(change[0] in UNCLEAR for change in event["changes"]):
        return "unclear", None
    return "silent", None


def arranged(part, names):
    """Nested thresholds as they were told."""
    if isinstance(part, int):
        return part in names
    return sum(arranged(member, names) for member in part["members"]) >= part["threshold"]


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

    def __init__(self, situation, past):
        self.situation = situation
        self.past = past
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
        guessers = self.bits(lambda party: kind_of(party) == "guesser")
        thefts = [1 << bit | guessers for bit in range(len(self.parties))]
        decisive = [everybody & ~places] + thefts
        is_own = not any(self.used[some] for some in decisive)
        counted = self.situation.eras_that_count(self.past)
        by_earlier = is_own and any(
            self.situation.uses_era(self.named(some), era) for some in decisive for era in counted
        )
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
            "self_custodial": is_own and not by_earlier,
            "by_earlier": by_earlier,
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
        found = Enumeration(Situation(case), case["past"]).answer()
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
