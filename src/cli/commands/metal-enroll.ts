import { EXIT, isAnnealError } from '../../core/index.ts'
import type { AnnealError } from '../../core/index.ts'
import { readInventoryFile, resolveCredential } from '../../adapters/inventory/index.ts'
import type { InventoryNode } from '../../metal/index.ts'
import { enrollNode, enrolmentPlan } from '../../runtime/index.ts'
import type { BmcLogin } from '../../runtime/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { METAL_FLAGS, openMetal } from '../metal-world.ts'

export const metalEnroll = command({
  path: ['metal', 'enroll'],
  summary: 'makes Ironic know the machines of an inventory, as it says they are',
  operands: 'FILE',
  count: { min: 1, max: 1 },
  flags: {
    'dry-run': { kind: 'switch', short: 'n', help: 'says what would change', flagOnly: true },
    ...METAL_FLAGS,
    ...COMMON_FLAGS,
  },
  details:
    'What is enrolled already is brought in line with the inventory; what the inventory does not name is left alone. Credentials of BMCs come from files or variables that the inventory names (docs/metal.md).',
  async run({ flags, args, output }) {
    const { nodes } = readInventoryFile(args[0] ?? '')
    const world = openMetal(flags)
    // All of them before the first node is touched.
    const logins = nodes.map((node) => loginOf(node))
    const done: object[] = []
    const failures: AnnealError[] = []
    for (const [index, node] of nodes.entries()) {
      try {
        const { outcome, changes } = flags['dry-run']
          ? await enrolmentPlan(world, node)
          : await enrollNode(world, node, logins[index] ?? {})
        done.push({ name: node.name, outcome, changes })
        const told = changes.length === 0 ? '' : `: ${changes.join(', ')}`
        output.progress(
          { event: 'node', name: node.name, outcome, changes },
          `${node.name}  ${flags['dry-run'] ? 'would be ' : ''}${outcome}${told}`,
        )
      } catch (error) {
        if (!isAnnealError(error)) throw error
        // One machine's trouble does not keep the others out.
        failures.push(error)
        output.error(error)
        done.push({ name: node.name, outcome: 'failed', code: error.code, message: error.message })
      }
    }
    const value = { schema: 'anneal.enrolment/1', dryRun: flags['dry-run'], nodes: done }
    output.data(value, () => `${done.length - failures.length} of ${done.length} nodes as the inventory says`)
    return failures[0]?.exit ?? EXIT.ok
  },
})

function loginOf(node: InventoryNode): BmcLogin {
  const { bmc, name } = node
  const username = bmc?.username
  const password = bmc?.password
  return {
    ...(username === undefined
      ? {}
      : { username: resolveCredential(name, 'user name', username, process.env) }),
    ...(password === undefined
      ? {}
      : { password: resolveCredential(name, 'password', password, process.env) }),
  }
}
