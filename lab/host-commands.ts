import { spawnSync } from 'node:child_process'
import { DRY_RUN_FLAG, command } from '../src/cli/index.ts'
import type { Command } from '../src/cli/index.ts'
import { EXIT } from '../src/core/index.ts'
import type { ExitCode } from '../src/core/index.ts'
import type { ComputeHost } from './compute-host.ts'
import { dockerEnvironment, enginePid } from './engine.ts'
import { DEFAULT_SUITE, SUITES } from './host-arguments.ts'
import type { HostSpec, Suite } from './host-arguments.ts'
import { Host } from './host.ts'
import { recipes } from './image-recipe.ts'
import { HELP_FLAG } from './lab-flags.ts'
import { VirtualHost, quoted } from './vm/virtual-host.ts'

const DEFAULT_HOST = 'node1'

/** `anneal lab host …`: compute hosts. */
export const HOST_COMMANDS: readonly Command[] = [
  command({
    path: ['lab', 'host', 'up'],
    summary: 'Start a compute host: a container with systemd, an engine and the images of a node',
    operands: '[NAME]',
    count: { min: 0, max: 1 },
    flags: {
      engine: {
        kind: 'choice',
        values: ['docker', 'podman', 'both'],
        default: 'docker',
        help: 'Install this container engine',
        flagOnly: true,
      },
      suite: {
        kind: 'choice',
        values: SUITES,
        default: DEFAULT_SUITE,
        help: 'Make the host of this Debian suite',
        flagOnly: true,
      },
      plain: {
        kind: 'switch',
        help: 'Run without systemd, in the cgroups of the machine itself',
        flagOnly: true,
      },
      'no-machined': { kind: 'switch', help: 'Leave systemd-machined out', flagOnly: true },
      'cgroup-v2': { kind: 'switch', help: 'Mount only cgroup v2 at /sys/fs/cgroup', flagOnly: true },
      vm: { kind: 'switch', help: 'Run a virtual machine with its own kernel', flagOnly: true },
      ...HELP_FLAG,
    },
    details: 'Without NAME the host is node1.',
    async run({ flags, args }) {
      const { suite, plain } = flags
      const spec: HostSpec = {
        name: args[0] ?? DEFAULT_HOST,
        suite,
        init: plain ? 'plain' : 'systemd',
        machined: !plain && !flags['no-machined'],
        ...(flags['cgroup-v2'] ? { cgroups: 'v2' as const } : {}),
        engine: flags.engine,
        images: imagesOn(suite),
      }
      await (flags.vm ? VirtualHost.up({ ...spec, init: 'systemd' }) : Host.up(spec))
      return EXIT.ok
    },
  }),
  command({
    path: ['lab', 'host', 'shell'],
    summary: 'Open a root shell on a compute host, or run a command there',
    operands: '[NAME] [COMMAND…]',
    count: { min: 0, max: 1000 },
    passesOn: true,
    flags: HELP_FLAG,
    async run({ args: [name = DEFAULT_HOST, ...words] }) {
      const [program = '', ...rest] = await shellOn(name, words.length > 0 ? words : ['bash', '--login'])
      const result = spawnSync(program, rest, {
        stdio: 'inherit',
        env: { ...process.env, ...dockerEnvironment() },
      })
      // The exit code is the command's own.
      return (result.status ?? EXIT.failed) as ExitCode
    },
  }),
  command({
    path: ['lab', 'host', 'down'],
    summary: 'Remove a compute host, or all of them',
    operands: '[NAME]',
    count: { min: 0, max: 1 },
    flags: { ...DRY_RUN_FLAG, ...HELP_FLAG },
    async run({ flags, args: [name], output }) {
      for (const host of await everyHost()) {
        if (name !== undefined && host.name !== name) continue
        if (!flags['dry-run']) await host.down()
        output.say(`${flags['dry-run'] ? 'would remove' : 'removed'} host ${host.name}`)
      }
      return EXIT.ok
    },
  }),
]

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
