import { spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { isAnnealError } from '../src/core/index.ts'
import { dockerEnvironment, enginePid, startEngine, stopEngine } from './engine.ts'
import { containerName } from './host-arguments.ts'
import type { HostSpec } from './host-arguments.ts'
import { Host } from './host.ts'
import { recipes } from './image-recipe.ts'
import { ensureImages } from './images.ts'
import { ensurePackages } from './packages.ts'
import { labDirectory } from './paths.ts'
import { say } from './run.ts'

const HELP = `npm run lab -- COMMAND
  up [NAME] [--plain] [--no-machined] [--docker|--podman|--both]   a compute host (default: node1)
  shell [NAME] [COMMAND …]     a root shell on it
  down [NAME]                  remove it, or all of them
  status                       engine and hosts
  images [NAME …]              build images (default: all)
  clean                        hosts, engine, images: everything the test bed made
`

const COMMANDS: Readonly<Record<string, (argv: readonly string[]) => Promise<void>>> = {
  up: async (argv) => {
    const { name, flags } = parse(argv)
    const spec: HostSpec = {
      name: name ?? 'node1',
      init: flags.has('plain') ? 'plain' : 'systemd',
      machined: !flags.has('plain') && !flags.has('no-machined'),
      engine: flags.has('both') ? 'both' : flags.has('podman') ? 'podman' : 'docker',
      images: recipes()
        .filter((one) => one.folder?.startsWith('images/'))
        .map((one) => one.name),
    }
    await Host.up(spec)
  },
  shell: async ([name = 'node1', ...command]) => {
    const host = await Host.find(name)
    const terminal = process.stdin.isTTY ? ['--interactive', '--tty'] : ['--interactive']
    const argv = command.length > 0 ? command : ['bash', '--login']
    const result = spawnSync('docker', ['exec', ...terminal, containerName(host.name), ...argv], {
      stdio: 'inherit',
      env: { ...process.env, ...dockerEnvironment() },
    })
    process.exitCode = result.status ?? 1
  },
  down: async ([name]) => {
    for (const host of await Host.list()) {
      if (name !== undefined && host.name !== name) continue
      await host.down()
      say(`host ${host.name} is gone`)
    }
  },
  status: async () => {
    const engine = enginePid()
    const hosts = engine === undefined ? [] : await Host.list()
    const answer = {
      directory: labDirectory(),
      engine: engine ?? null,
      hosts: hosts.map((host) => host.spec),
    }
    process.stdout.write(`${JSON.stringify(answer, undefined, 2)}\n`)
  },
  images: async (argv) => {
    await ensurePackages()
    await startEngine()
    const built = await ensureImages(argv.length > 0 ? argv : recipes().map((one) => one.name))
    process.stdout.write(`${JSON.stringify(built, undefined, 2)}\n`)
  },
  clean: async () => {
    if (enginePid() !== undefined) for (const host of await Host.list()) await host.down()
    await stopEngine()
    if (existsSync(labDirectory())) rmSync(labDirectory(), { recursive: true, force: true, maxRetries: 3 })
    say(`${labDirectory()} is gone`)
  },
}

function parse(argv: readonly string[]): Readonly<{ name: string | undefined; flags: ReadonlySet<string> }> {
  const flags = new Set(argv.filter((word) => word.startsWith('--')).map((word) => word.slice(2)))
  return { name: argv.find((word) => !word.startsWith('--')), flags }
}

const [command = 'help', ...rest] = process.argv.slice(2)
const action = COMMANDS[command]
if (action === undefined) {
  process.stderr.write(HELP)
  process.exitCode = command === 'help' ? 0 : 2
} else {
  try {
    await action(rest)
  } catch (error) {
    if (!isAnnealError(error)) throw error
    process.stderr.write(`error: ${error.message}\nremedy: ${error.remedy}\n`)
    process.exitCode = error.exit
  }
}
