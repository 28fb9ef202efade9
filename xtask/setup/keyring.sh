#!/usr/bin/env bash
# A keyring for the tests of device packages that are sealed under one: a session bus and GNOME's
# keyring. Without them, or without the right to install them, those tests say that they are skipped.
set -euo pipefail

missing=()
command -v dbus-run-session >/dev/null || missing+=(dbus)
command -v gnome-keyring-daemon >/dev/null || missing+=(gnome-keyring)
if [ "$(uname)" != Linux ]; then
  echo "the keyring is tested on Linux alone"
elif [ ${#missing[@]} -eq 0 ]; then
  echo "dbus and gnome-keyring are here"
elif [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } ||
    echo "${missing[*]} cannot be installed: those tests are skipped"
else
  echo "no keyring to test with: install ${missing[*]} with this system's package manager"
fi
