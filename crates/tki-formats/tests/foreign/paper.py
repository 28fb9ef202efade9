"""Reads QR codes and shares with programs of others.

    paper.py png FILE        what the code in an image says
    paper.py svg FILE        the same for squares of an SVG path
    paper.py terminal FILE   the same for lines of half blocks
    paper.py open            shares of SLIP-39, one a line of standard input: their secret
    paper.py split           new shares of the secret in hexadecimal digits on standard input, 2 of 3
"""

import re
import sys

from PIL import Image
import zxingcpp

SCALE = 6


def from_svg(text):
    side = int(re.search(r'viewBox="0 0 (\d+) \1"', text).group(1))
    image = Image.new("L", (side, side), 255)
    for column, row in re.findall(r"M(\d+) (\d+)h1v1h-1z", text):
        image.putpixel((int(column), int(row)), 0)
    return image.resize((side * SCALE, side * SCALE), Image.NEAREST)


def from_terminal(text):
    rows = []
    for line in text.splitlines():
        rows.append([0 if block in "▀█" else 255 for block in line])
        rows.append([0 if block in "▄█" else 255 for block in line])
    assert len({len(row) for row in rows}) == 1, "lines of one length"
    image = Image.new("L", (len(rows[0]), len(rows)))
    image.putdata([pixel for row in rows for pixel in row])
    return image.resize((image.width * SCALE, image.height * SCALE), Image.NEAREST)


def read(image):
    found = zxingcpp.read_barcodes(image.convert("L"), formats=zxingcpp.BarcodeFormat.QRCode)
    assert len(found) == 1, f"{len(found)} codes"
    return found[0].text


def main():
    what = sys.argv[1]
    if what == "png":
        print(read(Image.open(sys.argv[2])), end="")
    elif what == "svg":
        print(read(from_svg(open(sys.argv[2]).read())), end="")
    elif what == "terminal":
        print(read(from_terminal(open(sys.argv[2]).read())), end="")
    elif what == "open":
        import shamir_mnemonic

        print(shamir_mnemonic.combine_mnemonics(sys.stdin.read().splitlines(), b"TREZOR").hex())
    elif what == "split":
        import shamir_mnemonic

        secret = bytes.fromhex(sys.stdin.read().strip())
        (group,) = shamir_mnemonic.generate_mnemonics(1, [(2, 3)], secret, b"TREZOR")
        print("\n".join(group))


main()
