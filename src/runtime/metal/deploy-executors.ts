import {
  BASE_WRITTEN,
  MARK,
  examineNode,
  isRebuilt,
  judgeDeploying,
  metalError,
  provisionState,
} from '../../metal/index.ts'
import type { DeployEffect, MetalNode } from '../../metal/index.ts'
import { awaitDeploying, restartSilent } from './await-deploying.ts'
import { DONE, current, enter } from './deploy-context.ts'
import type { DeployContext, Executor } from './deploy-context.ts'
import { PatientReader } from './patient.ts'
import { SERVER_EXECUTORS, isServerThere } from './server-executors.ts'

/** One function for each effect. Each looks at the node before it changes anything, because it may be a repetition. */
export const DEPLOY_EXECUTORS: Readonly<Record<DeployEffect, Executor>> = {
  ...SERVER_EXECUTORS,

  async examine(context) {
    const node = await current(context)
    context.see(node)
    return enter(context, examineNode(node, context.plan))
  },

  async writeInstance(context) {
    const { plan, world } = context
    const { prepares } = plan
    if (prepares === undefined) throw new TypeError('a plan for Nova has come to Ironic')
    if (plan.checksBootFirst === true && plan.boots !== undefined) {
      const node = await current(context)
      await world.provisioner.prepare(node, plan.boots)
      await refuseInvalid(context, node)
    }
    const node = await current(context)
    await world.provisioner.prepare(node, prepares)
    return DONE
  },

  async validate(context) {
    await refuseInvalid(context, await current(context))
    return DONE
  },

  async clearInstance(context) {
    const { plan, world } = context
    const node = await current(context)
    if (node.instanceInfo[MARK] === plan.id) await world.provisioner.withdraw(node)
    return DONE
  },

  async askForActive(context) {
    const { plan, world, configDrive } = context
    const node = await current(context)
    const begun = ['deploying', 'wait call-back', 'active'].includes(node.provisionState)
    if (begun && node.instanceInfo[MARK] === plan.id) {
      await restartSilent(context, node)
      return DONE
    }
    await world.provisioner.deploy(node, {
      ...(configDrive === undefined ? {} : { configDrive }),
      // A base does not boot by itself: the machine is left off when it is written.
      ...(plan.boots === undefined ? {} : { afterwards: 'off' as const }),
    })
    return DONE
  },

  async writeBoot(context) {
    const { plan, world } = context
    const node = await current(context)
    if (BASE_WRITTEN in node.instanceInfo || plan.boots === undefined) return DONE
    const base = { reference: plan.image.reference, writtenAt: node.provisionUpdatedAt ?? '' }
    await world.provisioner.prepare(node, { ...plan.boots, base })
    return DONE
  },

  async askForRebuild(context) {
    const { world, watch, notes } = context
    const node = await current(context)
    const isFailed = provisionState(node.provisionState).kind === 'failed'
    if (isRebuilt(node) && !isFailed) return DONE
    // What the deploy ramdisk said while the base was written is not what the machine says.
    await watch.expectBoot()
    await notes.expectBoot(watch.consolePosition)
    await world.provisioner.boot(node)
    return DONE
  },

  awaitActive: (context) =>
    awaitDeploying(context, (node, times) =>
      Promise.resolve(judgeDeploying(context.plan.node.name, node, times)),
    ),

  async askForPower(context) {
    const { world, watch } = context
    const node = await current(context)
    if (node.powerState !== 'power off' || node.targetPowerState !== undefined) return DONE
    // What its console said until now is of a boot that has ended.
    await watch.expectBoot()
    await world.provisioner.power(node, 'on')
    return DONE
  },

  async awaitAnswer(context) {
    const { plan, world, watch, signal } = context
    const { clock } = world
    const reader = new PatientReader(() => current(context), clock)
    const startedMs = clock.monotonic()
    context.timeline.enter({ state: watch.state }, startedMs, clock.now())
    let node: MetalNode | undefined
    for (let lookedMs = Number.NEGATIVE_INFINITY; ;) {
      if (await watch.answered()) return DONE
      const nowMs = clock.monotonic()
      if (nowMs - lookedMs >= LOOK_MS) {
        node = await reader.look()
        lookedMs = nowMs
        if (node !== undefined && !(await isStillThere(context, node))) {
          throw metalError('DEPLOY_ABORTED', { node: plan.node.name, state: node.provisionState })
        }
      }
      if (nowMs - startedMs > context.readyTimeoutMs) {
        const off = node?.powerState === 'power off' ? ', and Ironic has it powered off,' : ''
        const seconds = Math.round((nowMs - startedMs) / 1000)
        throw metalError('MACHINE_SILENT', { node: plan.node.name, why: watch.missing + off, seconds })
      }
      if (signal.aborted) return DONE
      await clock.sleep(context.pollMs, signal)
    }
  },
}

/** Throws METAL_NODE_INVALID. */
async function refuseInvalid({ plan, world }: DeployContext, node: MetalNode): Promise<void> {
  const answers = await world.provisioner.check(node)
  const problems = answers.filter((one) => !one.ok && NEEDED.has(one.interface))
  if (problems.length === 0) return
  throw metalError('METAL_NODE_INVALID', {
    action: `deploy on node "${plan.node.name}"`,
    node: plan.node.name,
    problems: problems.map((one) => `${one.interface}: ${one.reason ?? 'no reason is given'}`).join('; '),
  })
}

/** How often the node is looked at while its machine is waited for: whether it is still deployed changes seldom. */
const LOOK_MS = 3000

function isStillThere(context: DeployContext, node: MetalNode): Promise<boolean> {
  const { plan } = context
  if (node.provisionState !== 'active') return Promise.resolve(false)
  if (plan.server !== undefined) return isServerThere(context, node)
  return Promise.resolve(node.instanceInfo[MARK] === plan.id)
}

/** Interfaces that a deployment goes through; a missing console or a rescue that is not set up keeps nobody from it. */
const NEEDED = new Set(['boot', 'deploy', 'power', 'management', 'network', 'storage'])
