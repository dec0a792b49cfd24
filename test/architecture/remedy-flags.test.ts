import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readErrorTables, readFindingTables } from '../../scripts/docs/index.ts'
import { LAB_COMMANDS } from '../../lab/commands.ts'
import { loadCommands } from '../../src/cli/commands.ts'

const ofLab = await Promise.all(LAB_COMMANDS.map(({ load }) => load()))
const flags = new Set([...(await loadCommands()), ...ofLab].flatMap((command) => Object.keys(command.flags)))

/** Remedies that name flags of another program, which the words around say. */
const OF_OTHERS: ReadonlySet<string> = new Set([
  'ARGUMENTS_UNDONE_LATER',
  'CONTAINER_DISK_NO_INITRAMFS',
  'CONTAINER_OF_COMPOSE',
  'EROFS_DEVICES_MISSING',
  'EROFS_DEVICE_MISSING',
  'GRUB_MODULE_MISSING',
  'PROCESSES_HIDDEN',
  'PROC_UNREADABLE',
  'QCOW2_ENCRYPTED',
  'STOPPED_CONTAINERS_PRUNED',
])

/** Flags that a text names as Anneal's: most of those of other programs are in backquotes, with the program. */
function named(text: string): readonly string[] {
  const own = text.replaceAll(/`(?!anneal|-)[^`]*`/g, '')
  return [...own.matchAll(/(?<![\w-])--([a-z][a-z0-9-]*)/g)].map(([, flag = '']) => flag)
}

test('a remedy names only flags that Anneal has', async () => {
  const tables = [...(await readErrorTables()), ...(await readFindingTables())]
  const wrong = tables.flatMap(({ entries }) =>
    Object.entries(entries as Readonly<Record<string, Readonly<{ remedy?: string }>>>).flatMap(
      ([code, { remedy = '' }]) =>
        named(remedy)
          .filter((flag) => !flags.has(flag))
          .map((flag) => `${code}: --${flag}`),
    ),
  )
  assert.deepEqual(
    wrong.filter((one) => !OF_OTHERS.has(one.replace(/:.*/, ''))),
    [],
  )
  const unneeded = [...OF_OTHERS].filter((code) => !wrong.some((one) => one.startsWith(`${code}:`)))
  assert.deepEqual(unneeded, [])
})
