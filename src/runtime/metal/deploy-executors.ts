import {
  MANAGED,
  MARK,
  examineNode,
  judgeDeploying,
  metalError,
  mustRun,
  signOfLife,
} from '../../metal/index.ts'
import type {
  ConfigDrive,
  DeployEffect,
  DeployEvent,
  DeployPlan,
  MetalNode,
  NodeChange,
  Ready,
  Timeline,
} from '../../metal/index.ts'
import type { MetalWorld } from '../../ports/index.ts'
import type { AnswerWatch } from './answer-watch.ts'
import { readNode } from './bring-to.ts'
import { PatientReader } from './patient.ts'

export type DeployContext = Readonly<{
  world: MetalWorld
  plan: DeployPlan
  configDrive?: ConfigDrive
  ready: Ready
  watch: AnswerWatch
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
    const wanted = Object.entries(plan.instanceInfo).map(([name, value]): NodeChange => ({
      op: 'add',
      path: member(name),
      value,
    }))
    await world.metal.changeNode(plan.node.uuid, [...removals(node, plan), ...wanted])
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
    if (node.instanceInfo[MARK] === plan.id) {
      await world.metal.changeNode(plan.node.uuid, removals(node))
    }
    return DONE
  },

  async askForActive(context) {
    const { plan, world, configDrive } = context
    const node = await current(context)
    const begun = ['deploying', 'wait call-back', 'active'].includes(node.provisionState)
    if (begun && node.instanceInfo[MARK] === plan.id) return DONE
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
        if (verdict.kind === 'failed') throw verdict.error
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

  async awaitAnswer(context) {
    const { plan, world, watch, signal } = context
    const { clock } = world
    const startedMs = clock.monotonic()
    context.timeline.enter({ state: watch.state }, startedMs, clock.now())
    for (;;) {
      if (await watch.answered()) return DONE
      const passedMs = clock.monotonic() - startedMs
      if (passedMs > context.readyTimeoutMs) {
        const seconds = Math.round(passedMs / 1000)
        throw metalError('MACHINE_SILENT', { node: plan.node.name, why: watch.missing, seconds })
      }
      if (signal.aborted) return DONE
      await clock.sleep(context.pollMs, signal)
    }
  },
}

/** Interfaces that a deployment goes through; a missing console or a rescue that is not set up keeps nobody from it. */
const NEEDED = new Set(['boot', 'deploy', 'power', 'management', 'network', 'storage'])

function current({ world, plan }: DeployContext): Promise<MetalNode> {
  return readNode(world, plan.node.uuid, `deploy on node "${plan.node.name}"`)
}

/**
 * Takes away what a deployment decides and this one does not set. Member by member: Ironic shows asterisks for some, and
 * would keep those if they were sent back with the whole.
 */
function removals(node: MetalNode, plan?: DeployPlan): readonly NodeChange[] {
  const kept = plan?.instanceInfo ?? {}
  return MANAGED.filter((name) => name in node.instanceInfo && !(name in kept)).map((name) => ({
    op: 'remove',
    path: member(name),
  }))
}

function member(name: string): string {
  return `/instance_info/${name}`
}
