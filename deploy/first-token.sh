#!/bin/sh
# Signs the first administrator in and prints a bearer token of the role admin, for CDI_QUERY_TOKEN. Needs curl.
#
#   export CDI_QUERY_TOKEN=$(sh deploy/first-token.sh)      # reads .env; CDI_QUERY_URL names another address
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
umask 077

setting() { sed -n "s/^$1=//p" .env; }
csrf() { sed -n 's/.*name="csrf" value="\([^"]*\)".*/\1/p' | head -n 1; }
browse() { curl -fsS -c "$folder/cookies" -b "$folder/cookies" "$@"; }

url=${CDI_QUERY_URL:-http://127.0.0.1:$(setting CDI_QUERY_HTTP_PORT)}
user=$(setting CDI_QUERY_TRACKER_FIRST_ADMIN)
# The password goes by a file: arguments can be seen by everybody on the machine.
setting CDI_QUERY_TRACKER_FIRST_ADMIN_PASSWORD | tr -d '\n' >"$folder/password"
form=$(browse "$url/sign-in" | csrf)
token=$(browse -L --data-urlencode "user=$user" --data-urlencode "password@$folder/password" \
  --data-urlencode "csrf=$form" "$url/sign-in" | csrf)
browse -H "X-CSRF-Token: $token" -H 'Content-Type: application/json' \
  -d "{\"user_id\": \"$user\", \"role\": \"admin\"}" "$url/api/v1/tokens" | sed -n 's/.*"token": *"\([^"]*\)".*/\1/p'
