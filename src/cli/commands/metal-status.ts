import { EXIT } from '../../core/index.ts'
import { MARK } from '../../metal/index.ts'
import type { MetalNode } from '../../metal/index.ts'
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
    const value = {
      schema: 'anneal.metal-status/1',
      api: await world.metal.version(),
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
    output.data(value, () => (nodes.length === 0 ? 'no machine is enrolled' : rows(nodes, output)))
    return EXIT.ok
  },
})

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
