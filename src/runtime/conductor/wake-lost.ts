import { switchPower } from './switch-power.ts'
import { powerNow } from './task-context.ts'
import type { TaskContext } from './task-context.ts'

/** The deploy ramdisk calls every two seconds. Ironic’s agent calls every few minutes, and is not restarted for its silence. */
const LOST_MS = 60_000
const LOOK_MS = 1000

/**
 * For a task that an earlier process left while a ramdisk was at work. Nobody knows what became of the machine meanwhile: where it lost
 * power, its firmware found no server and has given up; where the conductor has another key now, its ramdisk trusts it no more. It is
 * started again, once, and boots the ramdisk, which starts over. Network boot is still set.
 */
export async function wakeLost(context: TaskContext): Promise<void> {
  const { world, uuid, line, stopping } = context
  if (!line.isInherited) return
  line.isInherited = false
  const session = world.store.session(uuid)
  // It is done already, and nothing more is expected of it.
  if (line.isHeard || session?.last !== undefined) return
  // Where its BMC does not answer, its ramdisk may be at work all the same.
  const power = await powerNow(context)
  if (power === 'on' && session?.boots === 'ramdisk') {
    const ends = AbortSignal.any([context.signal, stopping])
    for (const sinceMs = world.clock.monotonic(); world.clock.monotonic() - sinceMs < LOST_MS;) {
      if (line.isHeard) return
      await world.clock.sleep(LOOK_MS, ends)
      context.signal.throwIfAborted()
      stopping.throwIfAborted()
    }
    context.say(`its ramdisk was not heard for ${LOST_MS / 1000} seconds: it starts again`)
    await switchPower(context, 'off')
  } else if (power === 'off') context.say('it went off while no conductor ran: it starts again')
  else return
  await switchPower(context, 'on')
}
