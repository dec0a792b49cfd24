import { spawnSync } from 'node:child_process'
import type { ComputeHost } from './compute-host.ts'
import { dockerEnvironment, enginePid } from './engine.ts'
import { DEFAULT_SUITE, suiteOf } from './host-arguments.ts'
import type { HostSpec, Suite } from './host-arguments.ts'
import { Host } from './host.ts'
import { recipes } from './image-recipe.ts'
import { say } from './run.ts'
import { VirtualHost, quoted } from './vm/virtual-host.ts'

/** `anneal lab host …`: compute hosts. */
export const HOST_COMMANDS: Readonly<Record<string, (argv: readonly string[]) => Promise<void>>> = {
  up: async (argv) => {
    const { name, flags, suite } = parse(argv)
    const spec: HostSpec = {
      name: name ?? 'node1',
      suite,
      init: flags.has('plain') ? 'plain' : 'systemd',
      machined: !flags.has('plain') && !flags.has('no-machined'),
      ...(flags.has('cgroup-v2') ? { cgroups: 'v2' as const } : {}),
      engine: flags.has('both') ? 'both' : flags.has('podman') ? 'podman' : 'docker',
      images: imagesOn(suite),
    }
    await (flags.has('vm') ? VirtualHost.up({ ...spec, init: 'systemd' }) : Host.up(spec))
  },
  shell: async ([name = 'node1', ...command]) => {
    const [program = '', ...rest] = await shellOn(name, command.length > 0 ? command : ['bash', '--login'])
    const result = spawnSync(program, rest, {
      stdio: 'inherit',
      env: { ...process.env, ...dockerEnvironment() },
    })
    process.exitCode = result.status ?? 1
  },
  down: async ([name]) => {
    for (const host of await everyHost()) {
      if (name !== undefined && host.name !== name) continue
      await host.down()
      say(`host ${host.name} is gone`)
    }
  },
}

/** Containers and virtual machines. */
export async function everyHost(): Promise<readonly ComputeHost[]> {
  return [...VirtualHost.list(), ...(enginePid() === undefined ? [] : await Host.list())]
}

async function shellOn(name: string, argv: readonly string[]): Promise<readonly string[]> {
  const terminal = process.stdin.isTTY
  const virtual = VirtualHost.list().find((host) => host.name === name)
  if (virtual !== undefined) return [...virtual.entry(terminal ? ['-t'] : []), quoted(argv)]
  const host = await Host.find(name)
  const flags = terminal ? ['--interactive', '--tty'] : ['--interactive']
  return [...(await host.entry(flags, { TERM: process.env['TERM'] ?? 'dumb' })), ...argv]
}

/** Those that `anneal node build` makes, and the libvirt of the host's own suite. */
function imagesOn(suite: Suite): readonly string[] {
  return recipes()
    .filter((one) => one.folder?.startsWith('images/'))
    .filter((one) => one.onlyByName !== true || one.name === `nova-libvirt:${suite}`)
    .map((one) => one.name)
}

type Words = Readonly<{ name: string | undefined; flags: ReadonlySet<string>; suite: Suite }>

function parse(argv: readonly string[]): Words {
  const words = [...argv]
  const at = words.findIndex((word) => word === '--suite' || word.startsWith('--suite='))
  const [, text] =
    at < 0 ? [] : words.splice(at, words[at] === '--suite' ? 2 : 1).flatMap((word) => word.split('='))
  const flags = new Set(words.filter((word) => word.startsWith('--')).map((word) => word.slice(2)))
  return {
    name: words.find((word) => !word.startsWith('--')),
    flags,
    suite: at < 0 ? DEFAULT_SUITE : suiteOf(text ?? ''),
  }
}
