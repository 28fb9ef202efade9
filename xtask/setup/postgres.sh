#!/usr/bin/env bash
# PostgreSQL for the tests, and throw-away clusters of it. Without it those tests say that they are
# skipped.
#
#   postgres.sh              installs it, unless it is here
#   postgres.sh where        says where its programs are
#   postgres.sh start DIR    makes a cluster in DIR, starts it, and prints what to `eval`:
#                            TKI_TEST_POSTGRES (a superuser's URL, loopback with a password) and
#                            TKI_TEST_POSTGRES_CA (who signed its certificate, for `localhost`)
#   postgres.sh standby DIR PRIMARY
#                            the same, with a copy of the cluster in PRIMARY that follows it
#   postgres.sh again DIR    starts it again, at the same port
#   postgres.sh kill DIR     ends each of its processes with SIGKILL
#   postgres.sh crash DIR    ends one of them so; the server recovers, and goes on as the same
#   postgres.sh small DIR    makes DIR/small, a folder with room for 6 MiB, where one may mount
#   postgres.sh stop DIR     stops it and removes DIR
#
# Nothing of a cluster is kept, so its password is no secret.
set -euo pipefail

binaries() {
  local found
  if command -v initdb >/dev/null && command -v postgres >/dev/null; then
    dirname "$(readlink -f "$(command -v initdb)")"
    return
  fi
  # Debian keeps them out of the path, by version.
  found=$(find /usr/lib/postgresql -maxdepth 3 -path '*/bin/initdb' 2>/dev/null | sort -V | tail -1)
  [ -n "$found" ] && dirname "$found"
}

install_it() {
  if binaries >/dev/null; then
    echo "postgresql is here"
  elif [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null && apt-get update -qq &&
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql; then
    echo "postgresql is installed"
  else
    echo "postgresql cannot be installed: the tests with it are skipped"
  fi
}

# PostgreSQL refuses to run as root.
owner=()
if [ "$(id -u)" -eq 0 ]; then owner=(runuser -u postgres --); fi

certify() {
  local make=(openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30)
  "${make[@]}" -subj "/CN=tests of tki" -addext "basicConstraints=critical,CA:TRUE" \
    -keyout ca.key -out ca.pem
  "${make[@]}" -subj "/CN=localhost" -addext "basicConstraints=critical,CA:FALSE" \
    -addext "subjectAltName=DNS:localhost" -CA ca.pem -CAkey ca.key -keyout server.key -out server.pem
  chmod 600 server.key
}

make() {
  mkdir -p "$dir"
  # Folders of tests are for their owner alone, and postgres is another.
  if [ ${#owner[@]} -gt 0 ]; then chown postgres "$dir" && chmod 755 "$dir"; fi
  cd "$dir"
  "${owner[@]}" bash -c 'echo tests >password'
  "${owner[@]}" "$bin/initdb" --pgdata data --username tki --pwfile password --auth scram-sha-256 \
    --encoding UTF8 --locale C --data-checksums --no-sync >initdb.log
  {
    echo "listen_addresses = '127.0.0.1'"
    echo "unix_socket_directories = ''"
    echo "max_connections = 200"
    echo "shared_buffers = 32MB"
    echo "log_min_messages = fatal"
  } >>data/postgresql.conf
  if command -v openssl >/dev/null; then
    (certify) 2>certify.log
    if [ ${#owner[@]} -gt 0 ]; then chown postgres server.key; fi
    {
      echo "ssl = on"
      echo "ssl_cert_file = '$dir/server.pem'"
      echo "ssl_key_file = '$dir/server.key'"
    } >>data/postgresql.conf
  fi
}

copy() {
  mkdir -p "$dir"
  if [ ${#owner[@]} -gt 0 ]; then chown postgres "$dir" && chmod 755 "$dir"; fi
  cd "$dir"
  "${owner[@]}" "$bin/pg_basebackup" --write-recovery-conf --checkpoint fast --pgdata data \
    --dbname "postgres://tki:tests@127.0.0.1:$(cat "$1/port")/postgres"
}

run() {
  cd "$dir"
  "${owner[@]}" "$bin/pg_ctl" start --pgdata data --log "$dir/log" --silent --wait --timeout 60 \
    --options "-p $1" >/dev/null
}

start() {
  local attempt port
  for attempt in $(seq 20); do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    if run "$port" 2>/dev/null; then
      echo "$port" >"$dir/port"
      echo "export TKI_TEST_POSTGRES='postgres://tki:tests@127.0.0.1:$port/postgres'"
      if [ -e "$dir/ca.pem" ]; then echo "export TKI_TEST_POSTGRES_CA='$dir/ca.pem'"; fi
      return
    fi
  done
  cat "$dir/log" >&2
  echo "no cluster could be started in $attempt attempts" >&2
  exit 1
}

kill_it() {
  local main each
  main=$(head -1 "$dir/data/postmaster.pid")
  # First the one that would start others in their place.
  kill -STOP "$main"
  mapfile -t each < <(ps -o pid= --ppid "$main")
  kill -KILL "$main" ${each[@]+"${each[@]}"}
  for process in "$main" ${each[@]+"${each[@]}"}; do
    while kill -0 "$process" 2>/dev/null; do sleep 0.02; done
  done
}

crash() {
  local main victim
  main=$(head -1 "$dir/data/postmaster.pid")
  victim=$(ps -o pid= --ppid "$main" | head -1 | tr -d ' ')
  kill -KILL "$victim"
  while kill -0 "$victim" 2>/dev/null; do sleep 0.02; done
  until "$bin/pg_isready" --quiet --host 127.0.0.1 --port "$(cat "$dir/port")"; do sleep 0.05; done
}

small() {
  mkdir -p "$dir/small"
  mount -t tmpfs -o size=6m tmpfs "$dir/small"
  chown postgres "$dir/small"
}

stop() {
  if [ -e "$dir/data/postmaster.pid" ]; then
    (cd "$dir" && "${owner[@]}" "$bin/pg_ctl" stop --pgdata data --mode immediate --silent --wait) >/dev/null || true
  fi
  if mountpoint -q "$dir/small" 2>/dev/null; then umount "$dir/small"; fi
  rm -rf "$dir"
}

if [ $# -eq 0 ]; then
  install_it
  exit
fi
bin=$(binaries) || { echo "no postgresql: bash xtask/setup/postgres.sh" >&2; exit 1; }
# `where` says whether there is one.
if [ "$1" = where ]; then echo "$bin"; exit; fi
dir=$(realpath -m "$2")
case $1 in
start) make && start ;;
standby) copy "$(realpath -m "$3")" && start ;;
again) run "$(cat "$dir/port")" ;;
kill) kill_it ;;
crash) crash ;;
small) small ;;
stop) stop ;;
*) echo "what is $1?" >&2 && exit 2 ;;
esac
