#!/usr/bin/env bash
# What the tests compare with: openssl and ssh-keygen, and python3 for implementations of the specifications that
# share no code with ours; gdb, which takes the image of a process in which secrets are looked for; and
# curl, which asks a server in the operators' guide.
# Without them those tests say that they are skipped.
set -euo pipefail

missing=()
for tool in openssl python3 gdb curl; do
  command -v "$tool" >/dev/null || missing+=("$tool")
done
command -v ssh-keygen >/dev/null || missing+=(openssh-client)
if [ ${#missing[@]} -eq 0 ]; then
  echo "openssl, ssh-keygen, python3, gdb and curl are here"
elif command -v apt-get >/dev/null; then
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}"
else
  echo "install ${missing[*]} with this system's package manager" >&2
  exit 1
fi
