#!/usr/bin/env bash
# Wallet libraries of others, which read the keys that we write and write keys that we read: in an
# environment of Python's own, outside the checkout. Without them those tests say that they are skipped.
set -euo pipefail
cd /

folder="${XDG_CACHE_HOME:-$HOME/.cache}/tki/wallets"
packages=(base58==2.1.1 bip-utils==2.12.3 eth-account==0.14.0 jwcrypto==1.6.1 solders==0.29.0)
# What it was made with is noted last, so that half an environment is made again.
if [ "$(cat "$folder/packages" 2>/dev/null)" = "${packages[*]}" ]; then
  echo "the wallet libraries are here"
elif python3 -m venv --clear "$folder" && "$folder/bin/pip" install --quiet "${packages[@]}"; then
  echo "${packages[*]}" >"$folder/packages"
else
  echo "the wallet libraries cannot be installed: the tests with them are skipped"
fi
