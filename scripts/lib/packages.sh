# SPDX-License-Identifier: Apache-2.0
# Debian 12 packages, once. Sourced by the scripts; `install_packages LIST...` installs what is missing.

BUILD_PACKAGES="gcc g++ cmake ninja-build pkg-config libc6-dev liblmdb-dev libxxhash-dev libjansson-dev
 libicu-dev libsodium-dev libyaml-dev zlib1g-dev libzstd-dev libsimdjson-dev
 librdkafka-dev libuv1-dev libmicrohttpd-dev libcurl4-openssl-dev"
TEST_PACKAGES="git libcmocka-dev clang clang-tidy clang-format libclang-rt-14-dev python3 python3-jsonschema
 python3-yaml zstd gzip xz-utils mandoc
 kcat maven default-jdk-headless openssl systemd"
# Of the reference trainer (scripts/retrain) and its tests, which skip without it: 170 MB to fetch, 700 MB
# on disk, two minutes. OpenBLAS: the reference BLAS that python3-torch comes with is three times slower.
RETRAIN_PACKAGES="python3 python3-torch python3-numpy python3-yaml libopenblas0-pthread"

missing_packages() {
	for package in "$@"; do
		dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' ||
			echo "$package"
	done
}

install_packages() {
	missing=$(missing_packages "$@")
	[ -n "$missing" ] || return 0
	echo "installing: $(echo $missing)"
	as_root=
	[ "$(id -u)" = 0 ] || as_root=sudo
	if [ -n "$as_root" ] && ! command -v sudo >/dev/null; then
		echo "error: not root and no sudo; run as root: apt-get install $(echo $missing)" >&2
		return 77
	fi
	$as_root apt-get update -qq
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
		$missing >/dev/null
}

# ccache halves a second build; nothing needs it.
launcher_options() {
	! command -v ccache >/dev/null ||
		echo "-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache"
}
