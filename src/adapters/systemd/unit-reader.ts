import { existsSync, readFileSync, readdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'

import type { ServiceUnit } from '../../node/index.ts'
import type { UnitReader } from '../../ports/index.ts'
import { mentionsEngine, scriptsIn } from '../host-scripts/index.ts'
import { readChangedUnits } from './changed-units.ts'
import { dropInPath } from './drop-in.ts'
import { PROPERTIES, commandLines, dropInPaths, showBlocks, unitFromShow } from './show-output.ts'
import type { Shown } from './show-output.ts'
import { systemctlOf } from './systemctl.ts'
import type { Systemctl } from './systemctl.ts'

/** Where systemd looks for units of the system, systemd.unit(5). The order does not matter here. */
const FOLDERS = [
  'etc/systemd/system.control',
  'run/systemd/system.control',
  'run/systemd/transient',
  'run/systemd/generator.early',
  'etc/systemd/system',
  'etc/systemd/system.attached',
  'run/systemd/system',
  'run/systemd/system.attached',
  'run/systemd/generator',
  'usr/local/lib/systemd/system',
  'usr/lib/systemd/system',
  'lib/systemd/system',
  'run/systemd/generator.late',
]

/** Units may be bound to units, and so on. */
const MOST_BOUND = 8

export type UnitReaderOptions = Readonly<{
  root?: string
  /** Prints what `systemctl show` prints, for these arguments. */
  systemctl?: Systemctl
}>

/**
 * The services of the host that call a container engine, by their files, their drop-ins or the scripts that they start.
 * Files say which units are worth a question; systemd says what they come to, with drop-ins and specifiers applied.
 */
export function systemdUnitReader(options: UnitReaderOptions = {}): UnitReader {
  const root = options.root ?? '/'
  const systemctl = options.systemctl ?? systemctlOf('tell which units start containers')
  return {
    async services() {
      // sd_booted(3)
      if (!existsSync(join(root, 'run/systemd/system'))) return []
      const names = await candidates(root, systemctl)
      if (names.length === 0) return []
      const show = async (which: readonly string[]): Promise<readonly ServiceUnit[]> =>
        showBlocks(await systemctl(['show', `--property=${PROPERTIES.join(',')}`, '--', ...which])).map(
          (one) => complete(one, root),
        )
      const units = [...(await show(names))]
      // And those that systemd stops or restarts with them, or stops once they need them no longer.
      for (let depth = 0; depth < MOST_BOUND; depth++) {
        const known = new Set(units.map(({ name }) => name))
        const bound = new Set(
          units
            .flatMap(({ stopsWithIt = [], restartsWithIt = [] }) => [...stopsWithIt, ...restartsWithIt])
            .filter((name) => !known.has(name)),
        )
        if (bound.size === 0) break
        units.push(...(await show([...bound])))
      }
      return [...units, ...(await onlyIfNeeded(units, show))]
    },
    async changed(units) {
      if (units.length === 0 || !existsSync(join(root, 'run/systemd/system'))) return []
      return readChangedUnits(units, systemctl)
    },
  }
}

/** What the units need and is there only as long as it is needed (`StopWhenUnneeded=`), what that needs, and who else needs it. */
async function onlyIfNeeded(
  units: readonly ServiceUnit[],
  show: (names: readonly string[]) => Promise<readonly ServiceUnit[]>,
): Promise<readonly ServiceUnit[]> {
  const known = new Map(units.map((unit) => [unit.name, unit]))
  const ask = async (names: readonly string[]): Promise<readonly ServiceUnit[]> => {
    const fresh = [...new Set(names)].filter((name) => !known.has(name))
    for (const unit of fresh.length === 0 ? [] : await show(fresh)) known.set(unit.name, unit)
    return names.flatMap((name) => known.get(name) ?? [])
  }
  const found = new Map<string, ServiceUnit>()
  for (let last = units; last.length > 0;) {
    const needed = await ask(last.flatMap(({ needs = [] }) => needs))
    last = needed.filter(({ name, stopsUnneeded }) => stopsUnneeded === true && !found.has(name))
    for (const unit of last) found.set(unit.name, unit)
  }
  for (const unit of await ask([...found.values()].flatMap(({ neededBy = [] }) => neededBy)))
    found.set(unit.name, unit)
  for (const { name } of units) found.delete(name)
  return [...found.values()]
}

function complete(shown: Shown, root: string): ServiceUnit {
  const variables = new Map<string, string>()
  for (const path of shown.environmentFiles) {
    for (const line of (read(join(root, path)) ?? '').split('\n')) {
      const [, name, value] = /^\s*(?:export\s+)?(\w+)=["']?([^"'\n]*)/.exec(line) ?? []
      if (name !== undefined) variables.set(name, value ?? '')
    }
  }
  for (const [name, value] of shown.environment) variables.set(name, value)
  const unit = unitFromShow(shown, variables)
  const disarmed = dropInPaths(shown).includes(dropInPath(unit.name))
  return { ...unit, scripts: scriptsIn(unit.starts, { root }), ...(disarmed ? { disarmed } : {}) }
}

/** Names of the units whose text or scripts mention an engine. Instances of a template are found by their template. */
async function candidates(root: string, systemctl: Systemctl): Promise<readonly string[]> {
  const { texts, linked } = unitTexts(root)
  const found = new Set<string>()
  for (const [name, text] of texts) {
    const calls = mentionsEngine(text) || scriptsIn(commandLines(text), { root }).some(mentionsEngine)
    if (calls) found.add(name)
  }
  const templates = [...found].filter((name) => name.includes('@.'))
  for (const name of templates) found.delete(name)
  if (templates.length > 0) {
    const patterns = templates.map((name) => name.replace('@.', '@*.'))
    const loaded = await systemctl(['list-units', '--all', '--plain', '--no-legend', '--', ...patterns])
    const instances = [...loaded.split('\n').map((line) => line.trim().split(/\s+/)[0] ?? ''), ...linked]
    for (const instance of instances) {
      if (templates.includes(instance.replace(/@[^.]*\./, '@.')) && !instance.includes('@.'))
        found.add(instance)
    }
  }
  return [...found]
}

/**
 * The text of every service's file and drop-ins, and the names that targets link. Read at once and not in turns: these are
 * some hundred small files, and on a busy node each turn would be a wait.
 */
function unitTexts(root: string): { texts: ReadonlyMap<string, string>; linked: ReadonlySet<string> } {
  const texts = new Map<string, string>()
  const linked = new Set<string>()
  const folders = new Set(FOLDERS.map((folder) => realPath(join(root, folder))))
  const add = (unit: string, path: string): void => {
    texts.set(unit, `${texts.get(unit) ?? ''}\n${read(path) ?? ''}`)
  }
  for (const folder of folders) {
    for (const entry of namesIn(folder)) {
      const path = join(folder, entry)
      if (entry.endsWith('.service')) add(entry, path)
      else if (entry.endsWith('.service.d')) {
        for (const file of namesIn(path)) add(entry.slice(0, -'.d'.length), join(path, file))
      } else if (/\.(wants|requires)$/.test(entry)) {
        for (const link of namesIn(path)) linked.add(link)
      }
    }
  }
  return { texts, linked }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** /lib is /usr/lib on most hosts: no folder is read twice. */
function realPath(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    return folder
  }
}
