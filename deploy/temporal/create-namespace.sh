#!/bin/sh
# Creates the namespace and Ostinato's search attributes. Safe to run again.
# MAINTENANCE: the attributes are those of common/names.ts.
set -eu

# Tries a command every two seconds for a minute.
until_it_works() {
  attempts=30
  until "$@"; do
    attempts=$((attempts - 1))
    if [ "$attempts" -eq 0 ]; then
      echo "Gave up on: $*" >&2
      exit 1
    fi
    sleep 2
  done
}

until_it_works temporal operator cluster health

temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 72h

# The server takes some seconds to know a new namespace everywhere.
until_it_works temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" \
  --name OstinatoTenant --type Keyword \
  --name OstinatoAgent --type Keyword \
  --name OstinatoStatus --type Keyword \
  --name OstinatoModel --type Keyword \
  --name OstinatoCostUsd --type Double
