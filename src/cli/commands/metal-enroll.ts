import { enrollNodes, openMetal, readInventory } from '../../app/metal/index.ts'
import type { EnrolledNode } from '../../app/metal/index.ts'
import { KEEP } from '../../contract/index.ts'
import type { EnrolmentDocument } from '../../contract/index.ts'
import { EXIT } from '../../core/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS, DRY_RUN_FLAG } from '../common-flags.ts'
import { raise } from '../errors.ts'
import { METAL_FLAGS, metalOptions } from '../metal-flags.ts'
import type { Output } from '../output.ts'

const NAME = 'anneal metal enroll'

export const metalEnroll = command({
  path: ['metal', 'enroll'],
  summary: 'Register the machines of an inventory with Ironic',
  operands: 'FILE',
  count: { min: 1, max: 1 },
  flags: {
    ...DRY_RUN_FLAG,
    ...METAL_FLAGS,
    ...COMMON_FLAGS,
  },
  details:
    'FILE lists machines and their BMCs (docs/metal.md has an example). Machines that Ironic already has are updated to match the inventory; settings that the inventory does not name stay. The credentials of BMCs come from files or environment variables that the inventory names.',
  async run({ flags, args, output }) {
    const nodes = readInventory(args[0] ?? '')
    const keeping =
      flags.conductor === undefined ? nodes.find(({ properties }) => KEEP in properties) : undefined
    if (keeping !== undefined) {
      const why = `"keep" of node ${keeping.name} is for --conductor: OpenStack Ironic would wipe what it names`
      throw raise('USAGE', { command: NAME, why, help: `${NAME} --help` })
    }
    const dryRun = flags['dry-run']
    const enrolled = await enrollNodes(
      openMetal(metalOptions(flags)),
      nodes,
      { environment: process.env, mode: dryRun ? 'plan' : 'apply' },
      (node) => tellNode(node, dryRun, output),
    )
    const failures = enrolled.flatMap((one) => (one.outcome === 'failed' ? [one.error] : []))
    const done = enrolled.map((one) =>
      one.outcome === 'failed'
        ? { name: one.name, outcome: one.outcome, code: one.error.code, message: one.error.message }
        : one,
    )
    const value: EnrolmentDocument = { schema: 'anneal.enrolment/1', dryRun, nodes: done }
    output.data(value, () => `${done.length - failures.length} of ${done.length} nodes as the inventory says`)
    return failures[0]?.exit ?? EXIT.ok
  },
})

function tellNode(node: EnrolledNode, dryRun: boolean, output: Output): void {
  if (node.outcome === 'failed') {
    output.error(node.error)
    return
  }
  const { name, outcome, changes } = node
  const told = changes.length === 0 ? '' : `: ${changes.join(', ')}`
  output.progress(
    { event: 'node', name, outcome, changes },
    `${name}  ${dryRun ? 'would be ' : ''}${outcome}${told}`,
  )
}
