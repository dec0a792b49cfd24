import { readFile } from 'node:fs/promises'

/** Names by bit number: include/uapi/linux/capability.h. */
const NAMES = [
  'CHOWN',
  'DAC_OVERRIDE',
  'DAC_READ_SEARCH',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETGID',
  'SETUID',
  'SETPCAP',
  'LINUX_IMMUTABLE',
  'NET_BIND_SERVICE',
  'NET_BROADCAST',
  'NET_ADMIN',
  'NET_RAW',
  'IPC_LOCK',
  'IPC_OWNER',
  'SYS_MODULE',
  'SYS_RAWIO',
  'SYS_CHROOT',
  'SYS_PTRACE',
  'SYS_PACCT',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_NICE',
  'SYS_RESOURCE',
  'SYS_TIME',
  'SYS_TTY_CONFIG',
  'MKNOD',
  'LEASE',
  'AUDIT_WRITE',
  'AUDIT_CONTROL',
  'SETFCAP',
  'MAC_OVERRIDE',
  'MAC_ADMIN',
  'SYSLOG',
  'WAKE_ALARM',
  'BLOCK_SUSPEND',
  'AUDIT_READ',
  'PERFMON',
  'BPF',
  'CHECKPOINT_RESTORE',
] as const

/**
 * Capabilities that the kernel knows and this process could not hand on: the zero bits of CapBnd in
 * /proc/PID/status up to /proc/sys/kernel/cap_last_cap (proc(5), capabilities(7)).
 */
export function missingCapabilities(status: string, lastCapability: number): readonly string[] {
  const bounding = /^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1]
  if (bounding === undefined) return []
  const bits = BigInt(`0x${bounding}`)
  const missing: string[] = []
  for (let bit = 0; bit <= lastCapability; bit += 1) {
    if (((bits >> BigInt(bit)) & 1n) === 0n) missing.push(`CAP_${NAMES[bit] ?? bit}`)
  }
  return missing
}

export async function missingCapabilitiesHere(): Promise<readonly string[]> {
  const [status, last] = await Promise.all([
    readFile('/proc/self/status', 'utf8'),
    readFile('/proc/sys/kernel/cap_last_cap', 'utf8'),
  ])
  return missingCapabilities(status, Number(last))
}
