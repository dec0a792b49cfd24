import { unescapeHex } from '../../core/index.ts'

/**
 * libvirt's and systemd's names for one guest. A rescued guest must carry exactly these, or libvirt does not
 * recognise its cgroup when it comes back (virCgroupV1ValidateMachineGroup, virCgroupV2ValidateMachineGroup).
 */

const MACHINE_NAME_MAX = 64

/** `qemu-1-vm`: virDomainDriverGenerateMachineName of libvirt's src/hypervisor/domain_driver.c. */
export function machineName(domainId: number, domainName: string): string {
  let name = `qemu-${domainId}-`
  // A dot or dash is kept only after a letter or digit; whatever no host name may hold is dropped.
  let mayPunctuate = false
  for (const character of domainName) {
    if (name.length >= MACHINE_NAME_MAX) break
    if (character === '.' || character === '-') {
      if (mayPunctuate) name += character
      mayPunctuate = false
    } else if (/[a-zA-Z0-9]/.test(character)) {
      name += character
      mayPunctuate = true
    }
  }
  return name.replace(/[-.]+$/, '')
}

/** `machine-qemu\x2d1\x2dvm.scope`: virSystemdMakeScopeName, and what systemd-machined calls its unit. */
export function machineScope(machine: string): string {
  return `machine-${escapeUnitName(machine)}.scope`
}

/** The machine of a scope's name; undefined for any other unit. */
export function machineOfScope(unit: string): string | undefined {
  const escaped = /^machine-(.+)\.scope$/.exec(unit)?.[1]
  return escaped === undefined ? undefined : unescapeHex(escaped.replaceAll('-', '/'))
}

/** `qemu-1-vm.libvirt-qemu`: virCgroupNewDomainPartition, where there is no machined. */
export function machinePartition(machine: string): string {
  return `${machine}.libvirt-qemu`
}

/** `1-vm`: virDomainDefGetShortName, which names the guest's sockets and directories. */
export function shortName(domainId: number, domainName: string): string {
  return `${domainId}-${Array.from(domainName).slice(0, 20).join('')}`
}

/** systemd.unit(5), "String escaping for inclusion in unit names". */
function escapeUnitName(text: string): string {
  const bytes = new TextEncoder().encode(text)
  return Array.from(bytes, (byte, index) => {
    const character = String.fromCharCode(byte)
    if (character === '/') return '-'
    const plain = /[a-zA-Z0-9:_.]/.test(character) && !(character === '.' && index === 0)
    return plain ? character : `\\x${byte.toString(16).padStart(2, '0')}`
  }).join('')
}
