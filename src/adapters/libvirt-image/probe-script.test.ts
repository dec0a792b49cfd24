import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { drivenPools, hookScript, hooksTried, wholeAnswer, withEnd } from './probe-script.ts'

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

test('an answer counts only if its script ran to its end', () => {
  const answer = (script: string, shell = 'sh'): string | undefined => {
    return wholeAnswer(spawnSync(shell, ['-c', withEnd(script)], { encoding: 'utf8' }))
  }
  assert.equal(answer('printf said'), 'said')
  assert.equal(answer(':'), '')
  assert.equal(answer('echo said; exit 3'), undefined)
  assert.equal(answer('echo said; kill -9 $$'), undefined)
  assert.equal(answer('echo said', 'true'), undefined, 'what is called sh and is no shell')
  assert.equal(wholeAnswer({ stdout: 'sai' }), undefined)
})

test('the storage pools that libvirt has drivers for are those that it calls supported', () => {
  const said =
    "<storagepoolCapabilities>\n  <pool type='dir' supported='yes'>\n  </pool>\n  <pool type='rbd' supported='no'>\n  </pool>\n</storagepoolCapabilities>\n"
  assert.deepEqual(drivenPools(said), ['dir'])
  assert.deepEqual(drivenPools(''), [])
})

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
    const names = ['10 my hook', '20\thook', '.hidden', '..two']
    const said = tried(Object.fromEntries(names.map((name) => [`qemu.d/${name}`, fails])))
    assert.deepEqual(
      said,
      names.flatMap((name) => [0, 1].map((guest) => `qemu.d/${name.replace('\t', '?')}, ${guest}: 1 `)),
    )
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
