#!/usr/bin/env bash
# What asks the server everything that its description allows, and much that it does not, in an
# environment of Python's own, outside the checkout. Without it that step says that it is skipped.
set -euo pipefail
cd /

folder="${XDG_CACHE_HOME:-$HOME/.cache}/tki/schemathesis"
packages=(schemathesis==4.32.5)
# What it was made with is noted last, so that half an environment is made again.
if [ "$(cat "$folder/packages" 2>/dev/null)" = "${packages[*]}" ]; then
  echo "schemathesis is here"
elif python3 -m venv --clear "$folder" && "$folder/bin/pip" install --quiet "${packages[@]}"; then
  echo "${packages[*]}" >"$folder/packages"
else
  echo "schemathesis cannot be installed: the server is not asked by it"
fi
