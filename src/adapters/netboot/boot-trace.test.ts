import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bootTraceWords } from '../../conductor/index.ts'
import { traceIn } from './boot-trace.ts'

const MAC = '52:54:00:99:01:04'
const ADDRESS = '10.77.47.34'

/** As dnsmasq 2.90 writes about one question and its answer, with log-dhcp. */
function packet(id: number, mac: string, tags: string, more: readonly string[]): readonly string[] {
  return [
    'vendor class: PXEClient:Arch:00007:UNDI:003000',
    `DHCPDISCOVER(br0) ${mac} `,
    `tags: ${tags}`,
    `DHCPOFFER(br0) ${ADDRESS} ${mac} `,
    'requested options: 66:tftp-server, 67:bootfile-name, 119:domain-search, ',
    ...more,
    'sent size:  4 option: 51 lease-time  1h',
    `DHCPREQUEST(br0) ${ADDRESS} ${mac} `,
  ].map((line) => `dnsmasq-dhcp[17]: ${id} ${line}`)
}

const OTHER = packet(7, '52:54:00:99:01:05', 'subnet0, known, ipxe, bios, br0', ['bootfile name: other.kpxe'])
const FIRMWARE = packet(1, MAC, 'subnet0, known, uefi-x86-64, br0', [
  'sent size: 16 option: 67 bootfile-name  ipxe-x86_64.efi',
])
const SENT = [`dnsmasq-tftp[17]: sent /srv/boot-programs/ipxe-x86_64.efi to ${ADDRESS}`]
const IPXE = packet(2, MAC, 'subnet0, known, ipxe, uefi-x86-64, br0', [
  'sent size: 49 option: 67 bootfile-name  http://10.77.47.1:6386/boot/ipxe?mac=${netX/mac}',
])

function traced(...parts: readonly (readonly string[])[]): ReturnType<typeof traceIn> {
  return traceIn(`${[OTHER, ...parts].flat().join('\n')}\n`, [MAC], ADDRESS)
}

test('the words of dnsmasq say how far a machine came', () => {
  const program = { firmwareType: 7, program: 'ipxe-x86_64.efi' }
  const asked = { hasAsked: true, ...program }
  assert.deepEqual(traced(), { hasAsked: false, hasFetched: false, hasIpxe: false })
  assert.deepEqual(traced(FIRMWARE), { ...asked, hasFetched: false, hasIpxe: false })
  assert.deepEqual(traced(FIRMWARE, SENT), { ...asked, hasFetched: true, hasIpxe: false })
  assert.deepEqual(traced(FIRMWARE, SENT, IPXE), { ...asked, hasFetched: true, hasIpxe: true })
  // A BIOS gets the name in the header of the answer.
  const bios = packet(3, MAC, 'subnet0, known, bios, br0', ['bootfile name: undionly.kpxe'])
  assert.equal(traced(bios).program, 'undionly.kpxe')
  const unknown = packet(4, MAC, 'subnet0, known, br0', [])
  assert.deepEqual(traced(unknown), { hasAsked: true, firmwareType: 7, hasFetched: false, hasIpxe: false })
})

test('each state of a machine has words of its own', () => {
  const parts = [[], [FIRMWARE], [FIRMWARE, SENT], [FIRMWARE, SENT, IPXE]] as const
  const words = parts.map((lines) => bootTraceWords(traced(...lines)))
  assert.equal(new Set(words.map(({ seen }) => seen)).size, parts.length)
  assert.match(words[2]?.remedy ?? '', /Secure Boot/)
  assert.deepEqual(bootTraceWords(undefined).seen, '')
  // Firmware that boots over HTTP, and refuses what is not signed.
  const url = 'http://10.77.47.1:6386/boot/program/ipxe-x86_64.efi'
  const http = packet(5, MAC, 'subnet0, known, http-x86-64, br0', [
    `sent size: 50 option: 67 bootfile-name  ${url}`,
  ])
  const { seen, remedy } = bootTraceWords(traced(http))
  assert.match(seen, /told to boot http:.*which did not start/)
  assert.match(remedy, /Secure Boot/)
})
