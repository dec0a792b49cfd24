import { EXIT } from '../../core/index.ts'
import { MARK } from '../../metal/index.ts'
import type { MetalNode } from '../../metal/index.ts'
import type { Viewer } from '../../ports/index.ts'
import { readNode } from '../../runtime/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { METAL_FLAGS, openMetal } from '../metal-world.ts'
import type { Output } from '../output.ts'

export const metalStatus = command({
  path: ['metal', 'status'],
  summary: 'the machines that Ironic knows, their states and what is deployed on them',
  operands: '[NODE…]',
  count: { min: 0, max: 1000 },
  flags: { ...METAL_FLAGS, ...COMMON_FLAGS },
  async run({ flags, args, output }) {
    const world = openMetal(flags)
    const nodes =
      args.length === 0
        ? await world.metal.nodes()
        : await Promise.all(args.map((name) => readNode(world, name, 'show the status')))
    const viewer = await world.metal.viewer()
    const notes = notesOn(nodes)
    const value = {
      schema: 'anneal.metal-status/1',
      api: await world.metal.version(),
      // Whose view this is, and whether it may be shown fewer machines than there are.
      login: viewer.who,
      limited: viewer.isLimited,
      notes,
      nodes: nodes.map((node) => ({
        name: node.name,
        uuid: node.uuid,
        driver: node.driver,
        state: node.provisionState,
        step: node.step,
        power: node.powerState,
        maintenance: node.maintenance,
        reason: node.maintenanceReason ?? node.fault,
        lastError: node.lastError,
        deployment: deploymentOf(node),
        instance: node.instanceUuid,
        kernelArguments: node.instanceInfo['ramdisk_kernel_arguments'],
      })),
    }
    output.data(value, () =>
      [nodes.length === 0 ? noneShown(viewer) : rows(nodes, output), ...notes].join('\n'),
    )
    return EXIT.ok
  },
})

/** Ironic lists a login what it may see, and says nothing of what it leaves out. */
export function noneShown({ who, isLimited }: Viewer): string {
  return isLimited
    ? `Ironic shows ${who} no machine: none is enrolled, or none that its project owns or leases. Log in to the project that does, or with --os-system-scope all, which shows every machine`
    : `no machine is enrolled (asked as ${who})`
}

/** Ironic 29.0.5 makes a node its own parent with any change, and its lists leave children out. */
function notesOn(nodes: readonly MetalNode[]): readonly string[] {
  const own = nodes.filter((one) => one.parentUuid === one.uuid).map((one) => one.name ?? one.uuid)
  if (own.length === 0) return []
  return [
    `note: Ironic has ${own.join(', ')} as its own parent, so lists of other clients leave it out; this is a fault of Ironic 29.0.5, repaired in 29.0.6`,
  ]
}

function deploymentOf(node: MetalNode): string | undefined {
  const mark = node.instanceInfo[MARK]
  return typeof mark === 'string' ? mark : undefined
}

function rows(nodes: readonly MetalNode[], output: Output): string {
  const width = Math.max(...nodes.map((node) => (node.name ?? node.uuid).length))
  return nodes
    .flatMap((node) => {
      const deployment = deploymentOf(node)
      const parts = [
        (node.name ?? node.uuid).padEnd(width),
        colored(node.provisionState, output),
        node.step ?? '',
        node.powerState ?? 'power unknown',
        deployment === undefined ? '' : `deployment ${deployment.slice(0, 12)}`,
        node.instanceUuid === undefined ? '' : `instance ${node.instanceUuid}`,
      ]
      const reason = node.maintenanceReason ?? node.fault
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
