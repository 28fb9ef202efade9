#!/usr/bin/env bash
# What reads paper for the tests: a reader of QR codes and the SLIP-39 program of its authors, in an
# environment of Python's own, outside the checkout; and age, to which a factor's file can be
# encrypted. Without them those tests say that they are skipped.
set -euo pipefail
cd /

folder="${XDG_CACHE_HOME:-$HOME/.cache}/tki/paper"
packages=(numpy==2.4.6 pillow==13.0.0 shamir-mnemonic==0.3.0 zxing-cpp==3.1.1)
# What it was made with is noted last, so that half an environment is made again.
if [ "$(cat "$folder/packages" 2>/dev/null)" = "${packages[*]}" ]; then
  echo "the readers of paper are here"
elif python3 -m venv --clear "$folder" && "$folder/bin/pip" install --quiet "${packages[@]}"; then
  echo "${packages[*]}" >"$folder/packages"
else
  echo "the readers of paper cannot be installed: the tests with them are skipped"
fi

if command -v age >/dev/null && command -v age-keygen >/dev/null; then
  echo "age is here"
elif command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq --no-install-recommends age; then
  echo "age is installed"
else
  echo "age cannot be installed: the tests with it are skipped"
fi
