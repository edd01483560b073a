#!/bin/sh
# Install Chromium and a Japanese font where they are missing, this is Debian and we are root; otherwise do nothing.
set -eu
command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] || exit 0

missing=""
command -v chromium >/dev/null || missing="chromium"
fc-list 2>/dev/null | grep -q 'IPA\|Noto Sans CJK' || missing="$missing fonts-ipafont"
[ -n "$missing" ] || exit 0

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # several packages
apt-get install -y -qq --no-install-recommends $missing >/dev/null
