"""The cases of every file of tki-seal: what goes in, and the whole case worked out of it.

What goes in and what comes out are texts as they stand in the files.
"""

import hashlib

from curves import P256, Ed25519, Secp256k1, multiply
from tki_seal import passphrases, seals, signatures
from tki_seal.kdf import derive_scalar_on, hkdf
from tki_seal.keccak import keccak256
from tki_seal.transcript import by, transcript
from values import sample


def unhex(*texts):
    return [bytes.fromhex(text) for text in texts]


def example(context):
    """The context that the vectors use: one field."""
    return transcript("example", by(context))


def name_of(tag):
    assert tag.startswith("tki/v1/")
    return tag[len("tki/v1/") :]


# Transcripts.


def shown(kind, value):
    if kind == "bytes":
        return {"bytes": value.hex()}
    if kind == "list":
        return {"list": [item.hex() for item in value]}
    return {kind: value if kind == "flag" else str(value)}


def read(field):
    ((kind, value),) = field.items()
    if kind == "bytes":
        return kind, bytes.fromhex(value)
    if kind == "list":
        return kind, unhex(*value)
    return kind, value if kind == "flag" else int(value)


def transcript_inputs():
    fields = [
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
    for each in fields:
        yield {"tag": "tki/v1/example", "fields": [shown(*field) for field in each]}


def transcript_case(tag, fields):
    encoded = transcript(name_of(tag), *map(read, fields))
    digest = hashlib.sha3_256(encoded).hexdigest()
    return {"tag": tag, "fields": fields, "encoding": encoded.hex(), "digest": digest}


# Key derivation.


def kdf_inputs():
    for i, (secret, salt) in enumerate([(0, 0), (16, 0), (32, 32), (200, 200)]):
        secret, salt = sample(f"secret {i}", secret), sample(f"salt {i}", salt)
        yield {"secret": secret.hex(), "salt": salt.hex(), "u64": i}


def kdf_case(secret, salt, u64):
    given = unhex(secret, salt)
    info = transcript("example", ("u64", u64))
    return {
        "secret": secret,
        "salt": salt,
        "info": info.hex(),
        "u64": u64,
        "key": hkdf(*given, info, 32).hex(),
        **{
            curve.name: derive_scalar_on(curve, *given, "example", ("u64", u64)).hex()
            for curve in (Secp256k1, Ed25519, P256)
        },
    }


# Seals.

LENGTHS = [0, 1, 15, 16, 17, 63, 64, 65, 300]


def box_inputs():
    for i, length in enumerate(LENGTHS):
        r = int.from_bytes(sample(f"recipient {i}", 32), "big") % Secp256k1.q
        yield {
            "secret_key": Secp256k1.scalar(r).hex(),
            "context": sample(f"context {i}", i).hex(),
            "plaintext": sample(f"plaintext {i}", length).hex(),
            "fresh": sample(f"fresh {i}", 32).hex(),
        }


def box_case(secret_key, context, plaintext, fresh):
    r, field, text, random = unhex(secret_key, context, plaintext, fresh)
    r = Secp256k1.scalar_of(r)
    R = multiply(Secp256k1, r, Secp256k1.G)
    box = seals.sealed_box(R, example(field), text, random)
    assert seals.open_box(r, example(field), box["sealed"]) == text
    return {
        "secret_key": secret_key,
        "public_key": Secp256k1.encode(R).hex(),
        "context": context,
        "plaintext": plaintext,
        "fresh": fresh,
        "ephemeral": Secp256k1.scalar(box["e"]).hex(),
        "shared_point": box["Z"].hex(),
        "key": box["okm"][:32].hex(),
        "commitment": box["okm"][32:].hex(),
        "sealed": box["sealed"].hex(),
    }


def symmetric_inputs():
    for i, length in enumerate(LENGTHS):
        yield {
            "key": sample(f"key {i}", 32).hex(),
            "context": sample(f"context {i}", i).hex(),
            "plaintext": sample(f"plaintext {i}", length).hex(),
            "fresh": sample(f"fresh {i}", 32).hex(),
        }


def symmetric_case(key, context, plaintext, fresh):
    k, field, text, random = unhex(key, context, plaintext, fresh)
    sealed = seals.symmetric_seal(k, example(field), text, random)
    assert seals.open_symmetric(k, example(field), sealed) == text
    given = {"key": key, "context": context, "plaintext": plaintext, "fresh": fresh}
    return {**given, "sealed": sealed.hex()}


# What does not open, and why: one fault a case.


def broken(sealed, names):
    """One byte changed in each part, and every way to be too short."""
    at = 0
    for name, length in names:
        yield f"{name} changed", sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        at += length
    yield "tag changed", sealed[:-1] + bytes([sealed[-1] ^ 0x80])
    yield "one byte short", sealed[:-1]
    yield "one byte long", sealed + b"\0"
    yield "no ciphertext and no tag", sealed[:at]
    yield "nothing", b""


def refused_box_inputs():
    r = int.from_bytes(sample("refused recipient", 32), "big") % Secp256k1.q
    R = multiply(Secp256k1, r, Secp256k1.G)
    text, random = sample("refused plaintext", 40), sample("refused fresh", 32)
    sealed = seals.sealed_box(R, example(b"here"), text, random)["sealed"]

    def of(name, key, field, sealed):
        key = Secp256k1.scalar(key).hex()
        return {"name": name, "secret_key": key, "context": field.hex(), "sealed": sealed.hex()}

    for name, bad in broken(sealed, [("ephemeral", 33), ("commitment", 32), ("ciphertext", 40)]):
        yield of(name, r, b"here", bad)
    for name, point in Secp256k1.bad_points():
        if len(point) == 33:
            yield of(f"ephemeral: {name}", r, b"here", point + sealed[33:])
    yield of("ephemeral: the identity", r, b"here", bytes(33) + sealed[33:])
    yield of("another key", r + 1, b"here", sealed)
    yield of("another context", r, b"there", sealed)


def refused_box_case(name, secret_key, context, sealed):
    r, field, box = unhex(secret_key, context, sealed)
    opened = seals.open_box(Secp256k1.scalar_of(r), example(field), box)
    given = {"name": name, "secret_key": secret_key, "context": context, "sealed": sealed}
    return {**given, "opens": opened is not None}


def refused_symmetric_inputs():
    key, other = sample("refused key", 32), sample("refused other key", 32)
    text, random = sample("refused plaintext", 40), sample("refused fresh", 32)
    sealed = seals.symmetric_seal(key, example(b"here"), text, random)

    def of(name, key, field, sealed):
        return {"name": name, "key": key.hex(), "context": field.hex(), "sealed": sealed.hex()}

    for name, bad in broken(sealed, [("salt", 32), ("commitment", 32), ("ciphertext", 40)]):
        yield of(name, key, b"here", bad)
    yield of("another key", other, b"here", sealed)
    yield of("another context", key, b"there", sealed)


def refused_symmetric_case(name, key, context, sealed):
    k, field, seal = unhex(key, context, sealed)
    opened = seals.open_symmetric(k, example(field), seal)
    given = {"name": name, "key": key, "context": context, "sealed": sealed}
    return {**given, "opens": opened is not None}


# One ciphertext and tag for two keys.


def collision_inputs():
    yield {"kind": "symmetric", "keys": [sample(f"collision key {i}", 32).hex() for i in (1, 2)]}
    recipients = [sample(f"collision recipient {i}", 32) for i in (1, 2)]
    keys = [int.from_bytes(key, "big") % Secp256k1.q for key in recipients]
    yield {"kind": "sealed box", "keys": [Secp256k1.scalar(key).hex() for key in keys]}


def collision_case(kind, keys):
    context, given = example(b"collision"), unhex(*keys)
    if kind == "symmetric":
        header = sample("collision salt", 32)
        okms = [seals.symmetric_keys(key, header, context) for key in given]
    else:
        e = int.from_bytes(sample("collision ephemeral", 32), "big") % Secp256k1.q
        recipients = [multiply(Secp256k1, int.from_bytes(key, "big"), seals.G) for key in given]
        header = Secp256k1.encode(multiply(Secp256k1, e, seals.G))
        okms = []
        for R in recipients:
            Z = Secp256k1.encode(multiply(Secp256k1, e, R))
            okms.append(seals.box_keys(Z, header, Secp256k1.encode(R), context))
    body = seals.collide([okm[:32] for okm in okms])
    sealed = [(header + okm[32:] + body).hex() for okm in okms]
    return {"kind": kind, "keys": keys, "sealed": sealed}


# Signatures.


def signature_inputs():
    secrets = [1, 3, Secp256k1.q - 1]
    secrets += [int.from_bytes(sample(f"signer {i}", 32), "big") % Secp256k1.q for i in range(5)]
    for i, d in enumerate(secrets):
        message = sample(f"message {i}", 45 * i).hex()
        for scheme in ("ecdsa-sha256", "ecdsa-keccak256", "bip340"):
            key = Secp256k1.scalar(d).hex()
            yield {"scheme": scheme, "secret_key": key, "message": message}
        seed = sample(f"seed {i}", 32)
        key = Ed25519.scalar(signatures.scalar_from_seed(seed)).hex()
        yield {"scheme": "ed25519", "secret_key": key, "message": message, "seed": seed.hex()}
    for i, d in enumerate([1, 3, P256.q - 1] + secrets[3:]):
        message = sample(f"message {i}", 45 * i).hex()
        key = P256.scalar(d % P256.q).hex()
        yield {"scheme": "ecdsa-p256-sha256", "secret_key": key, "message": message}


DIGESTS = {
    "ecdsa-sha256": lambda message: hashlib.sha256(message).digest(),
    "ecdsa-keccak256": keccak256,
    "ecdsa-p256-sha256": lambda message: hashlib.sha256(message).digest(),
}

CURVES = {"ecdsa-p256-sha256": P256, "ed25519": Ed25519}


def signature_case(scheme, secret_key, message, seed=None):
    curve = CURVES.get(scheme, Secp256k1)
    key, text = unhex(secret_key, message)
    key = curve.scalar_of(key)
    case = {"scheme": scheme}
    if seed is not None:
        assert signatures.scalar_from_seed(bytes.fromhex(seed)) == key
        case["seed"] = seed
    case["secret_key"] = secret_key
    case["public_key"] = curve.encode(multiply(curve, key, curve.G)).hex()
    case["message"] = message
    if scheme in DIGESTS:
        digest = DIGESTS[scheme](text)
        signature, recovery = signatures.ecdsa(curve, key, digest)
        return {
            **case,
            "digest": digest.hex(),
            "signature": signature.hex(),
            "recovery_id": recovery,
        }
    signed = signatures.bip340(key, text) if scheme == "bip340" else signatures.ed25519(key, text)
    return {**case, "signature": signed.hex()}


# Passphrases.


def password_inputs():
    for i, (memory, iterations, lanes) in enumerate([(8, 1, 1), (64, 3, 1), (64, 2, 4)]):
        yield {
            "password": sample(f"password {i}", 12 * i).hex(),
            "salt": sample(f"password salt {i}", 32).hex(),
            "memory_kib": memory,
            "iterations": iterations,
            "parallelism": lanes,
        }


def password_case(password, salt, memory_kib, iterations, parallelism):
    given = unhex(password, salt)
    key = passphrases.argon2id(*given, memory_kib, iterations, parallelism)
    return {
        "password": password,
        "salt": salt,
        "memory_kib": memory_kib,
        "iterations": iterations,
        "parallelism": parallelism,
        "key": key.hex(),
    }


def file_inputs():
    kinds = [(b"TKI-DEVS", "device file"), (b"TKI-PROV", "provider file"), (b"EXAMPLE.", "example")]
    for i, (known, (magic, tag)) in enumerate(zip(password_inputs(), kinds)):
        yield {
            "magic": magic.hex(),
            "tag": "tki/v1/" + tag,
            **known,
            "content": sample(f"content {i}", 16 * i).hex(),
            "fresh": sample(f"file fresh {i}", 32).hex(),
        }


def file_case(magic, tag, content, fresh, **stretching):
    stretched = password_case(**stretching)["key"]
    salt = bytes.fromhex(stretching["salt"])
    params = [stretching[name] for name in ("memory_kib", "iterations", "parallelism")]
    first, key, text, random = unhex(magic, stretched, content, fresh)
    made = passphrases.passphrase_file(first, name_of(tag), key, salt, params, text, random)
    given = {"content": content, "fresh": fresh}
    return {"magic": magic, "tag": tag, **stretching, **given, "file": made.hex()}


STRETCHING = ["password", "salt", "memory_kib", "iterations", "parallelism"]
SEALING = ["context", "plaintext", "fresh"]

# Name, what goes in, the names of that, and what works out the case.
FILES = [
    ("transcript", transcript_inputs, ["tag", "fields"], transcript_case),
    ("kdf", kdf_inputs, ["secret", "salt", "u64"], kdf_case),
    ("sealed_box", box_inputs, ["secret_key", *SEALING], box_case),
    ("symmetric", symmetric_inputs, ["key", *SEALING], symmetric_case),
    (
        "refused_box",
        refused_box_inputs,
        ["name", "secret_key", "context", "sealed"],
        refused_box_case,
    ),
    (
        "refused_symmetric",
        refused_symmetric_inputs,
        ["name", "key", "context", "sealed"],
        refused_symmetric_case,
    ),
    ("collision", collision_inputs, ["kind", "keys"], collision_case),
    ("signature", signature_inputs, ["scheme", "secret_key", "message", "seed"], signature_case),
    ("password", password_inputs, STRETCHING, password_case),
    (
        "passphrase_file",
        file_inputs,
        ["magic", "tag", *STRETCHING, "content", "fresh"],
        file_case,
    ),
]
