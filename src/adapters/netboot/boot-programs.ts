import { chmodSync, copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolderSync } from '../folders/index.ts'
import type { NetbootMachine } from '../../conductor/index.ts'
import { raise } from './errors.ts'

export type BootProgram = Readonly<{
  /** In the configuration of dnsmasq. */
  tag: string
  /** How machines ask for it. */
  file: string
  by: 'tftp' | 'http'
  /** Types of client systems (IANA, processor architecture types of DHCPv6; the same numbers in option 93). */
  architectures: readonly number[]
  /** The names of these types for a boot service of proxyDHCP; numbers where dnsmasq has no name. */
  services: readonly string[]
}>

const X64 = 'ipxe-x86_64.efi'
const ARM64 = 'ipxe-aarch64.efi'

/** iPXE for every firmware. That for UEFI uses the firmware's own driver of the network card. */
export const BOOT_PROGRAMS: readonly BootProgram[] = [
  { tag: 'bios', file: 'undionly.kpxe', by: 'tftp', architectures: [0], services: ['x86PC'] },
  { tag: 'uefi-x86-64', file: X64, by: 'tftp', architectures: [7, 9], services: ['BC_EFI', 'X86-64_EFI'] },
  { tag: 'uefi-aarch64', file: ARM64, by: 'tftp', architectures: [11], services: ['ARM64_EFI'] },
  { tag: 'http-x86-64', file: X64, by: 'http', architectures: [16], services: [] },
  { tag: 'http-aarch64', file: ARM64, by: 'http', architectures: [19], services: [] },
]

/** Where Debian's package ipxe has them, the best first. Debian 12 has none for arm64. */
const SOURCES: Readonly<Record<string, Readonly<{ what: string; paths: readonly string[] }>>> = {
  'undionly.kpxe': { what: 'BIOS', paths: ['/usr/lib/ipxe/undionly.kpxe'] },
  [X64]: { what: 'UEFI on x86-64', paths: ['/usr/lib/ipxe/snponly.efi', '/usr/lib/ipxe/ipxe.efi'] },
  [ARM64]: {
    what: 'UEFI on arm64',
    paths: ['/usr/lib/ipxe/snponly-arm64.efi', '/usr/lib/ipxe/ipxe-arm64.efi'],
  },
}

/** Copies what is there into `directory`, which is all that TFTP serves. */
export function placeBootPrograms(directory: string): void {
  makeFolderSync(directory, { mode: 0o755 })
  chmodSync(directory, 0o755)
  for (const [file, { paths }] of Object.entries(SOURCES)) {
    const source = paths.find((path) => existsSync(path))
    if (source === undefined) continue
    copyFileSync(source, join(directory, file))
    chmodSync(join(directory, file), 0o644)
  }
}

/** Throws NETBOOT_PROGRAM_MISSING where there is no iPXE for the firmware of a machine. */
export function checkBootProgram(
  directory: string,
  { firmware, architecture }: Pick<NetbootMachine, 'firmware' | 'architecture'>,
): void {
  const tag = firmware === 'bios' ? 'bios' : architecture === 'x86_64' ? 'uefi-x86-64' : 'uefi-aarch64'
  const file = BOOT_PROGRAMS.find((one) => one.tag === tag)?.file ?? ''
  if (existsSync(join(directory, file))) return
  const { what = tag, paths = [] } = SOURCES[file] ?? {}
  const instead = `or put a program of your own at ${join(directory, file)}`
  throw raise('NETBOOT_PROGRAM_MISSING', { what, looked: [...paths], instead })
}
