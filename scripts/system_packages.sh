#!/bin/sh
# Install the named Debian packages whose command or file is not there yet.
# Says what to type when it may not install.
set -u
missing=""
for name in "$@"; do
  case "$name" in
    chromium) command -v chromium >/dev/null 2>&1 || missing="$missing $name" ;;
    openjdk-17-jre-headless) command -v java >/dev/null 2>&1 || missing="$missing $name" ;;
    fonts-noto-cjk) ls /usr/share/fonts/opentype/noto/*CJK* >/dev/null 2>&1 || missing="$missing $name" ;;
    *) missing="$missing $name" ;;
  esac
done
[ -z "$missing" ] && exit 0
say="apt-get update && apt-get install -y --no-install-recommends$missing"
if ! command -v apt-get >/dev/null 2>&1; then
  echo "请自行安装 / please install:$missing" >&2
  exit 2
fi
if [ "$(id -u)" = 0 ]; then as=""; elif sudo -n true 2>/dev/null; then as="sudo -n"; else
  echo "需要管理员安装 / ask an administrator to run: $say" >&2
  exit 2
fi
export DEBIAN_FRONTEND=noninteractive
echo "安装系统包 / installing:$missing"
$as apt-get update -qq >/dev/null && $as apt-get install -y -qq --no-install-recommends $missing >/dev/null
