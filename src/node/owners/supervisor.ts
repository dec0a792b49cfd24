import type { Container } from '../container.ts'
import { engineCalls, isNamed, startsContainer, wordsOf } from './engine-calls.ts'
import type { EngineCall } from './engine-calls.ts'
import { isUp } from './service-unit.ts'
import type { ServiceUnit } from './service-unit.ts'

/** A systemd unit that keeps an adopted container running. Anneal disarms it before a switch, and arms it again on the way back. */
export type Supervisor = Readonly<{
  /** Name of the unit. */
  unit: string
  /** Whether it ran when the container was adopted: it is started again when it is armed. */
  ran: boolean
  /**
   * Its start makes the container, which is gone once it has stopped (`podman run --rm`, as of a quadlet): the way back is the start
   * of the unit.
   */
  makes?: boolean
}>

/** What a decision about a unit needs to know of its container. */
type Supervised = Pick<Container, 'id' | 'name' | 'autoRemove'>

/** Whether a unit can be kept from acting without stopping it; `why` says what speaks against it. */
export type Disarming =
  | Readonly<{ possible: true; supervisor: Supervisor }>
  | Readonly<{ possible: false; why: string }>

/**
 * A unit can be disarmed where it does nothing with an engine but start this container, or make it where the container removes itself:
 * it can then be started again beside the running container, or in place of the one that is gone, and does no harm. A script
 * may do anything, and a path or socket unit fails permanently when the service that it starts is skipped.
 */
export function disarming(unit: ServiceUnit, container: Supervised): Disarming {
  const makes = makesContainer(unit, container)
  const why = obstacle(unit, container, makes)
  return why === undefined
    ? {
        possible: true,
        supervisor: { unit: unit.name, ran: isUp(unit), ...(makes ? { makes: true } : {}) },
      }
    : { possible: false, why }
}

/** Whether the unit, which is up or which Anneal disarmed, makes a container that is gone once it has stopped. */
function makesContainer(unit: ServiceUnit, container: Supervised): boolean {
  if (container.autoRemove !== true || !(isUp(unit) || unit.disarmed === true)) return false
  const calls = unit.starts.flatMap((line) => engineCalls(wordsOf(line)))
  return calls.filter((call) => isRun(call, container)).length === 1
}

function isRun(call: EngineCall, container: Supervised): boolean {
  return call.verb === 'run' && startsContainer(call, container)
}

/** What a unit may do before it makes its container: fetch the image, and clear away an earlier container of that name. */
function clearsWay({ verb, words }: EngineCall, container: Supervised): boolean {
  if (verb === 'pull') return true
  if (!/^(rm|stop|kill)$/.test(verb) || words.some((word) => /^(--all|-[a-z]*a[a-z]*)$/.test(word)))
    return false
  return words.every((word) => /^-|^\d+$|^\/run\/\S+id$/.test(word) || isNamed(word, container))
}

function obstacle(unit: ServiceUnit, container: Supervised, makes: boolean): string | undefined {
  const lines = unit.starts.map((line) => ({ line, calls: engineCalls(wordsOf(line)) }))
  const scripted = unit.scripts.some((script) => engineCalls(wordsOf(script)).length > 0)
  const shell = lines.find(({ line, calls }) => calls.length > 0 && !isPlain(line))
  if (scripted || shell !== undefined) return 'it runs a script, which may start the container by itself'
  const calls = lines.flatMap((line) => line.calls)
  const expected = (call: EngineCall): boolean =>
    makes
      ? isRun(call, container) || clearsWay(call, container)
      : call.verb === 'start' && startsContainer(call, container)
  const other = calls.find((call) => !expected(call))
  if (other !== undefined)
    return `its start does more than start this container (${other.program} ${other.verb})`
  const beside = calls
    .filter(({ verb }) => verb === 'start')
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
