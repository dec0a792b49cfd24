import { EXIT } from '../../core/index.ts'
import type { ExitCode } from '../../core/index.ts'
import { sha256 } from '../../adapters/system/index.ts'
import {
  MARK,
  MARK_ADDRESS,
  ROUTES,
  configDrive as makeDrive,
  examineNode,
  examineServer,
  metalError,
  parseReady,
  planDeployment,
} from '../../metal/index.ts'
import type { DeployPlan, Examination, MetalNode, Ready } from '../../metal/index.ts'
import type { MetalWorld } from '../../ports/index.ts'
import { readNode, runDeployment } from '../../runtime/index.ts'
import type { DeploymentReport } from '../../runtime/index.ts'
import { POLL_MS } from '../bring-nodes.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { CONSOLE_FLAGS, consoleSource } from '../console-source.ts'
import {
  ARGUMENT_FLAGS,
  DRIVE_FLAGS,
  IMAGE_FLAGS,
  bootContract,
  driveWishes,
  wantedImage,
} from '../deploy-wishes.ts'
import { describeDeployPlan, describeDeployment, describeStretch, wayOf } from '../describe-deployment.ts'
import { durationMs } from '../duration-flag.ts'
import { METAL_FLAGS, openMetal } from '../metal-world.ts'
import { NOVA_FLAGS, checkVia, planViaNova } from '../nova-wishes.ts'

const NAME = 'anneal metal deploy'

export const metalDeploy = command({
  path: ['metal', 'deploy'],
  summary: 'puts an image on a machine, and waits until the machine answers',
  operands: 'NODE',
  count: { min: 1, max: 1 },
  flags: {
    ...IMAGE_FLAGS,
    route: { kind: 'choice', values: ROUTES, help: 'how; by default what the image asks for' },
    ...ARGUMENT_FLAGS,
    ...DRIVE_FLAGS,
    ...NOVA_FLAGS,
    ready: {
      kind: 'text',
      placeholder: 'WHEN',
      help: 'ssh, ssh:HOST[:PORT], console:TEXT or active; by default ssh where the inventory has the address',
    },
    ...CONSOLE_FLAGS,
    timeout: { kind: 'text', placeholder: 'TIME', help: 'longest wait for Ironic', default: '30m' },
    'callback-timeout': {
      kind: 'text',
      placeholder: 'TIME',
      help: 'how long the deploy ramdisk may be silent',
      default: '20m',
    },
    'ready-timeout': { kind: 'text', placeholder: 'TIME', help: 'then for the machine', default: '10m' },
    'dry-run': { kind: 'switch', short: 'n', help: 'says what would be done, and why so', flagOnly: true },
    ...METAL_FLAGS,
    ...COMMON_FLAGS,
  },
  details:
    'A second run of the same command goes on where the first was interrupted, or finds it done.\nExit code 0: active, and the machine answered. 4: refused, nothing was changed. 1: it failed, or the machine is silent.',
  async run({ flags, args, output, signal }) {
    checkVia(flags, NAME)
    const world = openMetal(flags)
    const node = await readNode(world, args[0] ?? '', 'deploy')
    const timeoutMs = durationMs(flags.timeout, 'timeout', NAME)
    const callbackTimeoutMs = durationMs(flags['callback-timeout'], 'callback-timeout', NAME)
    const readyTimeoutMs = durationMs(flags['ready-timeout'], 'ready-timeout', NAME)
    const drive = driveWishes(flags, NAME)
    const configDrive = makeDrive(drive, node)
    const ready = await wantedReady(world, node, flags.ready, flags.console)
    const image = await wantedImage(flags, NAME)
    const plan =
      flags.via === 'nova'
        ? await planViaNova(world, node, image, flags, drive, NAME)
        : planDeployment(
            node,
            image,
            {
              ...(flags.route === undefined ? {} : { route: flags.route }),
              contract: bootContract(flags.boot, NAME),
              addedArguments: flags.karg,
              deletedArguments: flags['delete-karg'],
              ...(configDrive === undefined ? {} : { configDrive }),
            },
            await enabledInterfaces(world, node),
            sha256,
          )
    const found = await examine(world, node, plan)
    if (!found.ok) throw found.error
    if (flags['dry-run']) {
      const value = { schema: 'anneal.deploy-plan/1', plan, ready, beginsIn: found.enter }
      output.data(value, () => describeDeployPlan(plan, ready, output))
      return EXIT.ok
    }
    output.say(`${plan.image.name} onto ${plan.node.name} ${wayOf(plan)}: ${plan.why}`)
    for (const note of plan.notes) output.say(`${output.yellow('note')}: ${note}`)
    const report = await runDeployment(world, plan, {
      ready,
      timeoutMs,
      callbackTimeoutMs,
      readyTimeoutMs,
      pollMs: POLL_MS,
      signal,
      ...(configDrive === undefined ? {} : { configDrive }),
      onEffect: (effect) => output.jsonProgress && output.progress({ event: 'effect', effect }, ''),
      onStretch: (one) => output.progress({ event: 'state', ...one }, `  ${describeStretch(one)}`),
    })
    output.data(report, () => describeDeployment(report, output))
    return exitOfDeployment(report)
  },
})

/** What the run would find at this moment: refused here, nothing has begun. */
async function examine(world: MetalWorld, node: MetalNode, plan: DeployPlan): Promise<Examination> {
  if (plan.server === undefined) return examineNode(node, plan)
  const [server] = await world.compute.marked(MARK, plan.id)
  return examineServer(node, server, plan)
}

function exitOfDeployment(report: DeploymentReport): ExitCode {
  switch (report.outcome) {
    case 'ready':
      return EXIT.ok
    case 'refused':
      return EXIT.refused
    case 'failed':
    case 'silent':
    case 'left':
      return EXIT.failed
  }
}

async function wantedReady(
  world: MetalWorld,
  node: MetalNode,
  text: string | undefined,
  console: string | undefined,
): Promise<Ready> {
  const fallback = typeof node.extra[MARK_ADDRESS] === 'string' ? 'ssh' : 'active'
  const wish = text ?? fallback
  const source = wish.startsWith('console:') ? await consoleSource(world, node, console) : undefined
  return parseReady(wish, node, source)
}

/** Undefined where this login is not shown drivers: then Ironic's own check of the node says what is not enabled. */
async function enabledInterfaces(world: MetalWorld, node: MetalNode): Promise<readonly string[] | undefined> {
  const driver = await world.metal.driver(node.driver)
  if (driver === 'hidden') return undefined
  if (driver !== undefined) return driver.deployInterfaces
  throw metalError('METAL_NODE_INVALID', {
    action: `deploy on node "${node.name ?? node.uuid}"`,
    node: node.name ?? node.uuid,
    problems: `no conductor of Ironic runs its driver "${node.driver}"`,
  })
}
