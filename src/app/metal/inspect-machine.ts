import { metalError } from '../../metal/index.ts'
import type { MetalNode, Stretch } from '../../metal/index.ts'
import type { MetalWorld, NetworkPort } from '../../ports/index.ts'
import { bringTo, previewBring, readNode } from '../../runtime/metal/index.ts'
import type { BringPreview } from '../../runtime/metal/index.ts'
import { POLL_MS } from './poll.ts'

export type InspectControl = Readonly<{
  /** The longest wait until the machine is manageable. */
  timeoutMs: number
  signal: AbortSignal
  onStretch?: (stretch: Omit<Stretch, 'seconds'>) => void
}>

/**
 * Has Ironic, or a conductor, find out what a machine is made of. The machine is manageable afterwards. Throws METAL_NODE_UNKNOWN,
 * METAL_NODE_STATE and METAL_VERB_FAILED.
 */
export async function inspectMachine(
  world: MetalWorld,
  name: string,
  { timeoutMs, signal, onStretch }: InspectControl,
): Promise<Readonly<{ node: MetalNode; ports: readonly NetworkPort[] }>> {
  const action = `inspect node "${name}"`
  const { uuid } = await readNode(world, name, action)
  const manageable = await bringTo(world, uuid, 'manageable', {
    action,
    pollMs: POLL_MS,
    timeoutMs,
    signal,
    ...(onStretch === undefined ? {} : { onStretch }),
  })
  await world.provisioner.inspect(manageable.node)
  let node = await readNode(world, uuid, action)
  while (node.provisionState.startsWith('inspect') && node.provisionState !== 'inspect failed') {
    if (signal.aborted) break
    await world.clock.sleep(POLL_MS, signal)
    node = await readNode(world, uuid, action)
  }
  if (node.provisionState !== 'manageable') {
    const reason = node.lastError ?? 'it gives no reason'
    throw metalError('METAL_VERB_FAILED', { action, node: name, state: node.provisionState, reason })
  }
  return { node, ports: await world.provisioner.ports(node) }
}

/** What `inspectMachine` would do. Changes nothing. */
export async function previewInspect(world: MetalWorld, name: string): Promise<BringPreview> {
  const { node, steps } = await previewBring(world, name, 'manageable', `inspect node "${name}"`)
  return { node, steps: [...steps, 'inspect'] }
}
