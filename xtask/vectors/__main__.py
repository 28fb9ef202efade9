"""An independent slow reference: writes test vectors, and reads those that the crates write.

    python3 -B xtask/vectors write FOLDER [--seed N]    # FOLDER/tki-math/*.json, FOLDER/tki-seal/*.json
    python3 -B xtask/vectors check FOLDER               # works out again what the crates wrote there

Written from the pages of docs/spec and the papers that they name, not from the crates: Python's
integers, the curves' equations, and the formulas. It needs Python 3.9 and its standard library.
Nothing here is constant time: never use it for real keys.

Without a seed everybody gets the committed files. A file is checked by taking from it what goes in
and working out what must come out.
"""

import json
import pathlib
import sys

import values
from compare import difference
from tki_math import FILES as MATH
from tki_seal import FILES as SEAL
from tki_seal.self_test import self_test

CRATES = {"tki-math": MATH, "tki-seal": SEAL}

USAGE = "usage: python3 -B xtask/vectors (write FOLDER [--seed N] | check FOLDER)"


def text_of(content):
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def write(folder):
    for crate, files in CRATES.items():
        (folder / crate).mkdir(parents=True, exist_ok=True)
        for name, (make, again) in files.items():
            content = make()
            # What is written would also be accepted.
            found = difference(content, again(content))
            assert found is None, f"{crate}/{name}: {found}"
            path = folder / crate / f"{name}.json"
            path.write_text(text_of(content), encoding="utf-8")
            print(f"{crate}/{name}.json: {values.count(content)} values")


def check(folder):
    wrong = 0
    for crate, files in CRATES.items():
        found = sorted(path.stem for path in (folder / crate).glob("*.json"))
        if not found:
            sys.exit(f"{folder / crate}: no vectors")
        for name in found:
            if name not in files:
                sys.exit(f"{crate}/{name}.json: this reference knows no such file")
            content = json.loads((folder / crate / f"{name}.json").read_text(encoding="utf-8"))
            _, again = files[name]
            fault = difference(content, again(content))
            wrong += fault is not None
            print(f"{crate}/{name}.json: {fault or f'{values.count(content)} values agree'}")
    sys.exit(f"{wrong} files differ" if wrong else 0)


def main():
    self_test()
    arguments = sys.argv[1:]
    if len(arguments) == 4 and arguments[2] == "--seed":
        values.seed = int(arguments[3])
        del arguments[2:]
    if len(arguments) != 2 or arguments[0] not in ("write", "check"):
        sys.exit(USAGE)
    {"write": write, "check": check}[arguments[0]](pathlib.Path(arguments[1]))


main()
