import assert from 'node:assert/strict'
import type { Packet } from './capture.ts'

export type Step = Readonly<{ name: string; is: (packet: Packet) => boolean }>

/** The machine whose packets are looked at. */
export type Seen = Readonly<{ mac: string; address: string }>

/** The packets that the steps are found in, for tshark. */
export const STEP_FILTER = '(dhcp && !icmp) || tftp || http.request || iscsi'

const [DISCOVER, OFFER, REQUEST, ACK] = ['1', '2', '3', '5'] as const
/** Opcodes of RFC 7143, 11.2.1: login request and response, SCSI command. */
const [LOGIN, LOGIN_RESPONSE, SCSI_COMMAND] = [0x03, 0x23, 0x01] as const
/** WRITE(10), WRITE(16), WRITE SAME(10) and (16) (SBC-3, table 13). */
const WRITES = [0x2a, 0x8a, 0x41, 0x93]

const has = (field: string, wanted: readonly number[]): boolean =>
  field.split(',').some((one) => one !== '' && wanted.includes(Number(one)))

const isDhcp = (one: Packet, { mac }: Seen, type: string): boolean =>
  one.dhcpMac.split(',').includes(mac) && one.dhcpType === type
/** Option 175 is iPXE’s own. */
const isIpxe = (one: Packet): boolean => has(one.dhcpOptions, [175])
const isFirmware = (one: Packet): boolean => one.dhcpVendor.startsWith('PXEClient') && !isIpxe(one)
const asks = (method: string, uri: RegExp) => (one: Packet) => one.method === method && uri.test(one.uri)

export function isWrite(one: Packet): boolean {
  return has(one.iscsi, [SCSI_COMMAND]) && has(one.scsi, WRITES)
}

export function isLogin(one: Packet): boolean {
  return has(one.iscsi, [LOGIN])
}

export function isLoginAccepted(one: Packet): boolean {
  return has(one.iscsi, [LOGIN_RESPONSE]) && has(one.iscsiStatus, [0])
}

export const isDone = asks('POST', /^\/ramdisk\/done$/)

/** One boot over the network, up to the script. */
function boot(round: string, machine: Seen): readonly Step[] {
  const step = (name: string, is: Step['is']): Step => ({ name: `${round}: ${name}`, is })
  return [
    step(
      'the firmware discovers DHCP as a PXE client',
      (one) => isDhcp(one, machine, DISCOVER) && isFirmware(one),
    ),
    step('the conductor offers', (one) => isDhcp(one, machine, OFFER)),
    step('the firmware requests', (one) => isDhcp(one, machine, REQUEST) && isFirmware(one)),
    step(
      'the conductor acknowledges, and names the boot program',
      (one) => isDhcp(one, machine, ACK) && /\.(efi|kpxe)/.test(one.dhcpFile + one.dhcpFileOption),
    ),
    step(
      'the firmware reads the boot program by TFTP',
      (one) => one.from === machine.address && /\.(efi|kpxe)$/.test(one.tftpFile),
    ),
    step('iPXE asks DHCP by itself', (one) => isDhcp(one, machine, DISCOVER) && isIpxe(one)),
    step(
      'the conductor acknowledges, and names the script',
      (one) => isDhcp(one, machine, ACK) && /\/boot\/ipxe\?mac=/.test(one.dhcpFile + one.dhcpFileOption),
    ),
    step('iPXE asks for the script', asks('GET', /^\/boot\/ipxe\?mac=/)),
  ]
}

/** The deployment of 2014 on today’s parts, step by step. */
export function stepsOf2014(machine: Seen): readonly Step[] {
  return [
    ...boot('first boot', machine),
    {
      name: 'iPXE fetches the kernel of the deploy ramdisk',
      is: asks('GET', /^\/boot\/ramdisk\/x86_64\/kernel$/),
    },
    { name: 'iPXE fetches the deploy ramdisk', is: asks('GET', /^\/boot\/ramdisk\/x86_64\/ramdisk$/) },
    {
      name: 'the deploy ramdisk asks DHCP',
      is: (one) => isDhcp(one, machine, DISCOVER) && one.dhcpVendor.startsWith('udhcp'),
    },
    { name: 'the deploy ramdisk reports', is: asks('POST', /^\/ramdisk\/hello$/) },
    { name: 'it offers its disk', is: asks('POST', /^\/ramdisk\/ready$/) },
    { name: 'the conductor logs in to it', is: (one) => one.to === machine.address && isLogin(one) },
    {
      name: 'by CHAP, as the user of the order',
      is: (one) =>
        one.to === machine.address &&
        isLogin(one) &&
        one.iscsiText.includes('CHAP_N=anneal') &&
        one.iscsiText.includes('CHAP_R='),
    },
    { name: 'the target accepts', is: (one) => one.from === machine.address && isLoginAccepted(one) },
    { name: 'the conductor writes', is: (one) => one.to === machine.address && isWrite(one) },
    { name: 'the ramdisk calls back', is: isDone },
    ...boot('second boot', machine),
    {
      name: 'iPXE fetches the kernel of the image',
      is: asks('GET', /^\/boot\/instance\/[0-9a-f]{64}\/kernel$/),
    },
    {
      name: 'iPXE fetches the ramdisk of the image',
      is: asks('GET', /^\/boot\/instance\/[0-9a-f]{64}\/ramdisk$/),
    },
  ]
}

/** Each step is seen behind the one before it. */
export function assertInOrder(packets: readonly Packet[], steps: readonly Step[]): void {
  let next = 0
  for (const { name, is } of steps) {
    const found = packets.findIndex((one, index) => index >= next && is(one))
    assert.ok(
      found >= 0,
      `not seen behind packet ${packets[next - 1]?.number ?? '0'}: ${name}\n${told(packets)}`,
    )
    next = found + 1
  }
}

function told(packets: readonly Packet[]): string {
  return packets
    .filter((one) => !isWrite(one) && one.iscsi === '' && !/^Acknowledgement|^Data Packet/.test(one.info))
    .map(
      (one) =>
        `${one.number} ${one.from} ${one.protocol} ${one.info} [${one.dhcpVendor}] [${one.dhcpOptions}] [${one.dhcpFile}${one.dhcpFileOption}]`,
    )
    .join('\n')
}
