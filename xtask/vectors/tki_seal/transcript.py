"""docs/spec/transcript.md: what is hashed, signed or given to a key derivation."""

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
