#!/usr/bin/env python3
"""Reads what tki-metadata stores, after docs/spec/metadata.md, docs/spec/bundle.md,
docs/spec/keys.md, docs/spec/invite.md and docs/spec/history.md alone.

It shares no code with the crate and uses nothing but Python's standard library.

    reader.py document|mailbox|notice|package FILE    prints every field
    reader.py bundle FILE                             prints every field; signatures are not checked
    reader.py sealed-document FILE                    opens it with the key in FILE's .key first
    reader.py keys                                    prints the test vectors of the derivations
    reader.py joining                                 prints those of docs/spec/invite.md
    reader.py history                                 prints those of docs/spec/history.md
"""

import hashlib
import hmac
import pathlib
import struct
import sys

sys.stdout.reconfigure(encoding="utf-8", newline="\n")


# Transcripts, hashes and key derivation (docs/spec/transcript.md, docs/spec/seal.md).

def transcript(tag, *fields):
    """Bytes are byte strings, ("u64", n) and ("u128", n) numbers, booleans flags, lists lists."""
    tag = ("tki/v1/" + tag).encode()
    out = struct.pack("<Q", len(tag)) + tag
    for field in fields:
        if isinstance(field, bytes):
            kind, body = 1, field
        elif isinstance(field, bool):
            kind, body = 4, bytes([field])
        elif isinstance(field, list):
            kind = 5
            body = struct.pack("<Q", len(field))
            body += b"".join(struct.pack("<Q", len(item)) + item for item in field)
        else:
            name, number = field
            kind, size = {"u64": (2, 8), "u128": (3, 16)}[name]
            body = number.to_bytes(size, "little")
        out += bytes([kind]) + struct.pack("<Q", len(body)) + body
    return out


def sha3(data):
    return hashlib.sha3_256(data).digest()


def hkdf(secret, salt, info, size):
    key = hmac.new(salt or bytes(32), secret, hashlib.sha3_256).digest()
    out, block, counter = b"", b"", 1
    while len(out) < size:
        block = hmac.new(key, block + info + bytes([counter]), hashlib.sha3_256).digest()
        out, counter = out + block, counter + 1
    return out[:size]


def u64(number):
    return ("u64", number)


def derived_scalar(secret, salt, tag, *fields):
    counter = 0
    while True:
        info = transcript(tag, *fields, u64(counter))
        scalar = int.from_bytes(hkdf(secret, salt, info, 48), "big") % ORDER
        if scalar:
            return scalar
        counter += 1


# secp256k1, enough for public keys. Not constant time.

PRIME = 2**256 - 2**32 - 977
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
GENERATOR = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)


def add(left, right):
    if left is None:
        return right
    if right is None:
        return left
    if left[0] == right[0]:
        if left[1] != right[1]:
            return None
        slope = 3 * left[0] * left[0] * pow(2 * left[1], -1, PRIME)
    else:
        slope = (right[1] - left[1]) * pow(right[0] - left[0], -1, PRIME)
    x = (slope * slope - left[0] - right[0]) % PRIME
    return x, (slope * (left[0] - x) - left[1]) % PRIME


def public_point(scalar):
    result, power = None, GENERATOR
    while scalar:
        if scalar & 1:
            result = add(result, power)
        power, scalar = add(power, power), scalar >> 1
    return result


def box_public_key(scalar):
    x, y = public_point(scalar)
    return bytes([2 + y % 2]) + x.to_bytes(32, "big")


def bip340_public_key(scalar):
    return public_point(scalar)[0].to_bytes(32, "big")


# ChaCha20-Poly1305 (RFC 8439) with a nonce of zeros and no associated data.

def chacha_block(key, counter):
    def rotate(word, bits):
        return ((word << bits) | (word >> (32 - bits))) & 0xFFFFFFFF

    state = list(struct.unpack("<4I", b"expand 32-byte k")) + list(struct.unpack("<8I", key))
    state += [counter, 0, 0, 0]
    words = state[:]
    for _ in range(10):
        for a, b, c, d in (
            (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
            (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
        ):
            for x, y, z, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
                words[x] = (words[x] + words[y]) & 0xFFFFFFFF
                words[z] = rotate(words[z] ^ words[x], bits)
    return struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(words, state)))


def aead_open(key, sealed):
    ciphertext, tag = sealed[:-16], sealed[-16:]
    one_time = chacha_block(key, 0)
    r = int.from_bytes(one_time[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    padded = ciphertext + bytes(-len(ciphertext) % 16)
    padded += struct.pack("<QQ", 0, len(ciphertext))
    accumulator = 0
    for start in range(0, len(padded), 16):
        block = int.from_bytes(padded[start:start + 16] + b"\x01", "little")
        accumulator = (accumulator + block) * r % (2**130 - 5)
    expected = (accumulator + int.from_bytes(one_time[16:32], "little")) % 2**128
    if expected.to_bytes(16, "little") != tag:
        raise ValueError("the sealed bytes do not open")
    stream = b"".join(
        chacha_block(key, 1 + block) for block in range((len(ciphertext) + 63) // 64)
    )
    return bytes(a ^ b for a, b in zip(ciphertext, stream))


def symmetric_open(key, context, sealed):
    salt, commitment, rest = sealed[:32], sealed[32:64], sealed[64:]
    okm = hkdf(key, salt, transcript("symmetric seal", context), 64)
    if okm[32:] != commitment:
        raise ValueError("the sealed bytes do not open")
    return aead_open(okm[:32], rest)


# Stored forms (docs/spec/metadata.md).

class Reader:
    def __init__(self, data):
        self.data, self.position, self.lines = data, 0, []

    def take(self, size):
        part = self.data[self.position:self.position + size]
        if len(part) != size:
            raise ValueError("cut off")
        self.position += size
        return part

    def number(self, size):
        return int.from_bytes(self.take(size), "little")

    def string(self):
        return self.take(self.number(8))

    def flag(self):
        value = self.number(1)
        if value > 1:
            raise ValueError("neither 0 nor 1")
        return bool(value)

    def optional(self, read):
        return read() if self.flag() else None

    def items(self, read):
        return [read(position) for position in range(self.number(8))]

    def line(self, name, value):
        if isinstance(value, bool):
            value = "true" if value else "false"
        elif isinstance(value, bytes):
            value = value.hex()
        elif value is None:
            value = "none"
        self.lines.append(f"{name} = {value}")

    def extensions(self, name):
        found = self.items(lambda _: (self.number(2), self.string()))
        tags = [tag for tag, _ in found]
        if tags != sorted(set(tags)) or any(tag & 0x8000 for tag in tags):
            raise ValueError("extensions out of order, or one that must be understood")
        self.line(f"{name}.count", len(found))
        for tag, value in found:
            self.line(f"{name}.{tag:#06x}", value)
        return found

    def begin(self):
        version = self.number(1)
        if version != 1:
            raise ValueError(f"version {version} is not known")

    def end(self):
        if self.position != len(self.data):
            raise ValueError("more bytes than there should be")
        return "\n".join(self.lines) + "\n"


def hashed_extensions(found):
    fields = [u64(len(found))]
    for tag, value in found:
        fields += [u64(tag), value]
    return fields


def key(reader, name):
    verifying_key = reader.string()
    reader.line(f"{name}.verifying_key", verifying_key)
    commitments = reader.items(lambda _: reader.string())
    reader.line(f"{name}.commitments.count", len(commitments))
    for position, commitment in enumerate(commitments):
        reader.line(f"{name}.commitments.{position}", commitment)
    seed = reader.optional(reader.string)
    reader.line(f"{name}.sealed_seed", seed)
    extensions = reader.extensions(f"{name}.extensions")
    hashed = [verifying_key, commitments, [] if seed is None else [seed]]
    return hashed + hashed_extensions(extensions)


def holder(reader, name):
    identifiers = reader.items(lambda _: reader.number(16))
    reader.line(f"{name}.identifiers.count", len(identifiers))
    for position, identifier in enumerate(identifiers):
        reader.line(f"{name}.identifiers.{position}", identifier)
    hashed = [[identifier.to_bytes(16, "little") for identifier in identifiers]]
    for field, read in (
        ("kind", lambda: reader.number(2)),
        ("label", lambda: reader.string().decode("utf-8")),
        ("added", lambda: reader.number(8)),
        ("box_key", reader.string),
        ("mailbox", lambda: reader.take(32)),
        ("offline", reader.flag),
    ):
        value = read()
        reader.line(f"{name}.{field}", value)
        if isinstance(value, str):
            hashed.append(value.encode("utf-8"))
        elif isinstance(value, (bytes, bool)):
            hashed.append(value)
        else:
            hashed.append(u64(value))
    return hashed + hashed_extensions(reader.extensions(f"{name}.extensions"))


def gate(reader):
    threshold, count = reader.number(2), reader.number(2)
    if not 1 <= threshold <= count:
        raise ValueError("a gate that cannot be satisfied")
    members = []
    for _ in range(count):
        is_gate, identifier = reader.flag(), reader.number(16)
        members.append(f"{identifier}: {gate(reader)}" if is_gate else str(identifier))
    return f"{threshold} of ({', '.join(members)})"


def arrangement(reader):
    threshold, count = reader.number(2), reader.number(2)
    members = []
    for _ in range(count):
        members.append(arrangement(reader) if reader.flag() else str(reader.number(16)))
    written = []
    for position, member in enumerate(members):
        if member.isdigit() and position and members[position - 1] == member:
            name, _, weight = written[-1].partition("*")
            written[-1] = f"{name}*{int(weight or 1) + 1}"
        else:
            written.append(member)
    name = "any" if threshold == 1 else "all" if threshold == count else f"{threshold} of "
    return f"{name}({', '.join(written)})"


def core(reader):
    hashed = []
    for field, size, is_bytes in (
        ("account", 32, True),
        ("version", 8, False),
        ("operation", 16, True),
        ("curve", 1, False),
        ("origin", 1, False),
    ):
        value = reader.take(size) if is_bytes else reader.number(size)
        reader.line(f"core.{field}", value)
        hashed.append(value if is_bytes else u64(value))
    first_verifying_key = reader.string()
    reader.line("core.first_verifying_key", first_verifying_key)
    hashed.append(first_verifying_key)
    count = reader.number(8)
    reader.line("core.keys.count", count)
    hashed.append(u64(count))
    for position in range(count):
        hashed += key(reader, f"core.keys.{position}")
    epoch = reader.number(8)
    reader.line("core.epoch", epoch)
    kind, body = reader.number(2), reader.string()
    if kind == 1 and len(body) == 2:
        reader.line("core.structure.threshold", int.from_bytes(body, "little"))
    elif kind == 2:
        inner = Reader(body)
        reader.line("core.structure.gate", gate(inner))
        inner.end()
    else:
        raise ValueError(f"access structure {kind} is not known")
    hashed += [u64(epoch), u64(kind), body]
    count = reader.number(8)
    reader.line("core.holders.count", count)
    hashed.append(u64(count))
    for position in range(count):
        hashed += holder(reader, f"core.holders.{position}")
    next_identifier = reader.number(16)
    reader.line("core.next_identifier", next_identifier)
    hashed.append(("u128", next_identifier))
    history = reader.items(lambda _: (reader.number(8), reader.take(32)))
    reader.line("core.history.count", len(history))
    hashed.append(u64(len(history)))
    for version, digest in history:
        reader.line(f"core.history.{version}", digest)
        hashed += [u64(version), digest]
    hashed += hashed_extensions(reader.extensions("core.settings"))
    hashed += hashed_extensions(reader.extensions("core.extensions"))
    reader.line("core.hash", sha3(transcript("core hash", *hashed)))


def document(reader):
    core(reader)
    hashes = reader.items(lambda _: reader.take(32))
    reader.line("mailbox_hashes.count", len(hashes))
    for position, digest in enumerate(hashes):
        reader.line(f"mailbox_hashes.{position}", digest)
    reader.extensions("extensions")


def mailbox(reader):
    reader.line("account", reader.take(32))
    reader.line("account_secret", reader.take(32))
    reader.line("version", reader.number(8))
    reader.line("core_hash", reader.take(32))
    count = reader.number(8)
    reader.line("keys.count", count)
    for position in range(count):
        reader.line(f"keys.{position}.verifying_key", reader.string())
        shares = reader.items(lambda _: (reader.number(16), reader.take(32)))
        reader.line(f"keys.{position}.shares.count", len(shares))
        for identifier, value in shares:
            reader.line(f"keys.{position}.shares.{identifier}", value)
        reader.extensions(f"keys.{position}.extensions")
    reader.line("epoch", reader.number(8))
    reader.line("control_salt", reader.take(32))
    reader.line("document_key", reader.take(32))
    reader.extensions("extensions")


def notice(reader):
    reader.line("account", reader.take(32))
    reader.line("version", reader.number(8))
    reader.line("removed", reader.number(8))
    reader.extensions("extensions")


def mailbox_copy(reader, name):
    reader.line(f"{name}.address", reader.take(32))
    reader.line(f"{name}.sealed", reader.string())


def step(reader):
    kind, body = reader.number(2), reader.string()
    if kind == 1:
        return f"create curve {body[0]}"
    if kind == 2:
        offline = {0: "false", 1: "true"}[body[2]]
        label = body[3:].decode("utf-8")
        return f"add kind {int.from_bytes(body[:2], 'little')} offline {offline} label {label}"
    if kind == 3:
        return f"remove {int.from_bytes(body, 'little')}"
    if kind == 4:
        return f"threshold {int.from_bytes(body, 'little')}"
    if kind == 5 and not body:
        return "refresh"
    if kind == 6:
        return f"import curve {body[0]} key {body[1:].hex()}"
    if kind == 7:
        return f"rename {int.from_bytes(body[:16], 'little')} label {body[16:].decode('utf-8')}"
    if kind == 8 and len(body) == 16:
        return f"renew {int.from_bytes(body, 'little')}"
    if kind == 9:
        inner = Reader(body)
        text = f"structure {arrangement(inner)}"
        inner.end()
        return text
    if kind in (10, 11, 12) and not body:
        return {10: "rotate", 11: "confirm rotation", 12: "cancel rotation"}[kind]
    raise ValueError(f"step {kind} is not known")


def membership(reader):
    reader.line("membership.slot", reader.number(4))
    document(reader)
    mailbox_copy(reader, "membership.mailbox")
    count = reader.number(8)
    reader.line("membership.offline_mailboxes.count", count)
    for position in range(count):
        mailbox_copy(reader, f"membership.offline_mailboxes.{position}")
    reader.line("membership.seen.epoch", reader.number(8))
    reader.line("membership.seen.version", reader.number(8))
    reader.line("membership.seen.hash", reader.take(32))
    reader.extensions("membership.extensions")


def pending(reader):
    reader.line("pending.operation", reader.take(16))
    reader.line("pending.base_version", reader.optional(lambda: reader.number(8)))
    reader.line("pending.document", reader.optional(lambda: reader.take(32)))
    reader.line("pending.document_hash", reader.take(32))
    steps = reader.items(lambda _: step(reader))
    reader.line("pending.steps.count", len(steps))
    for position, text in enumerate(steps):
        reader.line(f"pending.steps.{position}", text)
    count = reader.number(8)
    reader.line("pending.seeds.count", count)
    for position in range(count):
        reader.line(f"pending.seeds.{position}.kind", reader.number(2))
        reader.line(f"pending.seeds.{position}.slot", reader.number(4))
        reader.line(f"pending.seeds.{position}.seed", reader.take(32))
    reader.line("pending.recovery_hash", reader.optional(lambda: reader.take(32)))
    reader.extensions("pending.extensions")


def package(reader):
    reader.line("opening_seed", reader.take(32))
    for name, read in (("membership", membership), ("pending", pending)):
        if reader.flag():
            read(reader)
        else:
            reader.line(name, None)
    reader.extensions("package.extensions")


def record(reader, name):
    reader.begin()
    claim = [("claim.kind", 1), ("claim.slot", 4)]
    claim = [(field, reader.number(size)) for field, size in claim]
    for field, size in ("key", 32), ("first_writer", 32), ("binding", 32), ("signature", 64):
        claim.append((f"claim.{field}", reader.take(size)))
    values = dict(claim)
    found = address(values["claim.kind"], values["claim.slot"], values["claim.key"])
    reader.line(f"{name}.address", found)
    for field, value in claim:
        reader.line(f"{name}.{field}", value)
    reader.line(f"{name}.version", reader.number(8))
    reader.line(f"{name}.closed", reader.flag())
    body_hash = reader.take(32)
    count = reader.number(4)
    reader.line(f"{name}.hand_overs.count", count)
    for position in range(count):
        reader.line(f"{name}.hand_overs.{position}.version", reader.number(8))
        reader.line(f"{name}.hand_overs.{position}.next", reader.take(32))
        reader.line(f"{name}.hand_overs.{position}.signature", reader.take(64))
    reader.line(f"{name}.signature", reader.take(64))
    body = reader.take(reader.number(4))
    if sha3(transcript("record body", body)) != body_hash:
        raise ValueError("a record has another body than its header says")
    reader.line(f"{name}.body", body)
    return values["claim.kind"], found


def bundle(reader):
    count = reader.number(8)
    reader.line("records.count", count)
    order = []
    for position in range(count):
        inner = Reader(reader.string())
        order.append(record(inner, f"records.{position}"))
        inner.end()
        reader.lines += inner.lines
    kinds = [kind for kind, _ in order]
    if order != sorted(set(order)) or kinds.count(1) != 1:
        raise ValueError("not one document and mailboxes in order")
    reader.extensions("extensions")


STORED = {"document": document, "mailbox": mailbox, "notice": notice, "package": package}
STORED["bundle"] = bundle


def unseal_document(path, sealed):
    lines = path.with_suffix(".key").read_text().splitlines()
    values = {name: bytes.fromhex(value) for name, value in (line.split(" = ") for line in lines)}
    context = transcript("document", values["address"])
    return symmetric_open(values["document_key"], context, sealed)


# Derivations (docs/spec/keys.md).

def address(kind, slot, claim_key):
    return sha3(transcript("address", u64(kind), u64(slot), claim_key))


def keys():
    lines = []

    def line(name, value):
        lines.append(f"{name} = {value.hex()}")

    seed = bytes([0x11]) * 32
    line("opening_seed", seed)
    line("box_key", box_public_key(derived_scalar(seed, b"", "box key")))
    for slot in (0, 1, 2**32 - 1):
        claim = bip340_public_key(derived_scalar(seed, b"", "claim key", u64(slot)))
        line(f"claim_key.{slot}", claim)
        line(f"mailbox_address.{slot}", address(2, 0, claim))
    secret = bytes([0xA5]) * 32
    line("account_secret", secret)
    claim = bip340_public_key(derived_scalar(secret, b"", "document claim key"))
    line("document_claim_key", claim)
    line("document_address", address(1, 0, claim))
    account, verifying_key = bytes([0xAC]) * 32, bytes([2]) * 33
    line("account", account)
    line("verifying_key", verifying_key)
    line("chain_code", hkdf(secret, b"", transcript("chain code"), 32))
    binding_key = sha3(transcript("binding key", account, verifying_key, secret))
    line("binding_key", binding_key)
    for byte in (0, 0xFF):
        line(f"binding.{byte}", sha3(transcript("claim binding", binding_key, bytes([byte]) * 32)))
    scalar, salt = bytes([0x77]) * 32, bytes([0xC5]) * 32
    line("secret", scalar)
    line("control_salt", salt)
    control = hkdf(scalar, salt, transcript("control key"), 32)
    for byte in (0, 0xFF):
        writer = derived_scalar(control, b"", "writer key", bytes([byte]) * 32)
        line(f"writer.{byte}", bip340_public_key(writer))
    for name in ("", "mail"):
        info = name.encode()
        scalar_of_app = derived_scalar(scalar, account, "app key", info)
        line(f"app_scalar.{name}", scalar_of_app.to_bytes(32, "big"))
        line(f"app_seed.{name}", hkdf(scalar, account, transcript("app key", info), 32))
    return "\n".join(lines) + "\n"


# Joining and help (docs/spec/invite.md).

def tagged_hash(tag, *parts):
    tag = hashlib.sha256(tag.encode()).digest()
    return hashlib.sha256(tag + tag + b"".join(parts)).digest()


def bip340_sign(secret, message):
    """BIP-340 with auxiliary randomness of zeros."""
    point = public_point(secret)
    if point[1] % 2:
        secret = ORDER - secret
    x = point[0].to_bytes(32, "big")
    mask = int.from_bytes(tagged_hash("BIP0340/aux", bytes(32)), "big")
    masked = (secret ^ mask).to_bytes(32, "big")
    nonce = int.from_bytes(tagged_hash("BIP0340/nonce", masked, x, message), "big") % ORDER
    commitment = public_point(nonce)
    if commitment[1] % 2:
        nonce = ORDER - nonce
    r = commitment[0].to_bytes(32, "big")
    challenge = int.from_bytes(tagged_hash("BIP0340/challenge", r, x, message), "big")
    return r + ((nonce + challenge * secret) % ORDER).to_bytes(32, "big")


def string(value):
    return struct.pack("<Q", len(value)) + value


def digits(hashed, count):
    return str(int.from_bytes(hashed[:16], "little") % 10**count).rjust(count, "0")


def joining():
    lines = []

    def line(name, value):
        lines.append(f"{name} = {value if isinstance(value, str) else value.hex()}")

    no_extensions, one_extension = u64(0), struct.pack("<QHQ", 1, 9, 4) + b"nine"
    seed, nonce_a, invite_secret, nonce_b, binding, help_secret = (
        bytes([byte]) * 32 for byte in (0x11, 0x22, 0x33, 0x4B, 0x5B, 0x66)
    )
    box_key = box_public_key(derived_scalar(seed, b"", "box key"))
    claim_secret = derived_scalar(seed, b"", "claim key", u64(0))
    claim_key = bip340_public_key(claim_secret)
    place = address(2, 0, claim_key)
    commitment = sha3(transcript("join commitment", box_key, claim_key, nonce_a))
    line("commitment", commitment)
    label = "phone, grün".encode()
    request_hash = sha3(transcript(
        "join request", u64(6), label, place, commitment, u64(1), u64(9), b"nine"))
    line("request.hash", request_hash)
    request = b"\x01" + struct.pack("<H", 6) + string(label) + place + commitment + one_extension
    line("request", b"\x01" + request)

    writer = bip340_public_key(derived_scalar(invite_secret, b"", "join writer", place))
    account, expires = "savings, 2º".encode(), 1_800_000_000
    invite_hash = sha3(transcript(
        "join invite", request_hash, writer, binding, nonce_b, account, u64(expires),
        no_extensions))
    line("invite.hash", invite_hash)
    invite = b"\x02" + request_hash + writer + binding + nonce_b + string(account)
    invite += struct.pack("<QQ", expires, 0)
    line("invite", b"\x01" + invite)

    signature = bip340_sign(claim_secret, sha3(transcript("claim", place, writer, binding)))
    reply = b"\x01\x03" + invite_hash + string(box_key) + claim_key + nonce_a + signature
    line("reply", reply)
    code = sha3(transcript("join code", invite_hash, box_key, claim_key, nonce_a))
    line("join.code", digits(code, 6))

    kept = b"\x01" + struct.pack("<H", 6) + string(label) + seed + nonce_a
    line("kept.join", kept + b"\x01" + invite + one_extension + bytes(8))
    line("kept.invite", b"\x01" + request + invite + invite_secret + bytes(8))

    one_time = box_public_key(derived_scalar(help_secret, b"", "help key"))
    asks = "me".encode()
    help_hash = sha3(transcript(
        "help request", one_time, asks, u64(expires + 1), no_extensions))
    line("help.hash", help_hash)
    help_request = b"\x04" + string(one_time) + string(asks) + struct.pack("<QQ", expires + 1, 0)
    line("help.request", b"\x01" + help_request)
    line("help.code", digits(sha3(transcript("help code", help_hash)), 24))
    line("help.answer", b"\x01\x05" + help_hash + string(b"sealed") + bytes(8))
    line("kept.help", b"\x01" + help_secret + help_request + bytes(8))
    return "\n".join(lines) + "\n"


# Events and receipts (docs/spec/history.md).

def history():
    lines = []

    def line(name, value):
        lines.append(f"{name} = {value.hex()}")

    account, number, version, epoch, time = bytes([0xAC]) * 32, 0, 1, 0, 1_700_000_001
    operation, previous = bytes([0x0B]) * 16, bytes(32)
    secret = 0x21 << 128

    def name_fields(names):
        fields = [u64(len(names))]
        for identifier, kind, label in names:
            fields += [("u128", identifier), u64(kind), label.encode()]
        return fields

    def name_list(names):
        out = struct.pack("<Q", len(names))
        for identifier, kind, label in names:
            out += identifier.to_bytes(16, "little") + struct.pack("<H", kind)
            out += string(label.encode())
        return out

    paper = (4).to_bytes(16, "little") + struct.pack("<H", 3) + "paper, grün".encode()
    gone = (3).to_bytes(16, "little") + struct.pack("<H", 0x1234)
    changes = [
        (1, b""),
        (3, paper),
        (4, gone),
        (5, bytes([6]) + b"papier" + paper),
        (8, struct.pack("<H", 1) + struct.pack("<H", 2)),
        (9, b""),
    ]
    change_fields = [u64(len(changes))]
    for kind, body in changes:
        change_fields += [u64(kind), body]
    change_list = struct.pack("<Q", len(changes))
    change_list += b"".join(struct.pack("<H", kind) + string(body) for kind, body in changes)

    # Section 5.
    retention = b"a file, of which there may be snapshots"
    about, others = [(3, 1, "laptop")], [(1, 1, ""), (2, 2, "x")]
    facts = sha3(transcript(
        "receipt", *change_fields, False, u64(1), u64(2), retention,
        u64(2),
        u64(8), *name_fields(about), *name_fields(others), [struct.pack("<I", 1)],
        u64(4), *name_fields([]), *name_fields([]), [],
        u64(1), u64(6), b"six"))
    line("facts", facts)

    # Sections 2 and 3.
    by = [(1, 1, "laptop"), (2, 2, "")]
    hashed = sha3(transcript(
        "event hash", u64(number), u64(version), u64(epoch), u64(time), operation, previous,
        *name_fields(by), u64(0), *change_fields, facts, u64(0)))
    line("hash", hashed)
    key = box_public_key(secret)
    line("verifying_key", key)
    message = transcript("event", account, u64(1), key, hashed)
    line("message", message)
    offset = derived_scalar(sha3(transcript("event key", u64(1), key)), b"", "event key")
    event_secret = (secret + offset) % ORDER
    line("event_key", box_public_key(event_secret))
    signature = bip340_sign(event_secret, message)
    line("signature", signature)

    # Section 7.
    event = struct.pack("<QQQQ", number, version, epoch, time) + operation + previous
    event += name_list(by) + struct.pack("<I", 0) + change_list + facts + signature
    event += bytes([0]) + bytes(8)
    line("log", b"\x01" + struct.pack("<Q", 1) + event + bytes(8))
    stored = change_list + bytes([0]) + struct.pack("<I", 1) + bytes([2]) + string(retention)
    stored += struct.pack("<Q", 2)
    stored += struct.pack("<H", 8) + name_list(about) + name_list(others)
    stored += struct.pack("<QI", 1, 1)
    stored += struct.pack("<H", 4) + name_list([]) + name_list([]) + struct.pack("<Q", 0)
    stored += struct.pack("<QHQ", 1, 6, 3) + b"six"
    line("receipt", b"\x01" + account + bytes([1]) + string(key) + event + stored + bytes(8))
    line("by", b"\x01" + name_list(by))
    return "\n".join(lines) + "\n"


def main(arguments):
    vectors = {"keys": keys, "joining": joining, "history": history}
    if len(arguments) == 1 and arguments[0] in vectors:
        sys.stdout.write(vectors[arguments[0]]())
        return
    kind, path = arguments[0], pathlib.Path(arguments[1])
    data = path.read_bytes()
    if kind == "sealed-document":
        kind, data = "document", unseal_document(path, data)
    reader = Reader(data)
    if kind == "bundle" and reader.take(8) != b"TKI-BNDL":
        raise ValueError("not a bundle")
    reader.begin()
    STORED[kind](reader)
    sys.stdout.write(reader.end())


if __name__ == "__main__":
    main(sys.argv[1:])
