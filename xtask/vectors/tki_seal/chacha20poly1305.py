"""ChaCha20-Poly1305, RFC 8439, with a nonce of zeros and no associated data."""

from tki_seal.transcript import le64


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


def aead_open(key, sealed):
    """The plaintext; None when the tag is wrong."""
    plaintext = chacha20(key, bytes(12), sealed[:-16])
    return plaintext if aead(key, plaintext) == sealed else None
