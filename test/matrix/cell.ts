import type { ComputeHost, NestedEngine } from '../../lab/index.ts'
import { anneal } from './anneal.ts'
import type { KillSetAnswer } from './anneal.ts'
import { CAUSE_FLAG, inflict } from './causes.ts'
import type { Cause } from './causes.ts'
import { CONTAINER, bringUp, clear, fateOf } from './guest.ts'
import type { LiveGuest } from './guest.ts'
import type { Stage } from './bed.ts'
import type { Placement } from './placements.ts'

export type Verdict = 'agree' | 'FALSE SAFE' | 'false alarm' | 'LOST BY ANNEAL' | 'ERROR'

/** One cell of the matrix: what the kill set said, and what the engine did. */
export type Cell = Readonly<{
  kind: 'fault'
  engine: NestedEngine
  placement: string
  cause: Cause
  predicted: 'lives' | 'dies' | '?'
  /** By which mechanisms, where it was to die. */
  mechanisms: readonly string[]
  happened: 'lives' | 'dies' | 'stuck' | '?'
  /** What became of the container, or what went wrong with the cell. */
  detail: string
  verdict: Verdict
  seconds: number
  at: string
}>

export async function runCell(stage: Stage, placement: Placement, cause: Cause): Promise<Cell> {
  const { host, engine } = stage
  const started = performance.now()
  const base = { kind: 'fault', engine, placement: placement.name, cause } as const
  const ended = () => ({
    seconds: Math.round((performance.now() - started) / 100) / 10,
    at: new Date().toISOString(),
  })
  try {
    await clear(host, engine)
    const guest = await bringUp(stage, placement)
    if (placement.rescued) {
      const lost = await rescue(host, engine, guest)
      if (lost !== undefined) {
        return {
          ...base,
          predicted: '?',
          mechanisms: [],
          happened: 'dies',
          detail: lost,
          verdict: 'LOST BY ANNEAL',
          ...ended(),
        }
      }
    }
    const { dies, mechanisms } = await predict(host, engine, guest, cause)
    const detail = await inflict(host, engine, CONTAINER, cause)
    const happened = await fateOf(host, guest)
    const predicted = dies ? 'dies' : 'lives'
    return {
      ...base,
      predicted,
      mechanisms,
      happened,
      detail,
      verdict: judge(predicted, happened),
      ...ended(),
    }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    return { ...base, predicted: '?', mechanisms: [], happened: '?', detail, verdict: 'ERROR', ...ended() }
  }
}

/** A guest that stands still is as bad as a dead one, whoever said that it would live. */
function judge(predicted: 'lives' | 'dies', happened: 'lives' | 'dies' | 'stuck'): Verdict {
  if (predicted === 'lives') return happened === 'lives' ? 'agree' : 'FALSE SAFE'
  return happened === 'lives' ? 'false alarm' : 'agree'
}

/** What `anneal node kill-set` says of the guest. Throws where its census does not have it. */
export async function predict(
  host: ComputeHost,
  engine: NestedEngine,
  guest: LiveGuest,
  cause: Cause,
): Promise<Readonly<{ dies: boolean; mechanisms: readonly string[] }>> {
  const {
    exitCode,
    value: answer,
    stderr,
  } = await anneal(host, engine, ['node', 'kill-set', CONTAINER, '--cause', CAUSE_FLAG[cause]])
  const value = answer as KillSetAnswer | undefined
  if (value === undefined) throw new Error(`anneal node kill-set exited with ${exitCode}: ${stderr.trim()}`)
  const seen = value.census.guests.find((one) => one.uuid === guest.uuid)
  if (seen?.identity.pid !== guest.pid) {
    throw new Error(`the census does not have guest ${guest.uuid} with pid ${guest.pid}`)
  }
  const doomed = value.endangered.filter((one) => one.kind === 'guest' && one.subject === guest.uuid)
  if (value.endangered.length > 0 !== (exitCode === 3)) {
    throw new Error(`exit code ${exitCode} with ${value.endangered.length} endangered`)
  }
  return { dies: doomed.length > 0, mechanisms: [...new Set(doomed.flatMap((one) => one.mechanisms))] }
}

/** Undefined where the guest still lives afterwards; else what was said. Throws where rescue says it could not. */
async function rescue(
  host: ComputeHost,
  engine: NestedEngine,
  guest: LiveGuest,
): Promise<string | undefined> {
  const { exitCode, stderr } = await anneal(host, engine, ['node', 'rescue', CONTAINER])
  const fate = await fateOf(host, guest)
  if (fate !== 'lives') return `after rescue the guest is ${fate}: ${stderr.trim()}`
  if (exitCode !== 0) throw new Error(`anneal node rescue exited with ${exitCode}: ${stderr.trim()}`)
  return undefined
}
