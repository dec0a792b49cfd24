import { deployMachine, openMetal, planDeploy } from '../../app/metal/index.ts'
import type { DeploymentReport } from '../../app/metal/index.ts'
import type { DeployPlanDocument } from '../../contract/index.ts'
import { EXIT } from '../../core/index.ts'
import type { ExitCode } from '../../core/index.ts'
import { ROUTES } from '../../metal/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { ARGUMENT_FLAGS, DRIVE_FLAGS, IMAGE_FLAGS, driveWishes, wantedImage } from '../deploy-wishes.ts'
import { describeDeployPlan, describeDeployment, describeStretch, wayOf } from '../describe-deployment.ts'
import { durationMs } from '../duration-flag.ts'
import { CONSOLE_FLAGS, METAL_FLAGS, metalOptions } from '../metal-flags.ts'
import { NOVA_FLAGS, deployWay } from '../nova-wishes.ts'

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
    const request = {
      way: deployWay(flags, NAME),
      drive: driveWishes(flags, NAME),
      image: wantedImage(flags, NAME),
      ...(flags.ready === undefined ? {} : { ready: flags.ready }),
      ...(flags.console === undefined ? {} : { console: flags.console }),
    }
    const times = {
      timeoutMs: durationMs(flags.timeout, 'timeout', NAME),
      callbackTimeoutMs: durationMs(flags['callback-timeout'], 'callback-timeout', NAME),
      readyTimeoutMs: durationMs(flags['ready-timeout'], 'ready-timeout', NAME),
    }
    const world = openMetal(metalOptions(flags))
    const planned = await planDeploy(world, args[0] ?? '', request)
    const { plan, ready, beginsIn } = planned
    if (flags['dry-run']) {
      const value: DeployPlanDocument = { schema: 'anneal.deploy-plan/1', plan, ready, beginsIn }
      output.data(value, () => describeDeployPlan(plan, ready, output))
      return EXIT.ok
    }
    output.say(`${plan.image.name} onto ${plan.node.name} ${wayOf(plan)}: ${plan.why}`)
    for (const note of plan.notes) output.say(`${output.yellow('note')}: ${note}`)
    const report = await deployMachine(world, planned, {
      ...times,
      signal,
      onEffect: (effect) => output.jsonProgress && output.progress({ event: 'effect', effect }, ''),
      onStretch: (one) => output.progress({ event: 'state', ...one }, `  ${describeStretch(one)}`),
    })
    output.data(report, () => describeDeployment(report, output))
    return exitOfDeployment(report)
  },
})

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
