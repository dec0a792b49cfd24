import type { Reply } from './redfish-http.ts'
import { textIn, within, wordsOf } from './redfish-words.ts'

/** How often a task is looked at. Settings may wait for the next start of the machine: a task that goes on is no failure. */
const LOOKS = 15
const LOOK_MS = 1_000
const MOST_LOOK_MS = 5_000

/** DSP0268, Task, TaskState. */
const FAILED = new Set(['Exception', 'Killed', 'Cancelled'])

/**
 * Follows the task that a service made of a request (status 202; DSP0266 1.15, 12.2). What came of it, in words, where it
 * failed; undefined where it is done, goes on, or is forgotten already.
 */
export async function failureOfTask(
  accepted: Reply,
  look: (path: string) => Promise<Reply>,
  wait: (ms: number) => Promise<void>,
  secrets: readonly string[],
): Promise<string | undefined> {
  const monitor = ownPath(accepted.header('location') ?? textIn(accepted.body, '@odata.id'))
  if (monitor === undefined) return undefined
  for (let reply = accepted, looks = 0; ; looks += 1) {
    const { status, body } = reply
    // The monitor of a task that is over is gone after a while.
    if (status === 404 || status === 410) return undefined
    if (status >= 400) return wordsOf(body, status, secrets)
    const state = textIn(body, 'TaskState') ?? ''
    const isBad = FAILED.has(state) || (state === 'Completed' && textIn(body, 'TaskStatus') === 'Critical')
    if (isBad) {
      const said = { error: { '@Message.ExtendedInfo': within(body, 'Messages') } }
      return `its task ended as ${state}: ${wordsOf(said, status, secrets)}`
    }
    if (state === 'Completed' || (status !== 202 && state === '')) return undefined
    if (looks === LOOKS) return undefined
    const asked = Number(reply.header('retry-after'))
    await wait(asked > 0 ? Math.min(asked * 1_000, MOST_LOOK_MS) : LOOK_MS)
    reply = await look(monitor)
  }
}

/** The path of an address that a service gives of itself: behind a translation of addresses it calls itself something else. */
export function ownPath(location: string | undefined): string | undefined {
  if (location === undefined || !URL.canParse(location, 'http://service')) return undefined
  const { pathname, search } = new URL(location, 'http://service')
  return `${pathname}${search}`
}
