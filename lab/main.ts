import { existsSync, rmSync } from 'node:fs'
import { isAnnealError } from '../src/core/index.ts'
import { enginePid, startEngine, stopEngine } from './engine.ts'
import { HOST_COMMANDS, everyHost } from './host-commands.ts'
import { defaultNames, recipeBook } from './image-recipe.ts'
import { ensureImages } from './images.ts'
import { OPENSTACK_COMMANDS, openStackStatus } from './openstack/commands.ts'
import { labNames, removeLab } from './openstack/index.ts'
import { ensurePackages } from './packages.ts'
import { labDirectory } from './paths.ts'
import { say } from './run.ts'

const HELP = `usage: anneal lab COMMAND

OpenStack and machines to deploy (--name NAME chooses among several labs):
  up [--nodes N]        Keystone, Glance, Ironic, N virtual machines
    --auth keystone,none,basic     how Ironic's APIs let in
    --uefi                         machines with UEFI instead of BIOS
    --nova                         Nova, Placement, Neutron's API, RabbitMQ
    --suite bookworm|trixie|sid     the OpenStack of that Debian suite, in a tree
    --clean                        Ironic wipes disks between deployments
    --without-deploy-ramdisk       only ramdisk deployments will work
  nodes [--json]        its machines: power, boot device, addresses
  console [NODE]        a machine's serial port (--log: all it ever wrote)
  env                   variables for the openstack client and for anneal
  shell [COMMAND …]     a shell in its network namespace
  status                labs, their services and machines; compute hosts
  down [--all]          end and remove it, however it was left

Compute hosts:
  host up [NAME] [--plain] [--no-machined] [--docker|--podman|--both]
    --suite SUITE                  bullseye, bookworm, trixie, forky or sid
    --cgroup-v2                    its /sys/fs/cgroup is cgroup v2
    --vm                           a virtual machine, with a kernel of its own
  host shell [NAME] [COMMAND …]
  host down [NAME]      one of them, or all

Both:
  images [NAME …]       build container images (default: all but those of
                        other suites than bookworm)
  clean                 everything that the test bed made
`

const COMMANDS: Readonly<Record<string, (argv: readonly string[]) => Promise<void>>> = {
  ...OPENSTACK_COMMANDS,
  host: async ([verb = '', ...argv]) => {
    const action = HOST_COMMANDS[verb]
    if (action === undefined) help(2)
    else await action(argv)
  },
  status: async (argv) => {
    const engine = enginePid()
    const hosts = await everyHost()
    const answer = {
      directory: labDirectory(),
      engine: engine ?? null,
      hosts: hosts.map((host) => host.spec),
    }
    process.stdout.write(`${JSON.stringify({ ...answer, ...openStackStatus(argv) }, undefined, 2)}\n`)
  },
  images: async (argv) => {
    await ensurePackages()
    await startEngine()
    const built = await ensureImages(argv.length > 0 ? argv : defaultNames(recipeBook()))
    process.stdout.write(`${JSON.stringify(built, undefined, 2)}\n`)
  },
  clean: async () => {
    for (const name of labNames()) await removeLab(name)
    for (const host of await everyHost()) await host.down()
    await stopEngine()
    if (existsSync(labDirectory())) rmSync(labDirectory(), { recursive: true, force: true, maxRetries: 3 })
    say(`${labDirectory()} is gone`)
  },
}

function help(exitCode: number): void {
  ;(exitCode === 0 ? process.stdout : process.stderr).write(HELP)
  process.exitCode = exitCode
}

/** `up node1` is short for `host up node1`: an OpenStack lab takes no operand there. */
function chosen([word = 'help', ...rest]: readonly string[]): (() => Promise<void>) | undefined {
  const short = (word === 'up' || word === 'down') && /^[^-]/.test(rest[0] ?? '')
  const action = short ? HOST_COMMANDS[word] : COMMANDS[word]
  return action === undefined ? undefined : () => action(rest)
}

const [word = 'help'] = process.argv.slice(2)
const action = chosen(process.argv.slice(2))
if (action === undefined) {
  help(word === 'help' || word === '--help' ? 0 : 2)
} else {
  try {
    await action()
  } catch (error) {
    if (!isAnnealError(error)) throw error
    process.stderr.write(`error: ${error.message}\nremedy: ${error.remedy}\n`)
    process.exitCode = error.exit
  }
}
