/**
 * Who says that a process is a virtual machine. One of them is enough.
 *
 * `program`: the executable has one of the names that distributions give QEMU. `commandLine`: the options are QEMU's.
 * `content`: the executable is QEMU, whatever its name. `kvm`: it holds a virtual machine of KVM. `monitor`: it holds the socket by which libvirt
 * controls a guest. `statusFile`: libvirt's
 * status file names its pid. `machined`: systemd-machined names it as the leader of a machine of libvirt.
 */
export type Witness = 'program' | 'commandLine' | 'content' | 'kvm' | 'monitor' | 'statusFile' | 'machined'
