import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { hookScript, hooksTried } from './probe-script.ts'

/** Runs the script on hooks of these texts, by their paths, and on two guests. What each hook did, by its path. */
function tried(hooks: Readonly<Record<string, string>>): readonly string[] {
  const directory = mkdtempSync(join(tmpdir(), 'anneal-hooks-'))
  try {
    const [folder, guests] = [join(directory, 'hooks'), join(directory, 'guests')]
    for (const one of [join(folder, 'qemu.d'), guests]) mkdirSync(one, { recursive: true })
    for (const [path, text] of Object.entries(hooks)) writeFileSync(join(folder, path), text, { mode: 0o755 })
    for (const number of [0, 1]) {
      writeFileSync(join(guests, `${number}.name`), `guest ${number}`)
      writeFileSync(join(guests, `${number}.xml`), '<domain />')
    }
    const { stdout } = spawnSync('sh', ['-c', hookScript(folder, guests)], { encoding: 'utf8' })
    return hooksTried(stdout).map(
      ({ hook, guest, exitCode, said }) => `${hook.slice(folder.length + 1)}, ${guest}: ${exitCode} ${said}`,
    )
  } finally {
    rmSync(directory, { recursive: true })
  }
}

describe('hooks of libvirt', () => {
  test('are called for each guest with its name, "reconnect begin -" and its definition', () => {
    const said = tried({ qemu: '#!/bin/sh\necho "$1|$2 $3 $4|$(cat)"; exit 3' })
    assert.deepEqual(said, [
      'qemu, 0: 3 guest 0|reconnect begin -|<domain />',
      'qemu, 1: 3 guest 1|reconnect begin -|<domain />',
    ])
  })

  test('count in qemu.d under any name', () => {
    const fails = '#!/bin/sh\nexit 1'
    const said = tried({ 'qemu.d/10 my hook': fails, 'qemu.d/.hidden': fails })
    assert.deepEqual(said, [
      'qemu.d/10 my hook, 0: 1 ',
      'qemu.d/10 my hook, 1: 1 ',
      'qemu.d/.hidden, 0: 1 ',
      'qemu.d/.hidden, 1: 1 ',
    ])
  })

  test('fail where no kernel would start them', () => {
    assert.deepEqual(
      tried({ qemu: 'exit 0' })[0],
      'qemu, 0: 126 it is neither a script with #! nor a program',
    )
  })

  test('are not called for further guests once one has hung', () => {
    const hangs = '#!/bin/sh\nexit 124'
    assert.deepEqual(tried({ qemu: hangs }), ['qemu, 0: 124 '])
  })
})
