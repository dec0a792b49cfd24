import type { provideNodes } from '../app/metal/index.ts'
import type { NodesDocument } from '../contract/index.ts'
import { EXIT } from '../core/index.ts'
import type { ExitCode } from '../core/index.ts'
import type { MetalWorld } from '../ports/index.ts'
import { describeStretch, describeTimeline } from './describe-deployment.ts'
import { durationMs } from './duration-flag.ts'
import type { Output } from './output.ts'

/** Brings nodes to a state and tells of each. The exit code is that of the first that failed. */
export async function tellNodes(
  world: MetalWorld,
  bring: typeof provideNodes,
  names: readonly string[],
  wishes: Readonly<{ verb: string; timeout: string; signal: AbortSignal; output: Output }>,
): Promise<ExitCode> {
  const { output, signal, verb } = wishes
  const { reached, failures } = await bring(world, names, {
    timeoutMs: durationMs(wishes.timeout, 'timeout', `anneal metal ${verb}`),
    signal,
    onStretch: (name, one) =>
      output.progress({ event: 'state', node: name, ...one }, `  ${name}  ${describeStretch(one)}`),
    onFailed: (error) => output.error(error),
  })
  const value: NodesDocument = {
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
