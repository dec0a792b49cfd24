import { setTimeout as sleep } from 'node:timers/promises'
import type { UnitControl } from '../../ports/index.ts'
import { attachInstead } from '../../node/index.ts'
import { attachText, dropInPath, hasDropIn, removeDropIn, writeDropIn } from './drop-in.ts'
import { raiseSystemd } from './errors.ts'
import { argvOf, dropInPaths, showBlocks } from './show-output.ts'
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
  /** How long a unit has to be up before it counts as attached to its container. */
  settledMs?: number
}>

/** What systemd has made of a unit and its drop-ins. */
const SHOWN = [
  'Type',
  'ExecStart',
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
/** A command that could not attach to its container has ended by then. */
const SETTLED_MS = 3000

/**
 * Keeps units from acting by one drop-in each (`drop-in.ts`). Neither `systemctl stop` (it would run the very stop that
 * takes guests along) nor `disable` and `mask` are used: a unit is found as it was once the file is gone.
 */
export function systemdUnitControl(options: UnitControlOptions = {}): UnitControl {
  const root = options.root ?? '/'
  const startMs = options.startMs ?? START_MS
  const settledMs = options.settledMs ?? SETTLED_MS
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
    ...systemdUnitReader(options),

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

    async endMain(unit) {
      const end = systemctl(`end the main process of ${unit}`)
      // The longer name of the flag is of systemd 252.
      await end(['kill', '--kill-who=main', '--signal=SIGKILL', '--', unit])
      const until = performance.now() + startMs
      while (value(await show(unit), 'ActiveState') === 'active' && performance.now() < until)
        await sleep(POLL_MS)
    },

    async start(unit) {
      const command = attaching(await show(unit))
      if (command === undefined) return void (await start(unit))
      writeDropIn(root, unit, attachText(command))
      await reload(unit)
      let how: 'up' | 'waits' | undefined
      try {
        how = await start(unit, settledMs)
      } finally {
        // One whose job waits would start with its own command, once the file is gone: it counts as disarmed until the next recovery.
        if (how !== 'waits') {
          removeDropIn(root, unit)
          await reload(unit)
        }
      }
    },
  }

  /** What the unit is to start with where its container runs already; undefined where its own command does. */
  function attaching(shown: Shown): string | undefined {
    const commands = shown.values.get('ExecStart') ?? []
    const up = /^(active|reloading)$/.test(value(shown, 'ActiveState'))
    if (up || commands.length !== 1 || !/^(simple|exec)$/.test(value(shown, 'Type'))) return undefined
    return attachInstead(argvOf(commands[0] ?? ''))
  }

  /** `waits`: it has a job, which systemd does not do yet. `stayMs`: how long it has to be up. */
  async function start(unit: string, stayMs = 0): Promise<'up' | 'waits'> {
    const action = `start ${unit}`
    // A unit that failed too often is not started again before this.
    await systemctl(action)(['reset-failed', '--', unit]).catch(() => undefined)
    // Not waited for: at boot its job may wait for what waits for Anneal.
    await systemctl(action)(['start', '--no-block', '--', unit])
    const until = performance.now() + startMs
    let upSince: number | undefined
    for (;;) {
      const shown = await show(unit)
      const [state, now] = [value(shown, 'ActiveState'), performance.now()]
      if (state === 'active') {
        upSince ??= now
        if (now - upSince >= stayMs) return 'up'
      } else if (upSince !== undefined || state === 'failed' || now > until) {
        if (!/^0?$/.test(value(shown, 'Job'))) return 'waits'
        const why = `it is ${state} (${value(shown, 'SubState')}, ${value(shown, 'Result')})`
        throw raiseSystemd('UNIT_NOT_STARTED', { unit, why })
      }
      await sleep(POLL_MS)
    }
  }
}
