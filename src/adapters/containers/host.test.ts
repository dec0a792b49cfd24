import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { enabledAtBoot } from './boot-unit.ts'
import { missingCapabilities } from './capabilities.ts'
import { programIn, runtimePrograms } from './runtime-program.ts'
import { signalName, signalNumber } from './signals.ts'

test('capabilities that are missing from the bounding set are named', () => {
  assert.deepEqual(missingCapabilities('CapBnd:\t000001fffeffffff\n', 40), ['CAP_SYS_RESOURCE'])
  assert.deepEqual(missingCapabilities('CapBnd:\t000001ffffffffff\n', 40), [])
  assert.deepEqual(missingCapabilities('CapBnd:\t000001ffffffffff\n', 41), ['CAP_41'])
  assert.deepEqual(missingCapabilities('', 40), [])
})

test('signals are known by name and number', () => {
  for (const name of ['SIGTERM', 'term', '15']) assert.equal(signalNumber(name), 15)
  assert.equal(signalNumber('SIGRTMIN+3'), 37)
  assert.equal(signalNumber('SIGNOTHING'), undefined)
  assert.equal(signalName(15), 'SIGTERM')
  assert.equal(signalName('37'), 'SIGRTMIN+3')
  assert.equal(signalName('quit'), 'SIGQUIT')
})

test('a unit starts at boot where systemd is init and a target wants it', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'anneal-boot-'))
  t.after(() => rmSync(root, { recursive: true }))
  const wants = join(root, 'etc/systemd/system/multi-user.target.wants')
  mkdirSync(wants, { recursive: true })
  writeFileSync(join(wants, 'docker.service'), '')
  assert.equal(await enabledAtBoot('docker.service', root), false)
  mkdirSync(join(root, 'run/systemd/system'), { recursive: true })
  assert.equal(await enabledAtBoot('docker.service', root), true)
  assert.equal(await enabledAtBoot('podman-restart.service', root), false)
})

test('a runtime names itself, also through a wrapper', async (t) => {
  assert.deepEqual(programIn('runc version 1.1.5+ds1\ncommit: 1\n'), { family: 'runc', version: '1.1.5' })
  assert.deepEqual(programIn('crun version 1.8.1\n'), { family: 'crun', version: '1.8.1' })
  assert.deepEqual(programIn('youki version 0.5.0\n'), { family: 'unknown', version: '0.5.0' })
  assert.deepEqual(programIn('what?'), { family: 'unknown', version: undefined })
  const dir = mkdtempSync(join(tmpdir(), 'anneal-runtime-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const wrapper = join(dir, 'mine')
  writeFileSync(wrapper, '#!/bin/sh\necho "runc version 1.2.3"\n', { mode: 0o755 })
  const programOf = runtimePrograms()
  assert.deepEqual(await programOf(wrapper), { family: 'runc', version: '1.2.3' })
  assert.equal(await programOf(join(dir, 'absent')), undefined)
})
