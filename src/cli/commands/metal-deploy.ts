import { deployMachine, openMetal, planDeploy } from '../../app/metal/index.ts'
import type { DeploymentReport } from '../../app/metal/index.ts'
import type { DeployPlanDocument } from '../../contract/index.ts'
import { EXIT } from '../../core/index.ts'
import type { ExitCode } from '../../core/index.ts'
import { ROUTES } from '../../metal/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS, DRY_RUN_FLAG } from '../common-flags.ts'
import { CONDUCTOR_FLAGS, conductorWay } from '../conductor-wishes.ts'
import { ARGUMENT_FLAGS, DRIVE_FLAGS, IMAGE_FLAGS, driveWishes, wantedImage } from '../deploy-wishes.ts'
import { describeDeployPlan, describeDeployment, describeStretch, wayOf } from '../describe-deployment.ts'
import { durationMs } from '../duration-flag.ts'
import { CONSOLE_FLAGS, METAL_FLAGS, metalOptions } from '../metal-flags.ts'
import { NOVA_FLAGS, deployWay } from '../nova-wishes.ts'

const NAME = 'anneal metal deploy'

export const metalDeploy = command({
  path: ['metal', 'deploy'],
  summary: 'Deploy an image on a machine and wait until the machine answers',
  operands: 'NODE',
  count: { min: 1, max: 1 },
  flags: {
    ...IMAGE_FLAGS,
    route: {
      kind: 'choice',
      values: ROUTES,
      help: 'Deploy this way; by default as the image’s properties ask',
    },
    ...ARGUMENT_FLAGS,
    ...DRIVE_FLAGS,
    ...NOVA_FLAGS,
    ...CONDUCTOR_FLAGS,
    ready: {
      kind: 'text',
      placeholder: 'WHEN',
      help: 'Count the machine as ready when ssh answers, ssh:HOST[:PORT] answers, console:TEXT appears, or Ironic says active. By default ssh if the inventory has an address, else active',
    },
    ...CONSOLE_FLAGS,
    timeout: { kind: 'text', placeholder: 'TIME', help: 'Wait this long for Ironic', default: '30m' },
    'callback-timeout': {
      kind: 'text',
      placeholder: 'TIME',
      help: 'Fail if the deploy ramdisk is silent for this long',
      default: '20m',
    },
    'ready-timeout': {
      kind: 'text',
      placeholder: 'TIME',
      help: 'Wait this long for the machine to answer after Ironic is done',
      default: '10m',
    },
    ...DRY_RUN_FLAG,
    ...METAL_FLAGS,
    ...COMMON_FLAGS,
  },
  details:
    'If the command is interrupted, run it again: it continues where it stopped.\nExit codes: 0, the machine is active and answers. 1, the deployment failed or the machine does not answer. 4, refused: nothing was changed.',
  async run({ flags, args, output, signal }) {
    const byConductor = conductorWay(flags, NAME)
    const request = {
      way: byConductor ?? deployWay(flags, NAME),
      drive: driveWishes(flags, NAME),
      ...(byConductor === undefined ? { image: wantedImage(flags, NAME) } : {}),
      dryRun: flags['dry-run'],
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
    const { plan, shown, ready, beginsIn } = planned
    if (flags['dry-run']) {
      const value: DeployPlanDocument = { schema: 'anneal.deploy-plan/1', plan: shown, ready, beginsIn }
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
