#!/bin/sh
# Runs once, on an empty PostgreSQL: a database for Ostinato, owned by a user that may do nothing
# outside it.
set -eu

psql --username "$POSTGRES_USER" --set ON_ERROR_STOP=1 \
  --set password="$OSTINATO_DB_PASSWORD" <<'SQL'
CREATE ROLE ostinato LOGIN PASSWORD :'password';
CREATE DATABASE ostinato OWNER ostinato;
SQL
