import assert from 'node:assert/strict'
import { existsSync, statSync } from 'node:fs'
import { test } from 'node:test'

import { runApart } from '../../../src/adapters/systemd/index.ts'
import { missing } from './bed.ts'

const lacking = missing(['unshare', 'mount'])
const sh = (script: string, files: Readonly<Record<string, string>> = {}, timeoutMs = 60_000) =>
  runApart({ entrypoint: ['/bin/sh', '-c'], command: [script], files, timeoutMs })

test('a program of the host that is asked apart from it', { skip: lacking ?? false }, async (t) => {
  await t.test('sees the files that it is given, and nothing of the host’s state', async () => {
    const text = 'one line'
    const given = { '/run/libvirt/qemu/a.xml': text }
    const { exitCode, stdout } = await sh(
      'cat /run/libvirt/qemu/a.xml; echo; ls -d /run/libvirt /run/systemd /run/lock 2>/dev/null; echo $$',
      given,
    )
    assert.equal(exitCode, 0)
    assert.deepEqual(stdout.trim().split('\n'), [text, '/run/libvirt', '1'])
  })

  await t.test('leaves the host as it is: its directories, their rights, its files', async () => {
    const before = [statSync('/').mode, statSync('/run').mode, statSync('/etc').mode]
    await sh('echo x >/run/anneal-apart; mkdir /tmp/anneal-apart', { '/run/libvirt/qemu/a.xml': 'x' })
    assert.deepEqual([statSync('/').mode, statSync('/run').mode, statSync('/etc').mode], before)
    assert.equal(existsSync('/run/anneal-apart'), false)
    assert.equal(existsSync('/tmp/anneal-apart'), false)
  })

  await t.test('is given no file that would be the host’s own', async () => {
    await assert.rejects(
      sh('true', { '/etc/anneal-apart': 'x' }),
      /\/etc\/anneal-apart would be the host’s own/,
    )
    assert.equal(existsSync('/etc/anneal-apart'), false)
  })

  await t.test('ends with everything in it after its time', async () => {
    const since = Date.now()
    const { exitCode } = await sh('sleep 60 & sleep 60', {}, 500)
    assert.notEqual(exitCode, 0)
    assert.ok(Date.now() - since < 30_000)
  })
})
