import { UPGRADE, startOf } from '../../../node/index.ts'
import type { Effect, Plan, Run } from '../../../node/index.ts'
import type { JournalEntry } from '../../../ports/index.ts'
import { replay as replaySaga } from '../../../saga/index.ts'
import type { Replayed as ReplayedSaga } from '../../../saga/index.ts'
import { raise } from '../errors.ts'

export type Replayed = ReplayedSaga<Run, Effect>

/** Replays the journal of an upgrade. undefined for an empty one. Throws JOURNAL_BROKEN. */
export function replay(entries: readonly JournalEntry[]): Replayed | undefined {
  const replayed = replaySaga(UPGRADE, (planned) => startOf(planned as Plan), entries)
  if (replayed === undefined || replayed.ok) return replayed
  const { run, sequence, why } = replayed
  throw raise('JOURNAL_BROKEN', { run, sequence, why })
}
