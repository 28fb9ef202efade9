#!/usr/bin/env bash
# Speaks as fido2-token, fido2-cred and fido2-assert of libfido2 do, by the name it is called by:
# arguments, input, output and complaints are those of their manual pages. Its key is in the folder
# it is called from:
#
#   devices      what `fido2-token -L` prints
#   about        what `fido2-token -I` prints
#   credentials  one id (base64) a line
#   behaves      empty, or how it misbehaves
#   asked        what it was asked, one call a line
#
# Its function is SHA-256(credential id ‖ salt), in the place of the HMAC of a real key.
set -u
here=$(dirname "$0")
name=$(basename "$0")
behaves=$(cat "$here/behaves")
echo "$name $*" >>"$here/asked"

fail() {
  echo "$name: $1" >&2
  exit 1
}
# Hexadecimal digits to bytes, and bytes to their SHA-256 in hexadecimal digits.
binary() { printf "$(sed 's/../\\x&/g')"; }
digest() { sha256sum | cut -c1-64; }
# How many bytes a line of base64 stands for; what is no base64 is an input error.
bytes() { base64 -d <<<"$1" 2>/dev/null | wc -c || fail "input error"; }
device() { grep -qF "$1: vendor=" "$here/devices" || fail "fido_dev_open $1: FIDO_ERR_INTERNAL"; }
# Relying party, flags: a CBOR byte string of 37 bytes.
authenticator_data() {
  printf '5825%s%s00000001' "$(printf %s "$1" | digest)" "$2" | binary | base64 -w0
}

case $behaves in
  FIDO_ERR_*) [ "$*" = "-L" ] || [ "${1-}" = "-I" ] || fail "fido_dev_do: $behaves" ;;
  garbage)
    head -c 300 /dev/urandom
    exit 0
    ;;
  endless)
    head -c 1000000 /dev/zero
    exit 0
    ;;
  nothing) exit 0 ;;
esac
flags=05
party=
case $behaves in
  unverified) flags=01 ;;
  untouched) flags=04 ;;
  other-party) party=example.org ;;
esac

case "$name $*" in
  "fido2-token -L")
    cat "$here/devices"
    ;;
  "fido2-token -I "*)
    device "$2"
    cat "$here/about"
    ;;
  "fido2-token -L -k tki "*)
    device "$4"
    [ -s "$here/credentials" ] || fail "fido_credman_get_dev_rk: FIDO_ERR_NO_CREDENTIALS"
    number=0
    while read -r id; do
      printf '%02d: %s (null) AAAAAAAAAAAAAAAAAAAAAA== es256 uvopt\n' "$number" "$id"
      number=$((number + 1))
    done <"$here/credentials"
    ;;
  "fido2-cred -M -h -r -v "*)
    device "$5"
    read -r hash && read -r asked_party && read -r user && read -r user_id || fail "input error"
    [ "$(bytes "$hash")" = 32 ] && [ "$(bytes "$user_id")" = 16 ] && [ -n "$user" ] || fail "input error"
    id=$(head -c 48 /dev/urandom | base64 -w0)
    echo "$id" >>"$here/credentials"
    echo "$hash"
    echo "${party:-$asked_party}"
    echo packed
    authenticator_data "${party:-$asked_party}" "$flags"
    echo
    echo "$id"
    echo MEUCIQDdO5cTlwE=
    echo MIICvTCCAaU=
    ;;
  "fido2-assert -G -h -v "*)
    device "$4"
    read -r hash && read -r asked_party && read -r id && read -r salt || fail "input error"
    [ "$(bytes "$hash")" = 32 ] && [ "$(bytes "$salt")" = 32 ] || fail "input error"
    grep -qxF "$id" "$here/credentials" || fail "fido_dev_get_assert: FIDO_ERR_NO_CREDENTIALS"
    [ "$behaves" != without-output ] || fail "output error"
    [ "$behaves" != other-question ] || hash=$(head -c 32 /dev/zero | base64 -w0)
    echo "$hash"
    echo "${party:-$asked_party}"
    authenticator_data "${party:-$asked_party}" "$flags"
    echo
    echo MEUCIQDdO5cTlwE=
    output=$({ base64 -d <<<"$id"; base64 -d <<<"$salt"; } | digest | binary | base64 -w0)
    case $behaves in
      short-output) echo "AAAA" ;;
      long-output) head -c 64 /dev/zero | base64 -w0 ;;
      no-output) ;;
      more-output) printf '%s\n%s\n' "$output" "$output" ;;
      *) echo "$output" ;;
    esac
    ;;
  *)
    echo "usage: $name …" >&2
    exit 1
    ;;
esac
