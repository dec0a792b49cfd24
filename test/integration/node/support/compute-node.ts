import assert from 'node:assert/strict'
import { Host, guestPid, ticks, virsh, waitForTicks } from '../../../../lab/index.ts'
import type { ComputeHost, ExecOptions, Guest, HostSpec, NestedEngine } from '../../../../lab/index.ts'
import { smallRelease } from './small-release.ts'
import type { SmallRelease } from './small-release.ts'

export type Answer<T> = Readonly<{ exitCode: number; value: T; stdout: string; stderr: string }>

/** What `anneal` prints on stderr with --json when it could not do what was asked. */
export type Refusal = Readonly<{
  schema: string
  code: string
  message: string
  remedy: string
  exit: number
}>

/** A guest as this process and no other: pid and start time identify it. */
export type Alive = Readonly<{ name: string; pid: number; startTime: string }>

/** The two versions of libvirt, which a release may name. */
export const COMPUTE_IMAGES = ['nova-libvirt:bookworm', 'nova-libvirt:bookworm-backports']

const LIBVIRT_STATE = [
  '/run/libvirt',
  '/var/lib/libvirt',
  '/var/cache/libvirt',
  '/etc/libvirt/qemu',
  '/var/log/libvirt',
  '/run/dbus',
]

type Found = Readonly<{ code: string; severity: string; subject: string; evidence: string }>
type Planned = Readonly<{ check: Readonly<{ findings: readonly Found[] }> }>

/** A compute host of the test bed with Anneal on it, as an operator there would call it. */
export class ComputeNode<H extends ComputeHost = Host> {
  readonly host: H
  readonly engine: NestedEngine

  private constructor(host: H, engine: NestedEngine) {
    this.host = host
    this.engine = engine
  }

  static async up(spec: Omit<HostSpec, 'init' | 'images'>, engine: NestedEngine): Promise<ComputeNode> {
    return ComputeNode.on(await Host.up({ ...spec, init: 'systemd', images: COMPUTE_IMAGES }), engine)
  }

  /** A node on a host that is up, with `COMPUTE_IMAGES`. */
  static async on<H extends ComputeHost>(host: H, engine: NestedEngine): Promise<ComputeNode<H>> {
    const node = new ComputeNode(host, engine)
    await node.prepare()
    return node
  }

  /** What a node has before its first release; /run is empty again after each boot. */
  async prepare(): Promise<void> {
    await this.host.must(['mkdir', '-p', ...LIBVIRT_STATE, '/etc/anneal'])
  }

  /** `anneal WORDS --json`. `value` is undefined where nothing was printed. */
  async anneal<T = Readonly<Record<string, unknown>>>(
    words: readonly string[],
    options: ExecOptions = {},
  ): Promise<Answer<T>> {
    const { exitCode, stdout, stderr } = await this.host.exec(['/opt/anneal/anneal', ...words, '--json'], {
      timeoutMs: 240_000 * this.host.patience,
      ...options,
      env: { ANNEAL_ENGINE: this.engine, NO_COLOR: '1', ...options.env },
    })
    const value = stdout.trim() === '' ? undefined : (JSON.parse(stdout) as unknown)
    return { exitCode, value: value as T, stdout, stderr }
  }

  /** The same, and it must end with this exit code. */
  async expect<T = Readonly<Record<string, unknown>>>(
    exitCode: number,
    ...words: readonly string[]
  ): Promise<T> {
    const answer = await this.anneal<T>(words)
    assert.equal(
      answer.exitCode,
      exitCode,
      `anneal ${words.join(' ')}:\n${answer.stderr}\n${answer.stdout.slice(0, 4000)}`,
    )
    return answer.value
  }

  /** What a plan of this release refuses; there must be something. */
  async refusals(release: string): Promise<readonly Found[]> {
    const { check } = await this.expect<Planned>(4, 'node', 'plan', release)
    return check.findings.filter(({ severity }) => severity === 'refuse')
  }

  async write(path: string, text: string): Promise<void> {
    await this.host.sh(`mkdir -p "$(dirname ${path})"; cat >${path}`, { input: text })
  }

  /** Writes and locks a release; the path of the locked file. */
  async lock(spec: SmallRelease): Promise<string> {
    await this.write(`/etc/anneal/${spec.mark}.yaml`, smallRelease({ ...spec, slowness: this.host.slowness }))
    await this.expect(0, 'node', 'lock', `/etc/anneal/${spec.mark}.yaml`)
    return `/etc/anneal/${spec.mark}.locked.yaml`
  }

  /** The running container of a service. */
  async container(service = 'libvirt'): Promise<string> {
    const filter = `label=io.anneal.service=${service}`
    const names = await this.host.must([this.engine, 'ps', '--filter', filter, '--format', '{{.Names}}'])
    const [name, ...others] = names.trim().split('\n')
    assert.ok(name, `a container of ${service} runs`)
    assert.deepEqual(others, [], `only one container of ${service} runs`)
    return name
  }

  /** Every container, sorted: name, state, and the id that a re-created one would not have. */
  async containers(): Promise<readonly string[]> {
    // Podman's `ps` says for how long, instead of a state.
    const format = '{{.Name}} {{.State.Status}} {{.Id}}'
    const list = await this.host.sh(
      `all=$(${this.engine} ps --all --quiet); [ -z "$all" ] || ${this.engine} inspect --format '${format}' $all`,
    )
    return list.split('\n').filter(Boolean).toSorted()
  }

  async alive(guest: Guest): Promise<Alive> {
    const pid = await guestPid(this.host, guest.name)
    const stat = (await this.host.exec(['cat', `/proc/${pid}/stat`])).stdout
    return { name: guest.name, pid, startTime: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '' }
  }

  /** The very same process, ticking on; with libvirt up, seen running by it. */
  async assertUntouched(guest: Alive, hypervisor: 'up' | 'down' = 'up', service = 'libvirt'): Promise<void> {
    const stat = (await this.host.exec(['cat', `/proc/${guest.pid}/stat`])).stdout
    const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
    assert.equal(startTime, guest.startTime, `guest ${guest.name} is the process it was`)
    await waitForTicks(
      this.host,
      guest.name,
      3,
      (await ticks(this.host, guest.name)).length,
      30_000 * this.host.patience,
    )
    if (hypervisor === 'down') return
    const state = await virsh(this.host, await this.container(service), ['domstate', guest.name], {
      engine: this.engine,
    })
    assert.equal(state.stdout.trim(), 'running', `libvirt sees ${guest.name}: ${state.stderr}`)
  }

  /** At rest: status says so, and the history's chain holds. */
  async assertAtRest(): Promise<Status> {
    const status = await this.expect<Status>(0, 'node', 'status')
    assert.deepEqual(status.breaches, [])
    assert.equal(status.unfinished, undefined)
    await this.expect(0, 'node', 'history')
    return status
  }

  async down(): Promise<void> {
    await this.host.down()
  }
}

export type Status = Readonly<{
  release: string | undefined
  previous: string | undefined
  unfinished: unknown
  services: readonly Readonly<{ service: string; container: string; status: string }>[]
  guests: readonly Readonly<{ name: string; pid: number; state: string; runsFromRelease?: string }>[]
  breaches: readonly unknown[]
}>

/** The refusal among the lines of stderr. */
export function refusalIn(stderr: string): Refusal {
  const line = stderr.split('\n').find((one) => one.includes('"anneal.error/1"'))
  assert.ok(line, `an error in JSON on stderr: ${stderr}`)
  return JSON.parse(line) as Refusal
}
