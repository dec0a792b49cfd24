import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readChangedUnits } from './changed-units.ts'

type Unit = Readonly<{ changed?: true; down?: true; unneeded?: true; links?: string }>

/** systemd with these units, in its words. */
const host = (units: Readonly<Record<string, Unit>>) => async (argv: readonly string[]) =>
  argv
    .slice(argv.indexOf('--') + 1)
    .map((name) => {
      const { changed, down, unneeded, links = '' } = units[name] ?? { down: true }
      return `Id=${name}\nActiveState=${down ? 'inactive' : 'active'}\nNeedDaemonReload=${changed ? 'yes' : 'no'}\nStopWhenUnneeded=${unneeded ? 'yes' : 'no'}\n${links}\n`
    })
    .join('\n')

test('a changed unit comes with those that systemd stops with it, however many are between', async () => {
  const units = {
    'guest.scope': { links: 'Requires=machine.slice\n' },
    'machine.slice': { links: 'BindsTo=store.service\n' },
    'store.service': { changed: true },
    'other.service': { changed: true },
  } as const
  assert.deepEqual(await readChangedUnits(['guest.scope'], host(units)), [
    { name: 'store.service', takes: ['guest.scope'] },
  ])
})

test('what needs a unit counts where that is there only as long as it is needed, and one that is down never', async () => {
  const needed = { links: 'WantedBy=nova.service\n' }
  const units = { 'nova.service': { changed: true } } as const
  assert.deepEqual(await readChangedUnits(['tpm.service'], host({ ...units, 'tpm.service': needed })), [])
  assert.deepEqual(
    await readChangedUnits(['tpm.service'], host({ ...units, 'tpm.service': { ...needed, unneeded: true } })),
    [{ name: 'nova.service', takes: ['tpm.service'] }],
  )
  assert.deepEqual(
    await readChangedUnits(['x.scope'], host({ 'x.scope': { changed: true, down: true } })),
    [],
  )
})

test('units that need one another are asked about once', async () => {
  const units = {
    'a.service': { links: 'BindsTo=b.service\n' },
    'b.service': { links: 'BindsTo=a.service\n' },
  }
  assert.deepEqual(await readChangedUnits(['a.service'], host(units)), [])
})
