import { Host, byHandArguments, tickGaps, ticks, waitForLibvirt } from '../lab/index.ts'
import type { NestedEngine } from '../lab/index.ts'
import type { RunReport } from '../src/runtime/node/index.ts'
import { HOST_NODE, outageDuring } from './outage-during.ts'

/** What libvirt's API and a guest's clock say of an act. Milliseconds. */
export type Sample = Readonly<{ outageMs: number; tickGapMs: number; wallMs: number }>

/** What a program cost. */
export type Cost = Readonly<{ wallMs: number; cpuMs: number; peakMiB: number }>

/** A compute host that releases of libvirt and virtlogd are switched on, beside the same by hand (with Docker). */
export class BenchNode {
  readonly host: Host
  readonly image: string
  readonly engine: NestedEngine

  private constructor(host: Host, image: string, engine: NestedEngine) {
    this.host = host
    this.image = image
    this.engine = engine
  }

  static async up(
    name: string,
    images: readonly string[],
    engine: NestedEngine = 'docker',
  ): Promise<BenchNode> {
    const host = await Host.up({ name, init: 'systemd', engine, machined: true, images: [...images] })
    return new BenchNode(host, images[0] ?? '', engine)
  }

  /** `anneal node WORDS --json`, which must end with this exit code. */
  async anneal(exitCode: number, ...words: string[]): Promise<RunReport> {
    const result = await this.host.exec(['/opt/anneal/anneal', 'node', ...words, '--json'], {
      env: { ANNEAL_ENGINE: this.engine },
      timeoutMs: 240_000 * this.host.patience,
    })
    if (result.exitCode !== exitCode)
      throw new Error(`anneal ${words.join(' ')}: ${result.exitCode}\n${result.stderr}`)
    return JSON.parse(result.stdout) as RunReport
  }

  /** What `anneal node WORDS` takes: wall clock, CPU of it and its children, and the largest resident set among them. */
  async cost(...words: string[]): Promise<Cost> {
    const script = `const { spawnSync } = require('node:child_process')
      const { readFileSync } = require('node:fs')
      const at = process.hrtime.bigint()
      const child = spawnSync('/opt/anneal/anneal', ['node', ...process.argv.slice(1)], { encoding: 'utf8', env: { ...process.env, ANNEAL_ENGINE: 'docker' } })
      const wallMs = Number(process.hrtime.bigint() - at) / 1e6
      if (child.status !== 0) { console.error(child.stderr); process.exit(1) }
      const ticks = readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ')
      console.log(JSON.stringify({ wallMs, cpuMs: (Number(ticks[13]) + Number(ticks[14])) * 10 }))`
    const answer = await this.host.must([HOST_NODE, '-e', script, '--', ...words])
    const peak = await this.host.must([
      'bash',
      '-c',
      `ANNEAL_ENGINE=docker /opt/anneal/anneal node "$@" >/dev/null & peak=0
       while [ -r /proc/$!/status ]; do now=$(sed -n 's/^VmHWM:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/$!/status 2>/dev/null) || break; [ -z "$now" ] || peak=$now; sleep 0.02; done
       echo $((peak / 1024))`,
      'bash',
      ...words,
    ])
    const { wallMs, cpuMs } = JSON.parse(answer) as Omit<Cost, 'peakMiB'>
    return { wallMs, cpuMs, peakMiB: Number(peak.trim()) }
  }

  /** Locks a release of virtlogd and libvirt; the name makes its containers differ from others'. Gives the file. */
  async lock(name: string, command: string): Promise<string> {
    const example = await this.host.must(['cat', '/opt/anneal/examples/compute/compose.yaml'])
    // Only virtlogd and libvirt: the other services are not what is measured.
    const text = example
      .replace(/\n {2}# Wires guests' taps[\s\S]*$/, '\n')
      .replace(
        /^ {2}restart: unless-stopped$/m,
        `  restart: unless-stopped\n  labels: {bench.release: ${name}}`,
      )
      .replace('command: [libvirtd]', `command: ${command}`)
    return this.lockText(name, text)
  }

  /** Locks a release that is written already. Gives the file. */
  async lockText(name: string, text: string): Promise<string> {
    await this.host.sh(`mkdir -p /etc/anneal; cat >/etc/anneal/${name}.yaml`, { input: text })
    await this.anneal(0, 'lock', `/etc/anneal/${name}.yaml`)
    return `/etc/anneal/${name}.locked.yaml`
  }

  /** The name of the container that runs a service of the release. */
  async current(service = 'libvirt'): Promise<string> {
    const filter = `label=io.anneal.service=${service}`
    const names = await this.host.must([this.engine, 'ps', '--format', '{{.Names}}', '--filter', filter])
    return names.trim().split('\n')[0] ?? ''
  }

  runArguments(name: string, command: readonly string[]): readonly string[] {
    const shell = command[0] === 'sh'
    return byHandArguments({
      name,
      image: this.image,
      stdioHandler: 'logd',
      extra: shell ? ['--entrypoint', 'sh'] : [],
      command: shell ? command.slice(1) : command,
    })
  }

  /** libvirt in a container made by hand, with a capability cache as warm as one that has run for a while. */
  async byHand(name: string, command: readonly string[]): Promise<void> {
    await this.host.must(['docker', 'run', '--detach', ...this.runArguments(name, command)])
    await waitForLibvirt(this.host, name, 'docker')
    await this.host.must(['docker', 'exec', name, 'virsh', 'domcapabilities', '--virttype', 'qemu'])
  }

  /** libvirt under a shell that starts it again whenever it ends. */
  bare(name: string): Promise<void> {
    return this.byHand(name, ['sh', '-c', 'trap : TERM; while :; do nova-libvirt libvirtd & wait $!; done'])
  }

  /** How long libvirt's API is away during the act, and how long the guest's clock stood. */
  async sample(guest: string, act: () => Promise<unknown>): Promise<Sample> {
    const before = (await ticks(this.host, guest)).length
    let wallMs = 0
    const outage = await outageDuring(this.host, async () => {
      const startedAt = performance.now()
      await act()
      wallMs = Math.round(performance.now() - startedAt)
    })
    const { longestMs, lost } = tickGaps((await ticks(this.host, guest)).slice(before))
    if (lost > 0) throw new Error(`the guest lost ${lost} ticks`)
    return { outageMs: outage.longestGapMs, tickGapMs: longestMs, wallMs }
  }
}
