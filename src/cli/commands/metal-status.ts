import { metalStatus as statusOf, openMetal } from '../../app/metal/index.ts'
import type { MachineStatus, MetalStatus } from '../../app/metal/index.ts'
import type { MetalStatusDocument } from '../../contract/index.ts'
import { EXIT } from '../../core/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { METAL_FLAGS, metalOptions } from '../metal-flags.ts'
import type { Output } from '../output.ts'

export const metalStatus = command({
  path: ['metal', 'status'],
  summary: 'Show the machines that Ironic has, their states and deployments',
  operands: '[NODE…]',
  count: { min: 0, max: 1000 },
  flags: { ...METAL_FLAGS, ...COMMON_FLAGS },
  async run({ flags, args, output }) {
    const { api, viewer, nodes, ownParents } = await statusOf(openMetal(metalOptions(flags)), args)
    const notes = notesOn(ownParents)
    const value: MetalStatusDocument = {
      schema: 'anneal.metal-status/1',
      api,
      // Whose view this is, and whether it may be shown fewer machines than there are.
      login: viewer.who,
      limited: viewer.isLimited,
      notes,
      nodes,
    }
    output.data(value, () =>
      [nodes.length === 0 ? noneShown(viewer) : rows(nodes, output), ...notes].join('\n'),
    )
    return EXIT.ok
  },
})

/** Ironic lists a login what it may see, and says nothing of what it leaves out. */
export function noneShown({ who, isLimited }: MetalStatus['viewer']): string {
  return isLimited
    ? `Ironic shows ${who} no machine: none is enrolled, or none that its project owns or leases. Log in to the project that does, or with --os-system-scope all, which shows every machine`
    : `no machine is enrolled (asked as ${who})`
}

/** Ironic 29.0.5 makes a node its own parent with any change, and its lists leave children out. */
function notesOn(ownParents: readonly string[]): readonly string[] {
  if (ownParents.length === 0) return []
  return [
    `note: Ironic has ${ownParents.join(', ')} as its own parent, so lists of other clients leave it out; this is a fault of Ironic 29.0.5, repaired in 29.0.6`,
  ]
}

function rows(nodes: readonly MachineStatus[], output: Output): string {
  const width = Math.max(...nodes.map((node) => (node.name ?? node.uuid).length))
  return nodes
    .flatMap((node) => {
      const { deployment, instance, reason } = node
      const parts = [
        (node.name ?? node.uuid).padEnd(width),
        colored(node.state, output),
        node.step ?? '',
        node.power ?? 'power unknown',
        deployment === undefined ? '' : `deployment ${deployment.slice(0, 12)}`,
        instance === undefined ? '' : `instance ${instance}`,
      ]
      return [
        parts.filter((part) => part !== '').join('  '),
        ...(node.maintenance ? [output.red(`  in maintenance: ${reason ?? 'no reason is noted'}`)] : []),
        ...(node.lastError === undefined ? [] : [output.red(`  last error: ${node.lastError}`)]),
      ]
    })
    .join('\n')
}

function colored(state: string, output: Output): string {
  if (state === 'active') return output.green(state)
  return /failed|error/.test(state) ? output.red(state) : state
}
