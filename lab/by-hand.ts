import { setTimeout as sleep } from 'node:timers/promises'
import { raise } from './errors.ts'
import { virsh } from './guest.ts'
import { engines } from './host-arguments.ts'
import type { ComputeHost } from './compute-host.ts'
import { imageReference } from './image-recipe.ts'
import type { NestedEngine } from './seed.ts'

/**
 * Containers started by plain `docker run`, as an operator without Anneal would: what tests of faults, inherited nodes
 * and comparisons begin with.
 */
export type ByHand = Readonly<{
  name: string
  image: string
  engine?: NestedEngine
  stdioHandler?: 'logd' | 'file'
  /** Parts of the arrangement to leave out, each of them a known fault. */
  without?: readonly ('host pid' | 'host cgroup namespace' | 'cgroup bind' | 'dbus' | 'dev')[]
  /** More arguments for `run`, before the image. */
  extra?: readonly string[]
  /** Command in the container. */
  command?: readonly string[]
}>

const STATE = ['/run/libvirt', '/var/lib/libvirt', '/etc/libvirt/qemu', '/var/log/libvirt', '/var/lib/nova']

/** Arguments of `run` or `create` for a libvirt (or, by command, virtlogd) container. */
export function byHandArguments(spec: ByHand): readonly string[] {
  const without = new Set(spec.without)
  const binds = [
    ...STATE,
    ...(without.has('cgroup bind') ? [] : ['/sys/fs/cgroup']),
    ...(without.has('dbus') ? [] : ['/run/dbus']),
    ...(without.has('dev') ? [] : ['/dev']),
  ]
  return [
    `--name=${spec.name}`,
    '--privileged',
    '--network=host',
    ...(without.has('host pid') ? [] : ['--pid', 'host']),
    '--cgroupns',
    without.has('host cgroup namespace') ? 'private' : 'host',
    ...binds.flatMap((path) => ['--volume', `${path}:${path}`]),
    `--env=STDIO_HANDLER=${spec.stdioHandler ?? 'file'}`,
    ...(spec.extra ?? []),
    imageReference(spec.image),
    ...(spec.command ?? []),
  ]
}

/** Starts libvirtd in a container and waits until it answers. Gives the seconds that took. */
export async function runLibvirt(host: ComputeHost, spec: ByHand): Promise<number> {
  const engine = spec.engine ?? engines(host.spec)[0] ?? 'docker'
  await prepareState(host)
  const started = performance.now()
  await host.must([engine, 'run', '--detach', ...byHandArguments(spec)])
  await waitForLibvirt(host, spec.name, engine)
  return (performance.now() - started) / 1000
}

/** Starts virtlogd in a container of its own. */
export async function runVirtlogd(host: ComputeHost, spec: ByHand): Promise<void> {
  const engine = spec.engine ?? engines(host.spec)[0] ?? 'docker'
  await prepareState(host)
  await host.must([engine, 'run', '--detach', ...byHandArguments({ ...spec, command: ['virtlogd'] })])
  await host.sh(
    'for n in $(seq 100); do [ -S /run/libvirt/virtlogd-sock ] && exit 0; sleep 0.1; done; exit 1',
  )
}

export async function waitForLibvirt(
  host: ComputeHost,
  via: string,
  engine: NestedEngine,
  timeoutMs = 60_000 * host.patience,
): Promise<void> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const result = await virsh(host, via, ['uri'], { engine, timeoutMs: 10_000 * host.patience })
    if (result.exitCode === 0) return
    if (Date.now() > deadline) {
      const logs = await host.exec([engine, 'logs', '--tail', '5', via])
      const output = `${result.stderr}${logs.stderr}${logs.stdout}`.trim()
      throw raise('LAB_COMMAND_FAILED', {
        action: `reach libvirt in "${via}"`,
        command: 'virsh uri',
        exitCode: result.exitCode,
        output,
      })
    }
    await sleep(100)
  }
}

/** Podman wants bind sources to exist; Docker makes them. */
async function prepareState(host: ComputeHost): Promise<void> {
  await host.must(['mkdir', '-p', ...STATE, '/run/dbus'])
}
