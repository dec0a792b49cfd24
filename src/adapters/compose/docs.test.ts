import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { refusedKeys } from '../../node/release/index.ts'

const page = readFileSync(fileURLToPath(new URL('../../../docs/release.md', import.meta.url)), 'utf8')

type Schema = Readonly<{
  properties?: Readonly<Record<string, Schema>>
  $defs?: Readonly<Record<string, Schema>>
}>

test('docs/release.md has every field of x-anneal, and its tables no other', () => {
  const file = new URL('x-anneal.schema.json', import.meta.url)
  const schema = JSON.parse(readFileSync(file, 'utf8')) as Schema
  const { release, service, probe, helper } = schema.$defs ?? {}
  const keys = (one: Schema | undefined): readonly string[] => Object.keys(one?.properties ?? {})
  const libvirt = keys(release?.properties?.['libvirt']).map((key) => `libvirt.${key}`)
  const fields = [...keys(release), ...libvirt, ...keys(service)]
  const tables = [...page.matchAll(/^\| `([\w.]+)` +\|/gm)].map((match) => match[1] ?? '')
  assert.deepEqual(tables.toSorted(), fields.toSorted())

  const probes = [...page.matchAll(/^\| `(\w+):[^|]*\|/gm)].map((match) => match[1] ?? '')
  assert.deepEqual(
    probes.toSorted(),
    keys(probe)
      .filter((key) => key !== 'timeout' && key !== 'interval')
      .toSorted(),
  )
  for (const key of [...keys(helper), 'timeout', 'interval']) assert.ok(page.includes(`\`${key}\``), key)
})

test('docs/release.md lists every key that a release refuses', () => {
  const listed = (of: string): readonly string[] => {
    const part = page.split(`- of ${of}: `)[1]?.split('\n- ')[0] ?? ''
    return [...part.matchAll(/`([a-z_]+)`/g)].map((match) => match[1] ?? '')
  }
  assert.deepEqual(listed('the top level'), refusedKeys.top)
  assert.deepEqual(listed('a service'), refusedKeys.service)
})
