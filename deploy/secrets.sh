#!/bin/sh
# Prints deploy/compose.env.example with a fresh secret for every setting that is empty there. It needs no tool but sh.
set -eu
umask 077
while IFS= read -r line; do
  case $line in
    '#'*) printf '%s\n' "$line" ;;
    *_PAYLOAD_KEY=) printf '%s%s\n' "$line" "$(head -c 32 /dev/urandom | base64 | tr -d '\n')" ;;
    *=) printf '%s%s\n' "$line" "$(head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n')" ;;
    *) printf '%s\n' "$line" ;;
  esac
done <"$(dirname "$0")/compose.env.example"
