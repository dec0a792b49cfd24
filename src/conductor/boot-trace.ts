/** What the network saw of a machine that was to boot over it, from some moment on. */
export type BootTrace = Readonly<{
  /** Whether its network card asked for an address. */
  hasAsked: boolean
  /** The type of its firmware (option 93; IANA’s list), where it is not iPXE. */
  firmwareType?: number
  /** The boot program that its firmware was told of. */
  program?: string
  /** Whether it fetched one by TFTP. */
  hasFetched: boolean
  /** Whether iPXE asked for an address, after that or out of the card’s own ROM. */
  hasIpxe: boolean
}>

/** How far a machine came that never reported, and where to look. */
export function bootTraceWords(trace: BootTrace | undefined): Readonly<{ seen: string; remedy: string }> {
  if (trace === undefined) return { seen: '', remedy: LOOK }
  if (!trace.hasAsked) return { seen: ': its network card asked for no address', remedy: LOOK }
  if (trace.hasIpxe) {
    return {
      seen: ': iPXE started on it, and no ramdisk reported',
      remedy:
        'look at the machine’s console: iPXE says what it cannot fetch, and the ramdisk what it does not find; a machine needs 512 MiB of memory',
    }
  }
  if (trace.program === undefined) {
    const type = trace.firmwareType === undefined ? '' : ` as type ${trace.firmwareType}`
    return {
      seen: `: its firmware asked${type}, for which there is no boot program`,
      remedy: 'let it boot over the network by BIOS, or by UEFI of 64 bits on x86 or arm64',
    }
  }
  // What is fetched over HTTP, dnsmasq does not see.
  const isHttp = trace.program.startsWith('http')
  if (trace.hasFetched || isHttp) {
    return {
      seen: isHttp
        ? `: its firmware was told to boot ${trace.program}, which did not start`
        : `: it fetched ${trace.program}, which did not start`,
      remedy:
        'switch Secure Boot off in its firmware, because Debian’s iPXE is not signed; or look at the machine’s console',
    }
  }
  return {
    seen: `: it was told to fetch ${trace.program}, and nothing more came of it`,
    remedy:
      'look at the machine’s console; TFTP needs UDP in both directions, from port 69 to any other, between machine and conductor',
  }
}

const LOOK =
  'look at the machine’s console: it has to boot over the network first, from an interface whose MAC address is enrolled as a port'
