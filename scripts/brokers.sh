#!/bin/sh
# Install mosquitto and nats-server where they are missing, this is Debian and we are root; otherwise do nothing.
set -eu
command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] || exit 0

missing=""
command -v mosquitto >/dev/null || [ -x /usr/sbin/mosquitto ] || missing="mosquitto"
command -v nats-server >/dev/null || [ -x /usr/sbin/nats-server ] || missing="$missing nats-server"
[ -n "$missing" ] || exit 0

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # several packages
apt-get install -y -qq --no-install-recommends $missing >/dev/null
