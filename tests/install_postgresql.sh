#!/bin/sh
# The durability tests start a PostgreSQL of their own. Debian's is installed where that is possible without
# asking; elsewhere those tests fail and say what to install.
command -v initdb >/dev/null 2>&1 && exit 0
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing PostgreSQL for the durability tests"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql; } >/dev/null 2>&1 ||
    echo "PostgreSQL could not be installed: the tests that need it will fail"
fi
