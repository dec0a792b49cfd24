import { previewNodes } from '../app/metal/index.ts'
import type { BringPreview, provideNodes } from '../app/metal/index.ts'
import type { NodesDocument } from '../contract/index.ts'
import { EXIT } from '../core/index.ts'
import type { AnnealError, ExitCode } from '../core/index.ts'
import type { MetalWorld } from '../ports/index.ts'
import { describeStretch, describeTimeline } from './describe-deployment.ts'
import { durationMs } from './duration-flag.ts'
import type { Output } from './output.ts'

/** Brings nodes to a state and tells of each. The exit code is that of the first that failed. */
export async function tellNodes(
  world: MetalWorld,
  bring: typeof provideNodes,
  names: readonly string[],
  wishes: Readonly<{
    verb: 'provide' | 'undeploy'
    timeout: string
    dryRun: boolean
    signal: AbortSignal
    output: Output
  }>,
): Promise<ExitCode> {
  const { output, signal, verb } = wishes
  if (wishes.dryRun) {
    const { nodes, failures } = await previewNodes(world, names, verb)
    for (const error of failures) output.error(error)
    tellPreviews(nodes, failures, output)
    return failures[0]?.exit ?? EXIT.ok
  }
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
          ? verb === 'undeploy'
            ? `nothing is deployed on ${node.name ?? node.uuid}: it is ${node.provisionState}`
            : `${node.name ?? node.uuid} is ${node.provisionState} already`
          : `${node.name ?? node.uuid} is ${node.provisionState}: ${describeTimeline(timeline)}`,
      )
      .join('\n'),
  )
  return failures[0]?.exit ?? EXIT.ok
}

/** Prints what a command would do with nodes. */
export function tellPreviews(
  previews: readonly BringPreview[],
  failures: readonly AnnealError[],
  output: Output,
): void {
  const nodes = previews.map(({ node, steps }) => ({
    name: node.name ?? null,
    uuid: node.uuid,
    state: node.provisionState,
    steps,
  }))
  const failed = failures.map(({ code, message }) => ({ code, message }))
  output.data({ schema: 'anneal.nodes-plan/1', nodes, failed }, () =>
    nodes
      .map(({ name, uuid, state, steps }) => {
        const would = steps.length === 0 ? 'nothing to do' : `would ask: ${steps.join(', ')}`
        return `${name ?? uuid} is ${state}: ${would}`
      })
      .join('\n'),
  )
}
