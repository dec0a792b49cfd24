import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { run } from '../../../../lab/index.ts'
import type { ConductorLab } from '../../../../lab/index.ts'
import type { NetbootMachine, NetbootSettings } from '../../../../src/conductor/index.ts'

export type Failure = Readonly<{ failed: string; message: string; remedy: string }>

/** Netboot in the namespace of a lab. */
export type NetbootUnderTest = Readonly<{
  directory: string
  serve: (machines: readonly NetbootMachine[]) => Promise<void>
  /** By MAC address: one for each request; the last one stays. */
  scripts: (scripts: Readonly<Record<string, readonly string[]>>) => Promise<void>
  /** Paths that were asked of the HTTP server. */
  asked: () => readonly string[]
  /** What dnsmasq wrote. */
  log: () => string
  pid: () => number
  failure: () => Promise<Failure>
  /** Ends the process that watches dnsmasq, as `kill -9` does. */
  kill: () => Promise<void>
  stop: () => Promise<void>
}>

/** Others may enter it, so that dnsmasq need not stay root; a lab's own directory is closed. */
export function netbootHome(lab: ConductorLab): string {
  const home = join(tmpdir(), `anneal-netboot-${lab.name}`)
  mkdirSync(home, { recursive: true, mode: 0o755 })
  return home
}

export function settingsOf(lab: ConductorLab, changed: Partial<NetbootSettings> = {}): NetbootSettings {
  const { address, subnet } = lab.description.network
  return {
    interface: lab.interface,
    address,
    mode: 'dhcp',
    subnets: [`10.77.${subnet}.0/24`],
    gateways: [],
    nameServers: [],
    bootUrl: `http://${address}:6385`,
    ...changed,
  }
}

/** Starts it and waits until it answers, or has failed. */
export async function startNetbootUnderTest(
  lab: ConductorLab,
  settings: NetbootSettings,
  name: string,
  env: Readonly<Record<string, string>> = {},
): Promise<NetbootUnderTest> {
  const directory = join(netbootHome(lab), name)
  const script = join(import.meta.dirname, 'netboot-process.ts')
  const words = [process.execPath, '--disable-warning=ExperimentalWarning', script, JSON.stringify(settings)]
  const changed = ['env', ...Object.entries(env).map(([variable, value]) => `${variable}=${value}`)]
  const inNamespace = ['netns', 'exec', lab.description.network.namespace, ...changed]
  const child = spawn('ip', [...inNamespace, ...words, directory], { stdio: ['pipe', 'pipe', 'inherit'] })
  const asked: string[] = []
  const failures: Failure[] = []
  const answers: unknown[] = []
  createInterface(child.stdout).on('line', (line) => {
    const said: unknown = JSON.parse(line)
    if (typeof said === 'object' && said !== null && 'asked' in said) asked.push(String(said.asked))
    else if (typeof said === 'object' && said !== null && 'failed' in said) failures.push(said as Failure)
    else answers.push(said)
  })
  const until = async (what: string, holds: () => boolean): Promise<void> => {
    for (let waited = 0; !holds(); waited += 20) {
      assert.ok(waited < 30_000, `${what}: not after 30 s`)
      await sleep(20)
    }
  }
  await until('start netboot', () => answers.length > 0 || failures.length > 0)
  const ask = async (command: unknown): Promise<void> => {
    const before = answers.length
    child.stdin.write(`${JSON.stringify(command)}\n`)
    await until(
      `answer to ${JSON.stringify(command).slice(0, 40)}`,
      () => answers.length > before || failures.length > 0,
    )
    const failure = failures.shift()
    if (failure !== undefined) throw new Error(`${failure.failed}: ${failure.message}`)
  }
  return {
    directory,
    serve: (machines) => ask({ serve: machines }),
    scripts: (scripts) => ask({ scripts }),
    asked: () => asked,
    log: () => readFileSync(join(directory, 'dnsmasq.log'), 'utf8'),
    pid: () => Number(readFileSync(join(directory, 'pid'), 'utf8').split(' ')[0]),
    async failure() {
      await until('fail', () => failures.length > 0)
      const [failure] = failures
      assert.ok(failure !== undefined)
      return failure
    },
    kill: () => end(child, 'SIGKILL'),
    async stop() {
      if (failures.length === 0) await ask('stop')
      await end(child, 'SIGKILL')
    },
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  // `ip netns exec` becomes the program.
  child.kill(signal)
  await ended
}

/** A bridge that clients and machines are plugged into. */
export type Segment = Readonly<{ namespace: string; bridge: string }>

function segmentOf(lab: ConductorLab): Segment {
  return { namespace: lab.description.network.namespace, bridge: lab.interface }
}

/** What a DHCP client got: the variables of udhcpc. Undefined where nobody answered. */
export type Lease = Readonly<Record<string, string>> | undefined

/** Asks for an address with busybox's client, from a card of its own on the lab's network, or on another one. */
export async function askDhcp(
  lab: ConductorLab,
  mac: string,
  more: readonly string[] = [],
  { namespace, bridge }: Segment = segmentOf(lab),
): Promise<Lease> {
  const card = `c${mac.replaceAll(':', '').slice(-8)}`
  const inside = ['ip', '-n', namespace, 'link']
  await run([...inside, 'add', card, 'address', mac, 'type', 'veth', 'peer', 'name', `${card}p`])
  await run([...inside, 'set', `${card}p`, 'master', bridge, 'up'])
  await run([...inside, 'set', card, 'up'])
  const script = join(lab.directory, 'lease.sh')
  writeFileSync(script, '#!/bin/sh\n[ "$1" = bound ] && env\nexit 0\n', { mode: 0o755 })
  const client = ['busybox', 'udhcpc', '-i', card, '-f', '-n', '-q', '-t', '3', '-T', '1', '-s', script]
  const said = await run(['ip', 'netns', 'exec', namespace, ...client, ...more], { timeoutMs: 30_000 })
  await run([...inside, 'del', card])
  if (said.exitCode !== 0) return undefined
  return Object.fromEntries(said.stdout.split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2)))
}

/** As firmware asks (RFC 4578): a machine of this type that boots over the network. */
export function asFirmware(type: number): readonly string[] {
  const hex = type.toString(16).padStart(4, '0')
  const kind = type >= 15 ? 'HTTPClient' : 'PXEClient'
  const vendor = `${kind}:Arch:${String(type).padStart(5, '0')}:UNDI:003000`
  return ['-V', vendor, '-x', `0x5d:${hex}`, '-O', 'bootfile', '-O', 'tftp']
}

export type BootingMachine = Readonly<{ mac: string; console: () => string; end: () => Promise<void> }>

/** A machine without a disk that boots over the lab's network; without iPXE in its network card where it has UEFI. */
export async function bootMachine(
  lab: ConductorLab,
  options: Readonly<{
    name: string
    mac: string
    firmware: 'bios' | 'uefi'
    more?: readonly string[]
    segment?: Segment
  }>,
): Promise<BootingMachine> {
  const { name, mac, firmware, more = [] } = options
  const { namespace, bridge } = options.segment ?? segmentOf(lab)
  const directory = join(lab.directory, name)
  mkdirSync(directory)
  const tap = `t${mac.replaceAll(':', '').slice(-8)}`
  await run(['ip', '-n', namespace, 'tuntap', 'add', tap, 'mode', 'tap'])
  await run(['ip', '-n', namespace, 'link', 'set', tap, 'master', bridge, 'up'])
  const log = join(directory, 'console.log')
  writeFileSync(log, '')
  const argv = [
    'qemu-system-x86_64',
    '-machine',
    'q35,graphics=off',
    '-cpu',
    'max',
    '-m',
    '512',
    '-nodefaults',
  ]
  argv.push('-display', 'none', '-serial', `file:${log}`, '-boot', 'menu=off')
  argv.push('-netdev', `tap,id=n,ifname=${tap},script=no,downscript=no`)
  const rom = firmware === 'uefi' ? ',romfile=' : ''
  argv.push('-device', `virtio-net-pci,netdev=n,mac=${mac},bootindex=1${rom}`, '-device', 'virtio-rng-pci')
  if (firmware === 'uefi') {
    copyFileSync('/usr/share/OVMF/OVMF_VARS_4M.fd', join(directory, 'variables'))
    argv.push('-drive', 'if=pflash,unit=0,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd')
    argv.push('-drive', `if=pflash,unit=1,format=raw,file=${join(directory, 'variables')}`)
  }
  const child = spawn('ip', ['netns', 'exec', namespace, ...argv, ...more], { stdio: 'inherit' })
  return { mac, console: () => readFileSync(log, 'latin1'), end: () => end(child, 'SIGKILL') }
}

/** Waits until the machine has written this. */
export async function untilConsole(
  machine: BootingMachine,
  text: string,
  timeoutMs = 120_000,
): Promise<void> {
  for (let waited = 0; !machine.console().includes(text); waited += 200) {
    assert.ok(waited < timeoutMs, `"${text}" is not on the console:\n${machine.console().slice(-1500)}`)
    await sleep(200)
  }
}

/** A DHCP server of busybox on the same network, in a namespace of its own: it gives addresses to everybody, and nothing to boot. */
export async function startOtherServer(lab: ConductorLab): Promise<AsyncDisposable> {
  const { namespace, subnet } = lab.description.network
  const own = `${namespace}-o`
  const ip = (where: string, ...words: readonly string[]) => run(['ip', '-n', where, ...words])
  await run(['ip', 'netns', 'add', own])
  await ip(namespace, 'link', 'add', 'other', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', own)
  await ip(namespace, 'link', 'set', 'other', 'master', lab.interface, 'up')
  await ip(own, 'addr', 'add', `10.77.${subnet}.2/24`, 'dev', 'eth0')
  await ip(own, 'link', 'set', 'eth0', 'up')
  const directory = join(lab.directory, 'udhcpd')
  mkdirSync(directory)
  const pool = (last: number): string => `10.77.${subnet}.${last}`
  const configuration = [
    `start ${pool(100)}`,
    `end ${pool(120)}`,
    'interface eth0',
    `lease_file ${join(directory, 'leases')}`,
    `pidfile ${join(directory, 'pid')}`,
    'option subnet 255.255.255.0',
  ]
  writeFileSync(join(directory, 'leases'), '')
  writeFileSync(join(directory, 'conf'), `${configuration.join('\n')}\n`)
  const server = ['busybox', 'udhcpd', '-f', join(directory, 'conf')]
  const child = spawn('ip', ['netns', 'exec', own, ...server], { stdio: 'ignore' })
  return {
    async [Symbol.asyncDispose]() {
      await end(child, 'SIGKILL')
      await run(['ip', 'netns', 'del', own])
    },
  }
}

/** A router with a network of its own behind it, `10.78.N.0/24`; its relay agent is that of ISC DHCP. */
export type RelayedRack = AsyncDisposable & Readonly<{ segment: Segment; gateway: string; log: () => string }>

export async function startRelayedRack(lab: ConductorLab): Promise<RelayedRack> {
  const { namespace, subnet, address } = lab.description.network
  const own = `${namespace}-r`
  const gateway = `10.78.${subnet}.1`
  const uplink = `10.77.${subnet}.3`
  const ip = async (...words: readonly string[]): Promise<void> => {
    const said = await run(['ip', ...words])
    assert.equal(said.exitCode, 0, said.stderr)
  }
  await ip('netns', 'add', own)
  await ip('-n', namespace, 'link', 'add', 'rack', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', own)
  await ip('-n', namespace, 'link', 'set', 'rack', 'master', lab.interface, 'up')
  await ip('-n', own, 'link', 'add', 'rack0', 'type', 'bridge')
  await ip('-n', own, 'addr', 'add', `${uplink}/24`, 'dev', 'eth0')
  await ip('-n', own, 'addr', 'add', `${gateway}/24`, 'dev', 'rack0')
  for (const link of ['lo', 'eth0', 'rack0']) await ip('-n', own, 'link', 'set', link, 'up')
  await ip('netns', 'exec', own, 'sysctl', '-qw', 'net.ipv4.ip_forward=1')
  await ip('-n', namespace, 'route', 'add', `10.78.${subnet}.0/24`, 'via', uplink)
  const words = ['dhcrelay', '-4', '-d', '--no-pid', '-id', 'rack0', '-iu', 'eth0', address]
  const child = spawn('ip', ['netns', 'exec', own, ...words], { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.on('data', (part: Buffer) => (log += part.toString()))
  for (let waited = 0; !log.includes('Sending on   Socket'); waited += 20) {
    assert.ok(child.exitCode === null && waited < 30_000, `the relay agent does not run: ${log}`)
    await sleep(20)
  }
  return {
    segment: { namespace: own, bridge: 'rack0' },
    gateway,
    log: () => log,
    async [Symbol.asyncDispose]() {
      await end(child, 'SIGKILL')
      await run(['ip', '-n', namespace, 'route', 'del', `10.78.${subnet}.0/24`])
      await run(['ip', 'netns', 'del', own])
    },
  }
}
