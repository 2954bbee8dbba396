#!/bin/bash
# Runs once, when the data folder is new. The services never get the superuser: tables belong to cdi_owner, who may make
# the roles of tracker and notifier and is bound by row-level security like everybody else.
set -euo pipefail
: "${CDI_QUERY_OWNER_PASSWORD:?is not set}"
export PGPASSWORD="$POSTGRES_PASSWORD"
psql --no-psqlrc --quiet -v ON_ERROR_STOP=1 -v password="$CDI_QUERY_OWNER_PASSWORD" \
  -h /var/run/postgresql -U "${POSTGRES_USER:-postgres}" -d postgres <<'SQL'
CREATE ROLE cdi_owner LOGIN CREATEROLE NOSUPERUSER NOBYPASSRLS PASSWORD :'password';
CREATE DATABASE cdi_query OWNER cdi_owner;
SQL
