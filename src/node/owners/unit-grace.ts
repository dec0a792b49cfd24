import type { Container } from '../container.ts'
import { engineCalls, isNamed, startsContainer, wordsOf } from './engine-calls.ts'
import type { ServiceUnit } from './service-unit.ts'

const TIME = /^(?:-t=?|--time(?:out)?=)(\d+)$/

/** The unit that starts this container by its name. */
export function unitOfContainer(
  units: readonly ServiceUnit[],
  container: Pick<Container, 'id' | 'name'>,
): ServiceUnit | undefined {
  return units.find(({ starts }) =>
    starts.some((line) => engineCalls(wordsOf(line)).some((call) => startsContainer(call, container))),
  )
}

/**
 * For how long the stop of its unit waits for the container, in milliseconds: Kolla writes `ExecStop=/usr/bin/docker stop NAME -t 60`,
 * and gives the container itself no time. undefined where no unit says it.
 */
export function unitGraceMs(
  units: readonly ServiceUnit[],
  container: Pick<Container, 'id' | 'name'>,
): number | undefined {
  const lines = unitOfContainer(units, container)?.stops ?? []
  const calls = lines.flatMap((line) => engineCalls(wordsOf(line)))
  const stop = calls.find(
    ({ verb, words }) => verb === 'stop' && words.some((word) => isNamed(word, container)),
  )
  const words = stop?.words ?? []
  const at = words.findIndex((word) => /^(-t|--time(out)?)$/.test(word))
  const text = at === -1 ? words.map((word) => TIME.exec(word)?.[1]).find(Boolean) : words[at + 1]
  return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text) * 1000
}
