import type { BootTrace } from '../../conductor/index.ts'

const QUESTION =
  /^dnsmasq-dhcp\[\d+\]: (\d+) DHCP(?:DISCOVER|REQUEST)\(\S+\) (?:\S+ )?([0-9a-f]{2}(?::[0-9a-f]{2}){5})\b/
const DETAIL = /^dnsmasq-dhcp\[\d+\]: (\d+) (vendor class|tags|bootfile name|sent size): (.*)$/
const SENT = /^dnsmasq-tftp\[\d+\]: sent \S+ to (\S+)$/
/** RFC 4578, as firmware writes it: `PXEClient:Arch:00007:UNDI:003000`. */
const FIRMWARE = /^(?:PXE|HTTP)Client:Arch:(\d{5})/
const FILE_SENT = /option: 67 bootfile-name\s+(\S+)/

/**
 * Reads in the words of dnsmasq (log-dhcp) what became of a machine. Its lines about one packet begin with the number of the
 * transaction; firmware and iPXE have one each.
 */
export function traceIn(log: string, macs: readonly string[], address: string | undefined): BootTrace {
  const lines = log.split('\n')
  const own = new Set<string>()
  for (const line of lines) {
    const [, transaction = '', mac = ''] = QUESTION.exec(line) ?? []
    if (macs.includes(mac)) own.add(transaction)
  }
  let [firmwareType, program]: [number | undefined, string | undefined] = [undefined, undefined]
  let [hasFetched, hasIpxe, isIpxe] = [false, false, false]
  for (const line of lines) {
    const to = SENT.exec(line)?.[1]
    if (to !== undefined && to === address) hasFetched = true
    const [, transaction = '', what = '', words = ''] = DETAIL.exec(line) ?? []
    if (!own.has(transaction)) continue
    if (what === 'tags') {
      isIpxe = words.split(', ').includes('ipxe')
      hasIpxe ||= isIpxe
    }
    const type = what === 'vendor class' ? FIRMWARE.exec(words)?.[1] : undefined
    if (type !== undefined) firmwareType = Number(type)
    const file = what === 'bootfile name' ? words : FILE_SENT.exec(words)?.[1]
    if (file !== undefined && !isIpxe) program = file
  }
  return {
    hasAsked: own.size > 0,
    hasFetched,
    hasIpxe,
    ...(firmwareType === undefined ? {} : { firmwareType }),
    ...(program === undefined ? {} : { program }),
  }
}
