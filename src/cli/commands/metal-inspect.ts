import { inspectMachine, openMetal, previewInspect } from '../../app/metal/index.ts'
import type { InspectionDocument } from '../../contract/index.ts'
import { EXIT } from '../../core/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS, DRY_RUN_FLAG } from '../common-flags.ts'
import { describeStretch } from '../describe-deployment.ts'
import { durationMs } from '../duration-flag.ts'
import { METAL_FLAGS, WAIT_FLAGS, metalOptions } from '../metal-flags.ts'
import { tellPreviews } from '../tell-nodes.ts'

export const metalInspect = command({
  path: ['metal', 'inspect'],
  summary: 'Have Ironic inspect the hardware of a machine, and print the result',
  operands: 'NODE',
  count: { min: 1, max: 1 },
  flags: { ...WAIT_FLAGS, ...DRY_RUN_FLAG, ...METAL_FLAGS, ...COMMON_FLAGS },
  details:
    'Afterwards the machine is in the state manageable. `anneal metal provide` makes it available again.',
  async run({ flags, args, output, signal }) {
    const name = args[0] ?? ''
    const timeoutMs = durationMs(flags.timeout, 'timeout', 'anneal metal inspect')
    const world = openMetal(metalOptions(flags))
    if (flags['dry-run']) {
      tellPreviews([await previewInspect(world, name)], [], output)
      return EXIT.ok
    }
    const { node, ports } = await inspectMachine(world, name, {
      timeoutMs,
      signal,
      onStretch: (one) =>
        output.progress({ event: 'state', node: name, ...one }, `  ${name}  ${describeStretch(one)}`),
    })
    const { uuid, properties, traits } = node
    const cards = ports.map(({ address, link }) => ({ address, switch: link ?? null }))
    output.data({ schema: 'anneal.inspection/1', name, uuid, properties, traits, ports: cards }, () =>
      [
        ...Object.entries(properties).map(
          ([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
        ),
        ...cards.map((one) => `port ${one.address}: ${describeSwitch(one.switch)}`),
      ].join('\n'),
    )
    return EXIT.ok
  },
})

type Switch = NonNullable<InspectionDocument['ports']>[number]['switch']

function describeSwitch(found: Switch): string {
  if (found === null) return 'no switch was heard'
  const { switchInfo, switchId, portId } = found
  const name = [switchInfo, switchId].filter((one) => one !== undefined).join(', ')
  return `switch ${name === '' ? 'without a name' : name}, port ${portId ?? 'without a name'}`
}
