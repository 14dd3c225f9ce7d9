#!/bin/sh
# Creates Temporal's databases where they are missing and brings their tables to the version of
# this image's server. Safe to run again.
set -eu

schemas=/etc/temporal/schema/postgresql/v12

set_up() {
  database=$1 versions=$2
  tool() {
    temporal-sql-tool --plugin postgres12 --endpoint "$SQL_HOST" --port "$SQL_PORT" \
      --user "$SQL_USER" --password "$SQL_PASSWORD" --database "$database" "$@"
  }
  tool create-database
  # Version 0 is the table of versions itself; it fails where a later one is in place.
  tool setup-schema --version 0.0 || true
  tool update-schema --schema-dir "$schemas/$versions/versioned"
}

set_up temporal temporal
set_up temporal_visibility visibility
