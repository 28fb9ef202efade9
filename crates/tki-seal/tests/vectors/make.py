#!/usr/bin/env python3
"""Writes the vectors beside this file: a second implementation of docs/spec/{transcript,seal}.md.

Plain Python 3.9 or later, nothing to install; only `password` needs the package `argon2-cffi`.
Nothing here is constant time: never use it for real keys.

    python3 make.py            # writes *.json; a committed file is never changed, only added to
    python3 make.py --check    # compares instead
"""

import hashlib
import hmac
import json
import pathlib
import sys

# --- transcripts: docs/spec/transcript.md ------------------------------------------------------

FIELD = {"bytes": 1, "u64": 2, "u128": 3, "flag": 4, "list": 5}


def le64(n):
    return n.to_bytes(8, "little")


def prefixed(data):
    return le64(len(data)) + data


def body(kind, value):
    if kind == "bytes":
        return value
    if kind == "u64":
        return value.to_bytes(8, "little")
    if kind == "u128":
        return value.to_bytes(16, "little")
    if kind == "flag":
        return bytes([value])
    if kind == "list":
        return le64(len(value)) + b"".join(map(prefixed, value))
    raise ValueError(kind)


def transcript(tag, *fields):
    encoded = prefixed(b"tki/v1/" + tag.encode())
    for kind, value in fields:
        encoded += bytes([FIELD[kind]]) + prefixed(body(kind, value))
    return encoded


def by(value):
    return ("bytes", value)


# --- key derivation: docs/spec/seal.md section 1 -----------------------------------------------


def hmac_sha3(key, message):
    return hmac.new(key, message, hashlib.sha3_256).digest()


def hkdf(secret, salt, info, length):
    prk = hmac_sha3(salt or bytes(32), secret)
    okm, block, counter = b"", b"", 1
    while len(okm) < length:
        block = hmac_sha3(prk, block + info + bytes([counter]))
        okm, counter = okm + block, counter + 1
    return okm[:length]


def derive_scalar(order, byteorder, secret, salt, tag, *fields):
    counter = 0
    while True:
        info = transcript(tag, *fields, ("u64", counter))
        scalar = int.from_bytes(hkdf(secret, salt, info, 48), byteorder) % order
        if scalar:
            return scalar
        counter += 1


# --- secp256k1 ---------------------------------------------------------------------------------

P = 2**256 - 2**32 - 977
Q = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)


def add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, P) % P
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P) % P
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def mul(k, point):
    total = None
    while k:
        if k & 1:
            total = add(total, point)
        point, k = add(point, point), k >> 1
    return total


def be32(n):
    return n.to_bytes(32, "big")


def compress(point):
    return bytes([2 + (point[1] & 1)]) + be32(point[0])


# --- ChaCha20-Poly1305, RFC 8439 ---------------------------------------------------------------


def chacha_block(key, counter, nonce):
    def rotate(x, n):
        return (x << n | x >> (32 - n)) & 0xFFFFFFFF

    words = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574]
    packed = key + counter.to_bytes(4, "little") + nonce
    words += [int.from_bytes(packed[i : i + 4], "little") for i in range(0, 48, 4)]
    x = words[:]

    def quarter(a, b, c, d):
        for low, high, by_bits in ((a, d, 16), (c, b, 12), (a, d, 8), (c, b, 7)):
            other = b if low == a else d
            x[low] = (x[low] + x[other]) & 0xFFFFFFFF
            x[high] = rotate(x[high] ^ x[low], by_bits)

    for _ in range(10):
        for i in range(4):
            quarter(i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return b"".join(((a + b) & 0xFFFFFFFF).to_bytes(4, "little") for a, b in zip(x, words))


def chacha20(key, nonce, data):
    stream = b"".join(chacha_block(key, 1 + i, nonce) for i in range(len(data) // 64 + 1))
    return bytes(a ^ b for a, b in zip(data, stream))


def poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for i in range(0, len(message), 16):
        block = int.from_bytes(message[i : i + 16] + b"\x01", "little")
        total = (total + block) * r % (2**130 - 5)
    return ((total + int.from_bytes(key[16:], "little")) % 2**128).to_bytes(16, "little")


def aead(key, plaintext):
    nonce = bytes(12)
    ciphertext = chacha20(key, nonce, plaintext)
    padded = ciphertext + bytes(-len(ciphertext) % 16) + le64(0) + le64(len(ciphertext))
    return ciphertext + poly1305(chacha_block(key, 0, nonce)[:32], padded)


# --- seals: docs/spec/seal.md sections 2 to 4 --------------------------------------------------


def seal_under(okm, header, plaintext):
    key, commitment = okm[:32], okm[32:]
    return header + commitment + aead(key, plaintext)


def sealed_box(recipient, context, plaintext, fresh):
    R = compress(recipient)
    mixed = hashlib.sha3_256(
        transcript("box ephemeral", by(R), by(context), by(plaintext))
    ).digest()
    e = derive_scalar(Q, "big", fresh, b"", "box ephemeral", by(mixed))
    E = compress(mul(e, G))
    Z = compress(mul(e, recipient))
    okm = hkdf(Z, b"", transcript("sealed box", by(E), by(R), by(context)), 64)
    return seal_under(okm, E, plaintext)


def symmetric_seal(key, context, plaintext, fresh):
    salt = hkdf(key, fresh, transcript("symmetric salt", by(context), by(plaintext)), 32)
    okm = hkdf(key, salt, transcript("symmetric seal", by(context)), 64)
    return seal_under(okm, salt, plaintext)


# --- files under a passphrase: docs/spec/seal.md section 8 --------------------------------------


def passphrase_file(magic, tag, stretched, salt, params, content, fresh):
    key = hkdf(stretched, b"", transcript(tag, by(b"key")), 32)
    numbers = b"".join(number.to_bytes(4, "little") for number in params)
    header = magic + b"\x01" + numbers + salt
    context = transcript(tag, by(b"body"), by(header))
    sealed = symmetric_seal(key, context, content, fresh)
    hashed = transcript(tag, by(b"sealed"), by(header), by(sealed))
    return header + hashlib.sha3_256(hashed).digest() + sealed


# --- one ciphertext and tag for two keys, which is what the commitment is for ------------------


def collide(keys):
    """48 bytes of ciphertext and a tag that ChaCha20-Poly1305 accepts under both keys.

    The tag is a polynomial in r, linear in the blocks: two keys are two equations, the second and
    third block the unknowns, solved modulo p until both are 16 bytes with the 2^128 on top.
    """
    p, first, size = 2**130 - 5, 2**128 + 5, 48
    one_time = [chacha_block(key, 0, bytes(12))[:32] for key in keys]
    clamp = 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    r1, r2 = (int.from_bytes(k[:16], "little") & clamp for k in one_time)
    s1, s2 = (int.from_bytes(k[16:], "little") for k in one_time)
    lengths = int.from_bytes(le64(0) + le64(size) + b"\x01", "little")
    inverse = pow(r1**3 * r2**2 - r2**3 * r1**2, -1, p)
    for tag in range(1, 10000):
        a1 = ((tag - s1) % 2**128 - first * r1**4 - lengths * r1) % p
        a2 = ((tag - s2) % 2**128 - first * r2**4 - lengths * r2) % p
        second = (a1 * r2**2 - a2 * r1**2) * inverse % p
        third = (r1**3 * a2 - r2**3 * a1) * inverse % p
        if second >> 128 == 1 and third >> 128 == 1:
            blocks = (block - 2**128 for block in (first, second, third))
            ciphertext = b"".join(block.to_bytes(16, "little") for block in blocks)
            sealed = ciphertext + tag.to_bytes(16, "little")
            for key in keys:
                assert aead(key, chacha20(key, bytes(12), ciphertext)) == sealed
            return sealed


# --- signatures: docs/spec/seal.md section 6 ---------------------------------------------------


def keccak256(data):
    lanes = [[0] * 5 for _ in range(5)]
    mask = 2**64 - 1

    def rotate(x, n):
        n %= 64
        return (x << n | x >> (64 - n)) & mask if n else x

    def permute(a):
        lfsr = 1
        for _ in range(24):
            c = [a[x][0] ^ a[x][1] ^ a[x][2] ^ a[x][3] ^ a[x][4] for x in range(5)]
            d = [c[(x - 1) % 5] ^ rotate(c[(x + 1) % 5], 1) for x in range(5)]
            a = [[a[x][y] ^ d[x] for y in range(5)] for x in range(5)]
            x, y, current = 1, 0, a[1][0]
            for t in range(24):
                x, y = y, (2 * x + 3 * y) % 5
                current, a[x][y] = a[x][y], rotate(current, (t + 1) * (t + 2) // 2)
            for y in range(5):
                row = [a[x][y] for x in range(5)]
                for x in range(5):
                    a[x][y] = row[x] ^ (~row[(x + 1) % 5] & mask & row[(x + 2) % 5])
            for j in range(7):
                lfsr = (lfsr << 1 ^ (lfsr >> 7) * 0x71) % 256
                if lfsr & 2:
                    a[0][0] ^= 1 << ((1 << j) - 1)
        return a

    rate = 136
    padded = bytearray(data + b"\x01" + bytes(-(len(data) + 1) % rate))
    padded[-1] |= 0x80
    for start in range(0, len(padded), rate):
        for i in range(rate // 8):
            word = padded[start + 8 * i : start + 8 * i + 8]
            lanes[i % 5][i // 5] ^= int.from_bytes(word, "little")
        lanes = permute(lanes)
    return b"".join(lanes[i % 5][i // 5].to_bytes(8, "little") for i in range(4))


def rfc6979(d, digest):
    def h(key, *parts):
        return hmac.new(key, b"".join(parts), hashlib.sha256).digest()

    seed = be32(d) + be32(int.from_bytes(digest, "big") % Q)
    k, v = bytes(32), b"\x01" * 32
    for separator in (b"\x00", b"\x01"):
        k = h(k, v, separator, seed)
        v = h(k, v)
    while True:
        v = h(k, v)
        nonce = int.from_bytes(v, "big")
        if 0 < nonce < Q:
            yield nonce
        k = h(k, v, b"\x00")
        v = h(k, v)


def ecdsa(d, digest):
    z = int.from_bytes(digest, "big")
    for k in rfc6979(d, digest):
        x, y = mul(k, G)
        r = x % Q
        s = pow(k, -1, Q) * (z + r * d) % Q
        if r and s:
            recovery = (y & 1) | (2 if x >= Q else 0)
            if s > Q // 2:
                s, recovery = Q - s, recovery ^ 1
            return be32(r) + be32(s), recovery


def tagged(name, *parts):
    tag = hashlib.sha256(name.encode()).digest()
    return hashlib.sha256(tag + tag + b"".join(parts)).digest()


def bip340(d, message):
    x, y = mul(d, G)
    d = Q - d if y & 1 else d
    mask = int.from_bytes(tagged("BIP0340/aux", bytes(32)), "big")
    nonce = tagged("BIP0340/nonce", be32(d ^ mask), be32(x), message)
    k = int.from_bytes(nonce, "big") % Q
    rx, ry = mul(k, G)
    k = Q - k if ry & 1 else k
    e = int.from_bytes(tagged("BIP0340/challenge", be32(rx), be32(x), message), "big") % Q
    return be32(rx) + be32((k + e * d) % Q)


# --- Ed25519, RFC 8032 -------------------------------------------------------------------------

F = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, F) % F
B = (
    15112221349535400772501151409588531511454012693041857206046113283949847762202,
    4 * pow(5, -1, F) % F,
)


def ed_add(a, b):
    t = D * a[0] * b[0] * a[1] * b[1]
    x = (a[0] * b[1] + a[1] * b[0]) * pow(1 + t, -1, F)
    y = (a[1] * b[1] + a[0] * b[0]) * pow(1 - t, -1, F)
    return x % F, y % F


def ed_mul(k, point):
    total = (0, 1)
    while k:
        if k & 1:
            total = ed_add(total, point)
        point, k = ed_add(point, point), k >> 1
    return total


def ed_bytes(point):
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def le32(n):
    return n.to_bytes(32, "little")


def ed_scalar_from_seed(seed):
    half = bytearray(hashlib.sha512(seed).digest()[:32])
    half[0] &= 248
    half[31] = half[31] & 127 | 64
    return int.from_bytes(half, "little") % L


def ed25519(a, message):
    def h(*parts):
        return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % L

    public = ed_bytes(ed_mul(a, B))
    prefix = hkdf(le32(a), b"", transcript("ed25519 nonce"), 32)
    r = h(prefix, message)
    R = ed_bytes(ed_mul(r, B))
    return R + le32((r + h(R, public, message) * a) % L)


# --- the vectors -------------------------------------------------------------------------------


def sample(label, length):
    """Bytes that look random and are the same every time."""
    return hashlib.shake_256(label.encode()).digest(length)


def shown(kind, value):
    if kind == "bytes":
        return {"bytes": value.hex()}
    if kind == "list":
        return {"list": [item.hex() for item in value]}
    return {kind: value if kind == "flag" else str(value)}


def transcripts():
    cases = [
        [],
        [by(b"")],
        [by(b""), by(b"")],
        [by(b"a"), by(b"b")],
        [by(b"ab")],
        [by(sample("long", 300))],
        [("u64", 0)],
        [("u64", 2**64 - 1)],
        [("u128", 1)],
        [("u128", 2**128 - 1)],
        [("flag", False)],
        [("flag", True)],
        [("list", [])],
        [("list", [b""])],
        [("list", [b"a", b"b"])],
        [("list", [b"ab"])],
        [by(b"a"), ("u64", 7), ("u128", 8), ("flag", True), ("list", [b"x", b""]), by(b"z")],
    ]
    for fields in cases:
        encoded = transcript("example", *fields)
        yield {
            "tag": "tki/v1/example",
            "fields": [shown(*field) for field in fields],
            "encoding": encoded.hex(),
            "digest": hashlib.sha3_256(encoded).hexdigest(),
        }


def derivations():
    for i, (secret, salt) in enumerate([(0, 0), (16, 0), (32, 32), (200, 200)]):
        secret, salt = sample(f"secret {i}", secret), sample(f"salt {i}", salt)
        arguments = (secret, salt, "example", ("u64", i))
        yield {
            "secret": secret.hex(),
            "salt": salt.hex(),
            "info": transcript("example", ("u64", i)).hex(),
            "u64": i,
            "key": hkdf(secret, salt, transcript("example", ("u64", i)), 32).hex(),
            "secp256k1": be32(derive_scalar(Q, "big", *arguments)).hex(),
            "ed25519": le32(derive_scalar(L, "little", *arguments)).hex(),
        }


LENGTHS = [0, 1, 15, 16, 17, 63, 64, 65, 300]


def sealed_boxes():
    for i, length in enumerate(LENGTHS):
        r = int.from_bytes(sample(f"recipient {i}", 32), "big") % Q
        context = transcript("example", by(sample(f"context {i}", i)))
        plaintext, fresh = sample(f"plaintext {i}", length), sample(f"fresh {i}", 32)
        yield {
            "secret_key": be32(r).hex(),
            "public_key": compress(mul(r, G)).hex(),
            "context": sample(f"context {i}", i).hex(),
            "plaintext": plaintext.hex(),
            "fresh": fresh.hex(),
            "sealed": sealed_box(mul(r, G), context, plaintext, fresh).hex(),
        }


def symmetric_seals():
    for i, length in enumerate(LENGTHS):
        key, fresh = sample(f"key {i}", 32), sample(f"fresh {i}", 32)
        context = transcript("example", by(sample(f"context {i}", i)))
        plaintext = sample(f"plaintext {i}", length)
        yield {
            "key": key.hex(),
            "context": sample(f"context {i}", i).hex(),
            "plaintext": plaintext.hex(),
            "fresh": fresh.hex(),
            "sealed": symmetric_seal(key, context, plaintext, fresh).hex(),
        }


def collisions():
    context = transcript("example", by(b"collision"))

    keys = [sample(f"collision key {i}", 32) for i in (1, 2)]
    salt = sample("collision salt", 32)
    okms = [hkdf(key, salt, transcript("symmetric seal", by(context)), 64) for key in keys]
    body = collide([okm[:32] for okm in okms])
    yield {
        "kind": "symmetric",
        "keys": [key.hex() for key in keys],
        "sealed": [(salt + okm[32:] + body).hex() for okm in okms],
    }

    keys = [int.from_bytes(sample(f"collision recipient {i}", 32), "big") % Q for i in (1, 2)]
    e = int.from_bytes(sample("collision ephemeral", 32), "big") % Q
    E, recipients = compress(mul(e, G)), [mul(r, G) for r in keys]
    infos = [transcript("sealed box", by(E), by(compress(R)), by(context)) for R in recipients]
    okms = [hkdf(compress(mul(e, R)), b"", info, 64) for R, info in zip(recipients, infos)]
    body = collide([okm[:32] for okm in okms])
    yield {
        "kind": "sealed box",
        "keys": [be32(key).hex() for key in keys],
        "sealed": [(E + okm[32:] + body).hex() for okm in okms],
    }


def signatures():
    secrets = [1, 3, Q - 1]
    secrets += [int.from_bytes(sample(f"signer {i}", 32), "big") % Q for i in range(5)]
    for i, d in enumerate(secrets):
        message = sample(f"message {i}", 45 * i)
        for scheme, digest in (
            ("ecdsa-sha256", hashlib.sha256(message).digest()),
            ("ecdsa-keccak256", keccak256(message)),
        ):
            signature, recovery = ecdsa(d, digest)
            yield {
                "scheme": scheme,
                "secret_key": be32(d).hex(),
                "public_key": compress(mul(d, G)).hex(),
                "message": message.hex(),
                "digest": digest.hex(),
                "signature": signature.hex(),
                "recovery_id": recovery,
            }
        yield {
            "scheme": "bip340",
            "secret_key": be32(d).hex(),
            "public_key": compress(mul(d, G)).hex(),
            "message": message.hex(),
            "signature": bip340(d, message).hex(),
        }
        seed = sample(f"seed {i}", 32)
        a = ed_scalar_from_seed(seed)
        yield {
            "scheme": "ed25519",
            "seed": seed.hex(),
            "secret_key": le32(a).hex(),
            "public_key": ed_bytes(ed_mul(a, B)).hex(),
            "message": message.hex(),
            "signature": ed25519(a, message).hex(),
        }


def passwords():
    from argon2.low_level import Type, hash_secret_raw

    for i, (memory, iterations, lanes) in enumerate([(8, 1, 1), (64, 3, 1), (64, 2, 4)]):
        password, salt = sample(f"password {i}", 12 * i), sample(f"password salt {i}", 32)
        key = hash_secret_raw(password, salt, iterations, memory, lanes, 32, Type.ID, 0x13)
        yield {
            "password": password.hex(),
            "salt": salt.hex(),
            "memory_kib": memory,
            "iterations": iterations,
            "parallelism": lanes,
            "key": key.hex(),
        }


def passphrase_files():
    # The keys of `password`, which were checked when they were made: no Argon2 needed here.
    passwords = json.loads((pathlib.Path(__file__).parent / "password.json").read_text())
    kinds = [(b"TKI-DEVS", "device file"), (b"TKI-PROV", "provider file"), (b"EXAMPLE.", "example")]
    for i, (known, (magic, tag)) in enumerate(zip(passwords, kinds)):
        content, fresh = sample(f"content {i}", 16 * i), sample(f"file fresh {i}", 32)
        salt, stretched = (bytes.fromhex(known[name]) for name in ("salt", "key"))
        params = (known["memory_kib"], known["iterations"], known["parallelism"])
        yield {
            "magic": magic.hex(),
            "tag": "tki/v1/" + tag,
            **{name: value for name, value in known.items() if name != "key"},
            "content": content.hex(),
            "fresh": fresh.hex(),
            "file": passphrase_file(magic, tag, stretched, salt, params, content, fresh).hex(),
        }


def self_test():
    """Facts that others published, so that an error here is not taken for one over there."""
    # RFC 8439, section 2.8.2, without its associated data: the ciphertext alone.
    key, nonce = bytes(range(0x80, 0xA0)), bytes.fromhex("070000004041424344454647")
    text = b"Ladies and Gentlemen of the class of '99"
    assert chacha20(key, nonce, text)[:8].hex() == "d31a8d34648e60db"
    # RFC 8439, section 2.5.2.
    key = bytes.fromhex("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b")
    assert poly1305(key, b"Cryptographic Forum Research Group")[:4].hex() == "a8061dc1"
    # The empty Keccak-256 of Ethereum; RFC 8032 section 7.1, test 1.
    assert keccak256(b"").hex()[:16] == "c5d2460186f7233c"
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    assert ed_bytes(ed_mul(ed_scalar_from_seed(seed), B)).hex()[:16] == "d75a980182b10ab7"


def main():
    self_test()
    files = {
        "transcript": transcripts,
        "kdf": derivations,
        "sealed_box": sealed_boxes,
        "symmetric": symmetric_seals,
        "collision": collisions,
        "signature": signatures,
        "password": passwords,
        "passphrase_file": passphrase_files,
    }
    folder = pathlib.Path(__file__).parent
    for name, make in files.items():
        try:
            text = json.dumps(list(make()), indent=1) + "\n"
        except ImportError as missing:
            print(f"{name}: skipped, because {missing}")
            continue
        path = folder / f"{name}.json"
        if "--check" in sys.argv[1:] or path.exists():
            same = path.read_text() == text
            print(f"{name}: {'same' if same else 'DIFFERENT'}")
            if not same:
                sys.exit(1)
        else:
            path.write_text(text)
            print(f"{name}: written")


if __name__ == "__main__":
    main()
