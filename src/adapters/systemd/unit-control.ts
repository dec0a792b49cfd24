import { setTimeout as sleep } from 'node:timers/promises'
import type { UnitControl } from '../../ports/index.ts'
import { dropInPath, hasDropIn, removeDropIn, writeDropIn } from './drop-in.ts'
import { raiseSystemd } from './errors.ts'
import { dropInPaths, showBlocks } from './show-output.ts'
import type { Shown } from './show-output.ts'
import { systemctlOf } from './systemctl.ts'
import type { Systemctl } from './systemctl.ts'
import { systemdUnitReader } from './unit-reader.ts'

export type UnitControlOptions = Readonly<{
  root?: string
  /** Prints what systemctl prints, for these arguments. */
  systemctl?: Systemctl
  /** How long a unit may take to start. */
  startMs?: number
}>

/** What systemd has made of a unit and its drop-ins. */
const SHOWN = [
  'Restart',
  'KillMode',
  'RuntimeDirectoryPreserve',
  'ExecStop',
  'ExecStopPost',
  'DropInPaths',
  'ActiveState',
  'SubState',
  'Job',
  'Result',
]

const POLL_MS = 200
const START_MS = 30_000

/**
 * Keeps units from acting by one drop-in each (`drop-in.ts`). Neither `systemctl stop` (it would run the very stop that
 * takes guests along) nor `disable` and `mask` are used: a unit is found as it was once the file is gone.
 */
export function systemdUnitControl(options: UnitControlOptions = {}): UnitControl {
  const root = options.root ?? '/'
  const startMs = options.startMs ?? START_MS
  const systemctl = (action: string, timeoutMs?: number): Systemctl =>
    options.systemctl ?? systemctlOf(action, timeoutMs)
  const reload = (unit: string): Promise<string> =>
    systemctl(`read ${unit} again`, 120_000)(['daemon-reload'])

  const show = async (unit: string): Promise<Shown> => {
    const text = await systemctl(`tell about ${unit}`)(['show', `--property=${SHOWN.join(',')}`, '--', unit])
    return showBlocks(text)[0] ?? { values: new Map(), environment: [], environmentFiles: [] }
  }
  const value = ({ values }: Shown, name: (typeof SHOWN)[number]): string => values.get(name)?.join(' ') ?? ''
  const goesByDropIn = (shown: Shown, unit: string): boolean => dropInPaths(shown).includes(dropInPath(unit))

  const isDisarmed = async (unit: string): Promise<boolean> => {
    const shown = await show(unit)
    return (
      goesByDropIn(shown, unit) &&
      value(shown, 'Restart') === 'no' &&
      value(shown, 'KillMode') === 'process' &&
      value(shown, 'RuntimeDirectoryPreserve') === 'yes' &&
      value(shown, 'ExecStop') === '' &&
      value(shown, 'ExecStopPost') === ''
    )
  }

  return {
    services: () => systemdUnitReader(options).services(),

    async disarm(unit) {
      if (hasDropIn(root, unit) && (await isDisarmed(unit))) return
      try {
        writeDropIn(root, unit)
      } catch (error) {
        throw raiseSystemd('UNIT_NOT_DISARMED', { unit, why: (error as Error).message }, error)
      }
      await reload(unit)
      if (!(await isDisarmed(unit))) {
        const why = `systemd does not go by ${dropInPath(unit)}; another drop-in sets Restart=, ExecStop=, KillMode= or RuntimeDirectoryPreserve= after it`
        throw raiseSystemd('UNIT_NOT_DISARMED', { unit, why })
      }
    },

    async rearm(unit) {
      try {
        removeDropIn(root, unit)
      } catch (error) {
        throw raiseSystemd('UNIT_NOT_REARMED', { unit, why: (error as Error).message }, error)
      }
      if (goesByDropIn(await show(unit), unit)) await reload(unit)
    },

    async start(unit) {
      const action = `start ${unit}`
      // A unit that failed too often is not started again before this.
      await systemctl(action)(['reset-failed', '--', unit]).catch(() => undefined)
      // Not waited for: at boot its job may wait for what waits for Anneal.
      await systemctl(action)(['start', '--no-block', '--', unit])
      const until = performance.now() + startMs
      for (;;) {
        const shown = await show(unit)
        const state = value(shown, 'ActiveState')
        if (state === 'active') return
        const pending = !/^0?$/.test(value(shown, 'Job'))
        if (state === 'failed' || performance.now() > until) {
          if (pending) return
          const why = `it is ${state} (${value(shown, 'SubState')}, ${value(shown, 'Result')})`
          throw raiseSystemd('UNIT_NOT_STARTED', { unit, why })
        }
        await sleep(POLL_MS)
      }
    },
  }
}
