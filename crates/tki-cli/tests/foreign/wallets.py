#!/usr/bin/env python3
"""Private keys as the libraries of wallets have them; shares no code with ours.

    wallets.py read FORMAT FILE PASSPHRASE     prints the private key in hexadecimal
    wallets.py write FORMAT HEX PASSPHRASE     prints a file with this key
    wallets.py tree FILE                       prints addresses below an extended key, one a line
    wallets.py address CURVE HEX               prints the address of this private key
    wallets.py chain CHAIN FILE                prints the address on a chain of a key as WIF
    wallets.py phrase PHRASE PASSPHRASE PATH   prints the private key of secp256k1 at a path
    wallets.py extended PHRASE PATH            prints the extended private key at a path
    wallets.py recover DIGEST SIGNATURE ID     prints the EVM address that signed the digest
"""

import base64
import json
import sys

import base58
from bip_utils import Bip32Slip10Secp256k1, Bip39SeedGenerator, EthAddrEncoder
from bip_utils import P2TRAddrEncoder, P2WPKHAddrEncoder, Secp256k1PrivateKey, WifDecoder, WifEncoder
from cryptography.hazmat.primitives.asymmetric import ec
from eth_account import Account
from jwcrypto import jwk
from solders.keypair import Keypair


def unpadded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def read(form, path, passphrase):
    with open(path, encoding="utf-8") as file:
        text = file.read().strip()
    if form == "wif":
        return WifDecoder.Decode(text)[0]
    if form == "keystore":
        return bytes(Account.decrypt(text, passphrase))
    if form == "solana":
        # Checks that the public half is that of the seed.
        return bytes(Keypair.from_json(text))[:32]
    if form == "base58":
        assert len(base58.b58decode(text)) == 64
        return bytes(Keypair.from_base58_string(text))[:32]
    if form == "jwk":
        key = jwk.JWK.from_json(text)
        # The library has made its own key of it, which checks the coordinates.
        key.export_to_pem(private_key=True, password=None)
        return unpadded(json.loads(key.export_private())["d"])
    raise ValueError(form)


def write(form, key, passphrase):
    if form == "wif":
        return WifEncoder.Encode(key)
    if form == "keystore":
        return json.dumps(Account.encrypt(key, passphrase, kdf="scrypt", iterations=1024))
    if form == "jwk":
        private = ec.derive_private_key(int.from_bytes(key, "big"), ec.SECP256K1())
        return jwk.JWK.from_pyca(private).export_private()
    if form == "solana":
        return Keypair.from_seed(key).to_json()
    if form == "base58":
        return str(Keypair.from_seed(key))
    raise ValueError(form)


def address(curve, key):
    return str(Keypair.from_seed(key).pubkey()) if curve == "ed25519" else Account.from_key(key).address


def on_chain(chain, path):
    with open(path, encoding="utf-8") as file:
        version = b"\xef" if chain.endswith("test") else b"\x80"
        key = WifDecoder.Decode(file.read().strip(), net_ver=version)[0]
    public = Secp256k1PrivateKey.FromBytes(key).PublicKey()
    if chain == "evm":
        return EthAddrEncoder.EncodeKey(public)
    encoder = P2TRAddrEncoder if chain == "bitcoin-taproot" else P2WPKHAddrEncoder
    return encoder.EncodeKey(public, hrp="tb" if chain.endswith("test") else "bc")


def below(phrase, passphrase, path):
    seed = Bip39SeedGenerator(phrase).Generate(passphrase)
    return Bip32Slip10Secp256k1.FromSeed(seed).DerivePath(path).PrivateKey()


def tree(path):
    with open(path, encoding="utf-8") as file:
        text = file.read().strip()
    for purpose, number, encoder, parameters in (
        (84, 0, P2WPKHAddrEncoder, {"hrp": "bc"}),
        (86, 0, P2TRAddrEncoder, {"hrp": "bc"}),
        (44, 60, EthAddrEncoder, {}),
    ):
        top = Bip32Slip10Secp256k1.FromExtendedKey(text)
        key = top.DerivePath(f"m/{purpose}'/{number}'/0'/0/1").PublicKey().KeyObject()
        print(encoder.EncodeKey(key, **parameters))


def main(arguments):
    match arguments:
        case ["read", form, path, passphrase]:
            print(read(form, path, passphrase).hex())
        case ["write", form, key, passphrase]:
            print(write(form, bytes.fromhex(key), passphrase))
        case ["tree", path]:
            tree(path)
        case ["address", curve, key]:
            print(address(curve, bytes.fromhex(key)))
        case ["chain", chain, path]:
            print(on_chain(chain, path))
        case ["phrase", phrase, passphrase, path]:
            print(below(phrase, passphrase, path).Raw().ToHex())
        case ["extended", phrase, path]:
            print(below(phrase, "", path).ToExtended())
        case ["recover", digest, signature, recovery]:
            signature = bytes.fromhex(signature)
            parts = (int(recovery) + 27, *(int.from_bytes(half, "big") for half in (signature[:32], signature[32:])))
            print(Account._recover_hash(bytes.fromhex(digest), vrs=parts))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
