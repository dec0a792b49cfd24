import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../../../../lab/index.ts'
import type { ConductorLab } from '../../../../lab/index.ts'

export type Said = Readonly<{ status: number; body: Buffer }>

export type Reported = Readonly<{ systemUuid?: string; diskBytes?: number; serial?: string; mac?: string }>

const GIB = 2 ** 30

/**
 * A network card in a namespace of its own on the network of a lab, and what a machine behind it says: busybox asks DHCP, curl
 * asks HTTP. It writes no disk.
 */
export class NetworkMachine implements AsyncDisposable {
  readonly mac: string
  readonly #lab: ConductorLab
  readonly #namespace: string
  readonly #directory: string

  private constructor(lab: ConductorLab, name: string, mac: string) {
    this.mac = mac
    this.#lab = lab
    this.#namespace = `${lab.description.network.namespace}-${name}`
    this.#directory = join(lab.directory, `machine-${name}`)
  }

  static async plug(lab: ConductorLab, name: string, mac: string): Promise<NetworkMachine> {
    const machine = new NetworkMachine(lab, name, mac)
    const { namespace } = lab.description.network
    mkdirSync(machine.#directory)
    const port = `m-${name}`
    const script = `
      ip netns add ${machine.#namespace}
      ip -n ${namespace} link add ${port} type veth peer name eth0 netns ${machine.#namespace} address ${mac}
      ip -n ${namespace} link set ${port} master ${lab.interface} up
      ip -n ${machine.#namespace} link set eth0 up`
    const made = await run(['sh', '-euc', script], {})
    if (made.exitCode !== 0) throw new Error(made.stderr)
    return machine
  }

  /** Asks for an address and takes it, as the program that these words of udhcpc make of it; undefined where nobody answers. */
  async askAddress(words: readonly string[] = []): Promise<string | undefined> {
    return (await this.lease(words))?.['ip']
  }

  /** What DHCP gives, by the names of udhcpc. */
  async lease(words: readonly string[] = []): Promise<Readonly<Record<string, string>> | undefined> {
    const script = join(this.#directory, 'lease.sh')
    const lines = [
      '#!/bin/sh',
      '[ "$1" = bound ] || exit 0',
      'ip addr flush dev "$interface"; ip addr add "$ip/$mask" dev "$interface"; env',
    ]
    writeFileSync(script, `${lines.join('\n')}\n`, { mode: 0o755 })
    const client = ['busybox', 'udhcpc', '-i', 'eth0', '-f', '-n', '-q', '-t', '5', '-T', '2', '-s', script]
    const { stdout } = await this.#run(...client, ...words)
    if (!/^ip=/m.test(stdout)) return undefined
    return Object.fromEntries(stdout.split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2)))
  }

  async takeAddress(address: string): Promise<void> {
    await this.#run('ip', 'addr', 'add', `${address}/24`, 'dev', 'eth0')
  }

  /** Asks the conductor at its address for machines. */
  async ask(path: string, { token, body }: Readonly<{ token?: string; body?: string }> = {}): Promise<Said> {
    const [sent, got] = [join(this.#directory, 'sent'), join(this.#directory, 'got')]
    writeFileSync(got, '')
    const words = ['curl', '-s', '--max-time', '60', '-o', got, '-w', '%{http_code}']
    if (token !== undefined) words.push('-H', `X-Anneal-Token: ${token}`)
    if (body !== undefined) {
      writeFileSync(sent, body)
      words.push('--data-binary', `@${sent}`)
    }
    const { stdout } = await this.#run(...words, '--path-as-is', `${this.#lab.endpoints['machines']}${path}`)
    return { status: Number(stdout), body: readFileSync(got) }
  }

  /** The token in the boot script of this MAC address; undefined where the script has none. */
  async bootToken(mac = this.mac): Promise<string | undefined> {
    const { body } = await this.ask(`/boot/ipxe?mac=${mac}`)
    return /anneal\.token=(\S+)/.exec(body.toString())?.[1]
  }

  async hello(token: string, reported: Reported = {}): Promise<Said> {
    return this.ask('/ramdisk/hello', { token, body: reportOf({ mac: this.mac, ...reported }) })
  }

  async fetchFile(name: string, mostSeconds: number): Promise<boolean> {
    const { address } = this.#lab.description.network
    const words = [
      'curl',
      '-s',
      '--max-time',
      `${mostSeconds}`,
      '-o',
      '/dev/null',
      `tftp://${address}/${name}`,
    ]
    return (await this.#run(...words)).exitCode === 0
  }

  /** Begins so many transfers of a file and goes on with none. Resolves to how many were answered. */
  async stall(name: string, count: number): Promise<number> {
    const script = `
import socket, sys
address, name, count = sys.argv[1], sys.argv[2].encode(), int(sys.argv[3])
answered = 0
for _ in range(count):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.settimeout(0.5)
    one.sendto(b"\\0\\1" + name + b"\\0octet\\0", (address, 69))
    try:
        one.recvfrom(2000)
        answered += 1
    except TimeoutError:
        break
print(answered)`
    const words = [this.#lab.description.network.address, name, `${count}`]
    const { stdout, stderr } = await this.#run('/usr/bin/python3', '-c', script, ...words)
    if (stdout === '') throw new Error(stderr)
    return Number(stdout)
  }

  /** What is at an address, with its status. */
  async fetchUrl(url: string): Promise<Said> {
    const got = join(this.#directory, 'got')
    const { stdout } = await this.#run('curl', '-s', '--max-time', '60', '-o', got, '-w', '%{http_code}', url)
    return { status: Number(stdout), body: readFileSync(got) }
  }

  /** Runs a script of busybox’s shell on the machine. Throws where it fails. */
  async script(text: string): Promise<string> {
    const file = join(this.#directory, 'script')
    writeFileSync(file, text)
    const { exitCode, stdout, stderr } = await this.#run('busybox', 'sh', file)
    if (exitCode !== 0) throw new Error(`${exitCode}: ${stdout}${stderr}`)
    return stdout
  }

  /** Runs a program on the machine. */
  #run(...words: readonly string[]) {
    return run(['ip', 'netns', 'exec', this.#namespace, ...words], { timeoutMs: 120_000 })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run(['ip', 'netns', 'del', this.#namespace], {})
  }
}

/** As the deploy ramdisk reports (docs/deploy-protocol.md). */
export function reportOf({ mac, systemUuid, diskBytes = 8 * GIB, serial = 'S1' }: Reported): string {
  const uuid = systemUuid ?? `00000000-0000-4000-8000-${(mac ?? '').replaceAll(':', '')}`
  return `version 1
firmware bios
architecture x86_64
memory-mib 512
cpus 1
system-uuid ${uuid}
nic mac=${mac} name=eth0 carrier=1
disk name=vda bytes=${diskBytes} sector=512 rotational=0 serial=${serial}
contents known
`
}
