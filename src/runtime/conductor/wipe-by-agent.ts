import type { Members } from '../../conductor/index.ts'
import { withAgent } from './agent-work.ts'
import type { TaskContext } from './task-context.ts'

/** Best first. The first erases NVMe by its own command, and the tables of other disks; old agents have the second alone. */
const WAYS = ['erase_devices_express', 'erase_devices_metadata'] as const

/** Has ironic-python-agent make the disks unreadable, by one of its clean steps. */
export async function wipeByAgent(context: TaskContext): Promise<void> {
  await withAgent(context, async (agent) => {
    const said = await agent.carryOut('clean.execute_clean_step', async () => {
      const offered = membersOf(await agent.cleanSteps())
      const way = WAYS.find((one) => stepsOf(offered['clean_steps']).includes(one)) ?? WAYS[1]
      return {
        step: { interface: 'deploy', step: way },
        clean_version: offered['hardware_manager_version'],
        ...agent.node(),
      }
    })
    const { step } = membersOf(membersOf(said)['clean_step'])
    context.say(`wiped by ironic-python-agent: ${String(step)}`)
  })
}

/** Steps by the name of what offers them: `{ GenericHardwareManager: [{ step, priority, … }] }`. */
function stepsOf(offered: unknown): readonly string[] {
  const lists = Object.values(membersOf(offered)).filter((one) => Array.isArray(one))
  return lists.flat().flatMap((one: unknown) => {
    const { step } = membersOf(one)
    return typeof step === 'string' ? [step] : []
  })
}

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {}
}
