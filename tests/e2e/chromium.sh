#!/bin/sh
# Sees to a Chromium for the browser tests: installs Debian's or Ubuntu's where it may, else says what to do.
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null 2>&1 && exit 0
done
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
  echo "Installing Chromium for the browser tests"
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } >/dev/null && exit 0
fi
echo "No Chromium found: the browser tests will be skipped. To run them: sudo apt install chromium"
