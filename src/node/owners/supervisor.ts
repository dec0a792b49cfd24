import type { Container } from '../container.ts'
import { engineCalls, isNamed, startsContainer, wordsOf } from './engine-calls.ts'
import { isUp } from './service-unit.ts'
import type { ServiceUnit } from './service-unit.ts'

/** A systemd unit that keeps an adopted container running. Anneal disarms it before a switch, and arms it again on the way back. */
export type Supervisor = Readonly<{
  /** Name of the unit. */
  unit: string
  /** Whether it ran when the container was adopted: it is started again when it is armed. */
  ran: boolean
}>

/** Whether a unit can be kept from acting without stopping it; `why` says what speaks against it. */
export type Disarming =
  | Readonly<{ possible: true; supervisor: Supervisor }>
  | Readonly<{ possible: false; why: string }>

/**
 * A unit can be disarmed where it does nothing with an engine but start this container: it can then be started again
 * beside the running container, and does no harm. A script may do anything, and a path or socket unit fails permanently
 * when the service that it starts is skipped.
 */
export function disarming(unit: ServiceUnit, container: Pick<Container, 'id' | 'name'>): Disarming {
  const why = obstacle(unit, container)
  return why === undefined
    ? { possible: true, supervisor: { unit: unit.name, ran: isUp(unit) } }
    : { possible: false, why }
}

function obstacle(unit: ServiceUnit, container: Pick<Container, 'id' | 'name'>): string | undefined {
  const lines = unit.starts.map((line) => ({ line, calls: engineCalls(wordsOf(line)) }))
  const scripted = unit.scripts.some((script) => engineCalls(wordsOf(script)).length > 0)
  const shell = lines.find(({ line, calls }) => calls.length > 0 && !isPlain(line))
  if (scripted || shell !== undefined) return 'it runs a script, which may start the container by itself'
  const calls = lines.flatMap((line) => line.calls)
  const other = calls.find((call) => call.verb !== 'start' || !startsContainer(call, container))
  if (other !== undefined)
    return `its start does more than start this container (${other.program} ${other.verb})`
  const beside = calls
    .flatMap(({ words }) => words)
    .find((word) => !word.startsWith('-') && !isNamed(word, container))
  if (beside !== undefined) return `it also starts "${beside}"`
  if (calls.length === 0) return 'its start is no call of the engine'
  const trigger = unit.triggeredBy.find((name) => /\.(path|socket)$/.test(name))
  if (trigger !== undefined) return `${trigger} starts it, and would fail while it may not start`
  // Docker's daemon makes the mounts, Podman's client does.
  if (unit.hasPrivateTmp === true && calls.some(({ program }) => program === 'podman'))
    return 'its end removes its own /tmp and /var/tmp, and what the container has from there (PrivateTmp=)'
  const bound = unit.stopsWithIt?.[0]
  if (bound !== undefined) return `systemd stops ${bound} when it ends (BindsTo=)`
  const next = unit.startsAtEnd?.[0]
  return next === undefined ? undefined : `systemd starts ${next} when it ends (OnSuccess=)`
}

/** One call of the engine by its path, and no shell around it. */
function isPlain(line: string): boolean {
  return /^[-@:+!|]*(\S*\/)?(docker|podman|nerdctl)\s/.test(line) && engineCalls(wordsOf(line)).length === 1
}
