#!/bin/busybox sh
# First program of the machine of eng/cgroup2.sh: the host's files below, a disk above, then systemd.
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in virtio_pci virtio_blk crc32c_generic ext4 9pnet_virtio 9p overlay; do modprobe $module; done
word() { sed -n "s/.*trial\.$1=\([^ ]*\).*/\1/p" /proc/cmdline; }

options=trans=virtio,version=9p2000.L,msize=524288
mount -t 9p -o $options,cache=loose,ro host /lower
mount -t ext4 /dev/vda /upper
mkdir /upper/files /upper/work
mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work root /root
mkdir -p /root/lib/modules /root/trial /root/scratch /upper/scratch
mount --bind /upper/scratch /root/scratch
mount --bind "/lower$(word modules)" /root/lib/modules
mount -t 9p -o $options out /root/trial

# nothing of the host's own services: one unit, and what it needs
cp /bin/busybox /root/usr/local/sbin/modprobe
echo /usr/local/sbin/modprobe >/proc/sys/kernel/modprobe
rm -f /root/etc/fstab /root/.dockerenv
echo 00000000000000000000000000000001 >/root/etc/machine-id
rm -rf /root/etc/systemd/system
mkdir -p /root/etc/systemd/system
cat >/root/etc/systemd/system/trial.service <<UNIT
[Unit]
DefaultDependencies=no
SuccessAction=poweroff-force
FailureAction=poweroff-force
[Service]
Type=oneshot
ExecStart=$(word script) $(word what)
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
UNIT
umount /proc /sys
mount --move /dev /root/dev
exec switch_root /root /lib/systemd/systemd --unit=trial.service
