import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { run } from '../../../../lab/index.ts'

/** Of a packet: enough for what is looked at. Large ones carry content, of which the beginning is kept. */
const SNAP_BYTES = 1600
const BUFFER_KIB = 65_536
const SETTLE_MS = 1000

/** Keeps the packets on an interface of a network namespace, by tcpdump. */
export class Capture {
  readonly #child: ChildProcess
  #said = ''

  private constructor(child: ChildProcess) {
    this.#child = child
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#said += text))
  }

  /** Resolves when it listens. */
  static async start(namespace: string, networkInterface: string, file: string): Promise<Capture> {
    const words = [
      '-i',
      networkInterface,
      // Each packet as it comes: what waits to be read is lost at the end.
      '--immediate-mode',
      '-s',
      `${SNAP_BYTES}`,
      '-B',
      `${BUFFER_KIB}`,
      '-Z',
      'root',
      '-w',
      file,
    ]
    const child = spawn('ip', ['netns', 'exec', namespace, 'tcpdump', ...words], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const capture = new Capture(child)
    while (!capture.#said.includes('listening on')) {
      if (child.exitCode !== null) throw new Error(capture.#said)
      await Promise.race([once(child.stderr, 'data'), once(child, 'exit')])
    }
    return capture
  }

  /** Ends it; what tcpdump says then: how many packets it kept and how many the kernel dropped. */
  async stop(): Promise<string> {
    await sleep(SETTLE_MS)
    const ended = once(this.#child, 'close')
    this.#child.kill('SIGINT')
    await ended
    return this.#said
  }
}

const FIELDS = {
  number: 'frame.number',
  seconds: 'frame.time_relative',
  from: 'ip.src',
  to: 'ip.dst',
  fromMac: 'eth.src',
  protocol: '_ws.col.Protocol',
  info: '_ws.col.Info',
  dhcpMac: 'dhcp.hw.mac_addr',
  dhcpType: 'dhcp.option.dhcp',
  dhcpVendor: 'dhcp.option.vendor_class_id',
  /** Numbers of all options. */
  dhcpOptions: 'dhcp.option.type',
  dhcpFile: 'dhcp.file',
  dhcpFileOption: 'dhcp.option.bootfile_name',
  tftpFile: 'tftp.source_file',
  method: 'http.request.method',
  uri: 'http.request.uri',
  iscsi: 'iscsi.opcode',
  iscsiText: 'iscsi.keyvalue',
  iscsiStatus: 'iscsi.login.status',
  scsi: 'scsi_sbc.opcode',
} as const

export type Packet = Readonly<Record<keyof typeof FIELDS, string>>

/**
 * What each packet is, as tshark names it. Each segment is looked at by itself: large ones were not kept whole. With `numbers`
 * ignored, tshark also names requests of a second boot that has the ports and sequence numbers of the first, as an emulated
 * machine may, and fewer of the iSCSI commands.
 */
export async function namedPackets(
  file: string,
  filter: string,
  numbers: 'followed' | 'ignored' = 'followed',
): Promise<readonly Packet[]> {
  const names = Object.keys(FIELDS) as (keyof typeof FIELDS)[]
  const words = [
    'tshark',
    '-n',
    '-r',
    file,
    // Else a client's port may be one that is known for another protocol, and its request is taken for that.
    '-d',
    'tcp.port==6385-6386,http',
    '-o',
    'tcp.desegment_tcp_streams:FALSE',
    '-o',
    `tcp.analyze_sequence_numbers:${numbers === 'followed' ? 'TRUE' : 'FALSE'}`,
    '-Y',
    filter,
    '-T',
    'fields',
  ]
  const fields = names.flatMap((name) => ['-e', FIELDS[name]])
  const said = await run([...words, '-E', 'separator=/t', '-E', 'occurrence=a', ...fields], {
    timeoutMs: 900_000,
  })
  if (said.exitCode !== 0) throw new Error(said.stderr)
  return said.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const values = line.split('\t')
      return Object.fromEntries(names.map((name, index) => [name, values[index] ?? ''])) as Packet
    })
}
