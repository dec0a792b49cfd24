/**
 * The part of a cgroup path that is the guest's own: libvirt's `…/qemu-1-vm.libvirt-qemu` (without machined) or
 * `…/machine-qemu\x2d1\x2dvm.scope` (with it). Below it libvirt makes `libvirt`, `emulator`, `vcpuN`, `iothreadN`.
 * undefined where the path holds no such part: libvirt could not make the guest a cgroup of its own.
 */
export function guestCgroup(path: string): string | undefined {
  const parts = path.split('/')
  const at = parts.findLastIndex((part) => part.endsWith('.libvirt-qemu') || /^machine-.+\.scope$/.test(part))
  return at < 0 ? undefined : parts.slice(0, at + 1).join('/')
}
