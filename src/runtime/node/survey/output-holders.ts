import type { OutputHolder } from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'
import type { Survey } from './survey.ts'

/** Who has the output of a container open that would stop. Asked only where the engine waits for them. */
export async function outputHolders(
  world: NodeWorld,
  { engine, containers, killSets }: Pick<Survey, 'engine' | 'containers' | 'killSets'>,
): Promise<readonly OutputHolder[]> {
  if (engine.waitsForOutput !== true) return []
  const pids = killSets.flatMap(
    ({ containerName }) => containers.find(({ name, pid }) => name === containerName && pid > 0)?.pid ?? [],
  )
  return pids.length === 0 ? [] : world.processes.outputHolders(pids)
}
