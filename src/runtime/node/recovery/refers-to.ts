import { isAnnealError } from '../../../core/index.ts'
import { started, stopped } from '../../../node/index.ts'
import type { StateStore } from '../../../ports/index.ts'
import { replay } from '../upgrade/journal.ts'

/** Whether a release of the node names a container, or a run that did not come to a good end. Reads only. */
export async function refersTo(
  state: Pick<StateStore, 'readDeployments' | 'readJournal'>,
  name: string,
): Promise<boolean> {
  const { current, previous, adopted } = await state.readDeployments()
  const deployed = [current, previous, adopted].flatMap((deployment) => deployment?.services ?? [])
  if (deployed.some(({ containerName }) => containerName === name)) return true
  const run = replayed(await state.readJournal())
  if (run === undefined || (run.ended && run.state.state !== 'attention')) return false
  const { plan } = run.state
  return (
    stopped(plan).some(({ containerName }) => containerName === name) ||
    started(plan).some(({ newName }) => newName === name)
  )
}

/** A broken journal names no container here. Recovery reads it, too, and reports JOURNAL_BROKEN. */
function replayed(entries: Parameters<typeof replay>[0]): ReturnType<typeof replay> {
  try {
    return replay(entries)
  } catch (error) {
    if (isAnnealError(error)) return undefined
    throw error
  }
}
