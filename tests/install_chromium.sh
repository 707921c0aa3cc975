#!/bin/sh
# The browser test wants a real Chromium. Debian's is installed where that is possible without asking;
# elsewhere the test skips and says so.
command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing chromium for the browser test"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; } >/dev/null 2>&1 ||
    echo "chromium could not be installed: the browser test will be skipped"
else
  echo "no chromium here: the browser test will be skipped. Install it to run that test"
fi
