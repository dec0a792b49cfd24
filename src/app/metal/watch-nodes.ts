import { Timeline } from '../../metal/index.ts'
import type { MetalNode, Stretch } from '../../metal/index.ts'
import type { MetalWorld } from '../../ports/index.ts'
import { readNode } from '../../runtime/metal/index.ts'
import { POLL_MS } from './poll.ts'

export type WatchedNode = Readonly<{ name: string; timeline: readonly Stretch[] }>

export type WatchControl = Readonly<{
  signal: AbortSignal
  /** A machine is in another state than before, or was seen for the first time. */
  onStretch?: (node: string, stretch: Omit<Stretch, 'seconds'>, lastError: string | undefined) => void
}>

/** Follows machines through their states, until the signal. Throws METAL_NODE_UNKNOWN. */
export async function watchNodes(
  world: MetalWorld,
  names: readonly string[],
  control: WatchControl,
): Promise<readonly WatchedNode[]> {
  const nodes = await Promise.all(names.map((name) => readNode(world, name, 'watch a node')))
  return Promise.all(nodes.map((node) => watch(world, node, control)))
}

async function watch(
  world: MetalWorld,
  { uuid, name = uuid }: MetalNode,
  { signal, onStretch }: WatchControl,
): Promise<WatchedNode> {
  const { clock } = world
  const timeline = new Timeline()
  while (!signal.aborted) {
    const node = await readNode(world, uuid, `watch node "${name}"`)
    const seen = timeline.see(node, clock.monotonic(), clock.now())
    if (seen !== undefined) onStretch?.(name, seen, node.lastError)
    await clock.sleep(POLL_MS, signal)
  }
  return { name, timeline: timeline.close(clock.monotonic()) }
}
