#!/usr/bin/env bash
# Tries the jail on cgroup version 2, which few build machines have: in a machine of its own (qemu, without any network
# device) that boots Debian's kernel and systemd on this machine's files, read-only. Leaves nothing behind.
#   eng/cgroup2.sh [units|attacks|e2e|services]…     all of them unless told
# As root on Debian 12. Installs qemu, busybox and systemd by apt where they are missing. ACCEL=kvm is faster where it works;
# BUILT=1 leaves out the build of the tests; KEEP=DIR keeps what they printed.
set -euo pipefail
cd "$(dirname "$0")/.."

[ "$(id -u)" = 0 ] || { echo "cgroup2: only root can do this" >&2; exit 1; }
eng/setup.sh
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
for package in qemu-system-x86 busybox-static cpio e2fsprogs systemd; do
  dpkg-query -W -f '${db:Status-Status}\n' $package 2>/dev/null | grep -qx installed || missing="${missing:-} $package"
done
[ -z "${missing:-}" ] || { apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >/dev/null; }
[ -n "${BUILT:-}" ] || dotnet build test/Islet.Tests -c Release -v quiet -nologo
ISLET_BIN=$(eng/publish.sh)
[ -d test/e2e/node_modules ] || npm ci --prefix test/e2e --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null

place=$(mktemp -d /var/tmp/islet-cgroup2-XXXXXX)
trap 'rm -rf "$place"' EXIT
mkdir -p "$place"/{out,npm,initrd/{bin,lower,upper,root,proc,sys,dev}}

# 1 the kernel, unpacked and not installed; and what the tests take from npm
kernel=$(apt-cache depends linux-image-amd64 | sed -n 's/^ *Depends: *\(linux-image-[^ ]*\).*/\1/p' | head -1)
(cd "$place" && chmod 755 . && apt-get download -qq "$kernel" 2>/dev/null && dpkg -x "$kernel"_*.deb kernel && rm "$kernel"_*.deb)
(cd "$place/npm" && npm pack --silent ms@2.1.3 >/dev/null)
version=$(ls "$place/kernel/lib/modules")
busybox depmod -b "$place/kernel" "$version"

# 2 the first file system: busybox, and the modules that reach the second
modules=lib/modules/$version
mkdir -p "$place/initrd/$modules"
(
  cd "$place/kernel/$modules"
  cp modules.dep modules.builtin "$place/initrd/$modules/"
  for module in virtio_pci virtio_blk crc32c_generic ext4 9pnet_virtio 9p overlay; do grep "/$module\.ko:" modules.dep | tr -d :; done |
    tr ' ' '\n' | sort -u | cpio -pdm --quiet "$place/initrd/$modules"
)
cp "$(command -v busybox)" "$place/initrd/bin/"
install -m 755 eng/cgroup2/init.sh "$place/initrd/init"
(cd "$place/initrd" && find . | cpio -o -H newc --quiet) >"$place/initrd.img"
truncate -s 20G "$place/disk.img"
mkfs.ext4 -q -F "$place/disk.img"

# 3 the machine; what it tells is below out/
cat >"$place/run.sh" <<RUN
#!/bin/bash
export ATTACKS='${ATTACKS:-}' ISLET_BIN='$ISLET_BIN' TRIAL_TOP='$PWD' TRIAL_NPM='$place/npm' PATH='$PATH' DOTNET_ROOT='$(dirname "$(readlink -f "$(command -v dotnet)")")'
exec '$PWD/eng/cgroup2/trial.sh' $*
RUN
chmod 755 "$place/run.sh"
timeout -k 5 "${LIMIT:-5400}" qemu-system-x86_64 -machine "q35,accel=${ACCEL:-tcg}" -cpu "${CPU:-Nehalem}" -smp "$(nproc)" -m "${MEMORY:-6G}" \
  -nic none -display none -monitor none -serial stdio -no-reboot \
  -kernel "$place/kernel/boot/vmlinuz-$version" -initrd "$place/initrd.img" \
  -append "console=ttyS0 quiet panic=-1 ${APPEND:-systemd.show_status=0} trial.modules=$place/kernel/lib/modules trial.script=$place/run.sh" \
  -drive "file=$place/disk.img,if=virtio,format=raw,cache=unsafe" \
  -fsdev local,id=host,path=/,security_model=passthrough,readonly=on,multidevs=remap -device virtio-9p-pci,fsdev=host,mount_tag=host \
  -fsdev "local,id=out,path=$place/out,security_model=none" -device virtio-9p-pci,fsdev=out,mount_tag=out </dev/null
[ -z "${KEEP:-}" ] || cp -r "$place/out" "$KEEP"
[ "$(cat "$place/out/outcome" 2>/dev/null)" = passed ]
