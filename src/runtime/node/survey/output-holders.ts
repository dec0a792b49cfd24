import { awaitedOutputs } from '../../../node/index.ts'
import type { OutputHolder } from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'
import type { Survey } from './survey.ts'

/** Who has the output of a container open that would stop. Asked only where the engine waits for them. */
export async function outputHolders(world: NodeWorld, seen: Survey): Promise<readonly OutputHolder[]> {
  const firsts = awaitedOutputs(seen).map(({ first }) => first)
  return firsts.length === 0 ? [] : world.processes.outputHolders(firsts)
}
