import { MARK, examineNode, judgeDeploying, metalError, mustRun, signOfLife } from '../../metal/index.ts'
import type {
  ConfigDrive,
  DeployEffect,
  DeployEvent,
  DeployPlan,
  MetalNode,
  Ready,
  Timeline,
} from '../../metal/index.ts'
import type { MetalWorld } from '../../ports/index.ts'
import type { AnswerWatch } from './answer-watch.ts'
import { readNode } from './bring-to.ts'
import type { DeploymentNotes } from './deployment-notes.ts'
import { clearing, writing } from './instance-changes.ts'
import { PatientReader } from './patient.ts'

export type DeployContext = Readonly<{
  world: MetalWorld
  plan: DeployPlan
  configDrive?: ConfigDrive
  ready: Ready
  watch: AnswerWatch
  notes: DeploymentNotes
  timeline: Timeline
  see: (node: MetalNode) => void
  pollMs: number
  timeoutMs: number
  /** How long the deploy ramdisk may be silent. */
  callbackTimeoutMs: number
  readyTimeoutMs: number
  signal: AbortSignal
}>

type Outcome = Exclude<DeployEvent, { type: 'effectFailed' | 'cancelled' }>
type Executor = (context: DeployContext) => Promise<Outcome>

const DONE: Outcome = { type: 'effectDone' }

/** One function for each effect. Each looks at the node before it changes anything, because it may be a repetition. */
export const DEPLOY_EXECUTORS: Readonly<Record<DeployEffect, Executor>> = {
  async examine(context) {
    const node = await current(context)
    context.see(node)
    const found = examineNode(node, context.plan)
    if (!found.ok) throw found.error
    await context.watch.begin(found.enter)
    return { type: 'nodeExamined', enter: found.enter }
  },

  async writeInstance(context) {
    const { plan, world } = context
    const node = await current(context)
    await world.metal.changeNode(plan.node.uuid, writing(node, plan))
    return DONE
  },

  async validate({ plan, world }) {
    const answers = await world.metal.validate(plan.node.uuid)
    const problems = answers.filter((one) => !one.ok && NEEDED.has(one.interface))
    if (problems.length === 0) return DONE
    throw metalError('METAL_NODE_INVALID', {
      action: `deploy on node "${plan.node.name}"`,
      node: plan.node.name,
      problems: problems.map((one) => `${one.interface}: ${one.reason ?? 'no reason is given'}`).join('; '),
    })
  },

  async clearInstance(context) {
    const { plan, world } = context
    const node = await current(context)
    if (node.instanceInfo[MARK] === plan.id) await world.metal.changeNode(plan.node.uuid, clearing(node))
    return DONE
  },

  async askForActive(context) {
    const { plan, world, configDrive, notes } = context
    const node = await current(context)
    const begun = ['deploying', 'wait call-back', 'active'].includes(node.provisionState)
    if (begun && node.instanceInfo[MARK] === plan.id) {
      const silent = node.provisionState === 'wait call-back' && signOfLife(node) === notes.silentAt
      // A restart by way of Ironic, which then takes the deploy ramdisk for a new one and goes on with it.
      if (silent) await world.metal.power(plan.node.uuid, 'restarted')
      return DONE
    }
    await world.metal.provision(plan.node.uuid, 'active', configDrive)
    return DONE
  },

  async awaitActive(context) {
    const { plan, world, signal } = context
    const { clock } = world
    const reader = new PatientReader(() => current(context), clock)
    const startedMs = clock.monotonic()
    let offSinceMs: number | undefined
    let lastSign = ''
    let silentSinceMs = startedMs
    for (;;) {
      const node = await reader.look()
      const nowMs = clock.monotonic()
      if (node !== undefined) {
        context.see(node)
        const isOff = mustRun(node) && node.powerState === 'power off'
        offSinceMs = isOff ? (offSinceMs ?? nowMs) : undefined
        const sign = signOfLife(node)
        if (sign !== lastSign) silentSinceMs = nowMs
        lastSign = sign
        const verdict = judgeDeploying(plan.node.name, node, {
          nowMs,
          startedMs,
          offSinceMs,
          silentSinceMs,
          mostSilentMs: context.callbackTimeoutMs,
        })
        if (verdict.kind === 'done') return DONE
        if (verdict.kind === 'failed') {
          if (verdict.error.code === 'DEPLOY_SILENT') await context.notes.gaveUp(sign)
          throw verdict.error
        }
      }
      const seconds = Math.round((nowMs - startedMs) / 1000)
      if (nowMs - startedMs > context.timeoutMs) {
        const state = node?.provisionState ?? 'unknown'
        throw metalError('DEPLOY_TIMEOUT', { node: plan.node.name, state, seconds })
      }
      if (signal.aborted) return DONE
      await clock.sleep(context.pollMs, signal)
    }
  },

  async askForPower(context) {
    const { plan, world, watch } = context
    const { powerState, targetPowerState } = await current(context)
    if (powerState !== 'power off' || targetPowerState !== undefined) return DONE
    // What its console said until now is of a boot that has ended.
    await watch.expectBoot()
    await world.metal.power(plan.node.uuid, 'on')
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
        if (node !== undefined && !isStillThere(node, plan)) {
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

/** How often the node is looked at while its machine is waited for: whether it is still deployed changes seldom. */
const LOOK_MS = 3000

function isStillThere(node: MetalNode, plan: DeployPlan): boolean {
  return node.provisionState === 'active' && node.instanceInfo[MARK] === plan.id
}

/** Interfaces that a deployment goes through; a missing console or a rescue that is not set up keeps nobody from it. */
const NEEDED = new Set(['boot', 'deploy', 'power', 'management', 'network', 'storage'])

function current({ world, plan }: DeployContext): Promise<MetalNode> {
  return readNode(world, plan.node.uuid, `deploy on node "${plan.node.name}"`)
}
