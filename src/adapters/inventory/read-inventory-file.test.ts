import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { readInventoryFile } from './read-inventory-file.ts'

function read(text: string): ReturnType<typeof readInventoryFile> {
  const directory = mkdtempSync(join(tmpdir(), 'anneal-inventory-'))
  try {
    const file = join(directory, 'machines.yaml')
    writeFileSync(file, text)
    return readInventoryFile(file)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

test('more than a hundred machines may share what an anchor names', () => {
  const machines = Array.from({ length: 150 }, (_, index) =>
    [
      `  - name: node${index}`,
      `    ports: ["52:54:00:00:${(index >> 8).toString(16).padStart(2, '0')}:${(index & 255).toString(16).padStart(2, '0')}"]`,
      `    bmc: { address: 10.0.${index >> 8}.${index & 255}, username: *user, password: *password }`,
    ].join('\n'),
  )
  const text = `defaults:\n  driver: ipmi\n  bmc: { username: &user admin, password: &password { env: PW } }\nnodes:\n${machines.join('\n')}\n`
  assert.equal(read(text).nodes.length, 150)
})

test('aliases that multiply are refused', () => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
  for (let index = 1; index < 12; index += 1) {
    lines.push(`a${index}: &a${index} [${Array.from({ length: 10 }, () => `*a${index - 1}`).join(', ')}]`)
  }
  assert.throws(
    () => read(lines.join('\n')),
    (error) => isAnnealError(error) && error.code === 'INVENTORY_INVALID',
  )
})
