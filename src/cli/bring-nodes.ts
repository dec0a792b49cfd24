import { EXIT, isAnnealError } from '../core/index.ts'
import type { AnnealError, ExitCode } from '../core/index.ts'
import type { Goal } from '../metal/index.ts'
import type { MetalWorld } from '../ports/index.ts'
import { bringTo, readNode } from '../runtime/index.ts'
import type { Brought } from '../runtime/index.ts'
import type { FlagTable } from './command.ts'
import { describeStretch, describeTimeline } from './describe-deployment.ts'
import { durationMs } from './duration-flag.ts'
import type { Output } from './output.ts'

export const WAIT_FLAGS = {
  timeout: { kind: 'text', placeholder: 'TIME', help: 'longest wait', default: '30m' },
} as const satisfies FlagTable

export const POLL_MS = 500

/** Brings nodes to a state, side by side, and tells of each. The exit code is that of the first that failed. */
export async function bringNodes(
  world: MetalWorld,
  names: readonly string[],
  goal: Goal,
  wishes: Readonly<{ verb: string; timeout: string; signal: AbortSignal; output: Output }>,
): Promise<ExitCode> {
  const { output, signal, verb } = wishes
  const timeoutMs = durationMs(wishes.timeout, 'timeout', `anneal metal ${verb}`)
  const outcomes = await Promise.all(
    names.map(async (name) => {
      const action = `${verb} node "${name}"`
      try {
        const node = await readNode(world, name, action)
        return await bringTo(world, node.uuid, goal, {
          action,
          pollMs: POLL_MS,
          timeoutMs,
          signal,
          onStretch: (one) =>
            output.progress({ event: 'state', node: name, ...one }, `  ${name}  ${describeStretch(one)}`),
        })
      } catch (error) {
        if (!isAnnealError(error)) throw error
        output.error(error)
        return error
      }
    }),
  )
  const failures = outcomes.filter((one): one is AnnealError => isAnnealError(one))
  const reached = outcomes.filter((one): one is Brought => !isAnnealError(one))
  const value = {
    schema: 'anneal.nodes/1',
    nodes: reached.map(({ node, timeline, verbs }) => ({
      name: node.name,
      uuid: node.uuid,
      state: node.provisionState,
      verbs,
      timeline,
    })),
    failed: failures.map(({ code, message }) => ({ code, message })),
  }
  output.data(value, () =>
    reached
      .map(({ node, timeline, verbs }) =>
        verbs.length === 0
          ? `${node.name ?? node.uuid} is ${node.provisionState} already`
          : `${node.name ?? node.uuid} is ${node.provisionState}: ${describeTimeline(timeline)}`,
      )
      .join('\n'),
  )
  return failures[0]?.exit ?? EXIT.ok
}
