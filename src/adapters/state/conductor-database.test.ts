import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import type { MachineRecord } from '../../conductor/index.ts'
import { openConductorStore } from './conductor-database.ts'

const MACHINE: MachineRecord = {
  uuid: 'a',
  driver: 'ipmi',
  driverInfo: {},
  properties: {},
  instanceInfo: {},
  extra: {},
  traits: [],
  deployInterface: 'stream',
  provisionState: 'enroll',
  maintenance: false,
  protected: false,
  hasConfigDrive: false,
  createdAt: '2026-01-01T00:00:00Z',
  updatedAt: '2026-01-01T00:00:00Z',
}

const entry = (run: string, sequence: number) => ({ run, sequence, at: '', type: 'planned', data: {} })

describe('the store of a conductor', () => {
  const inDirectory = (what: string, holds: (directory: string) => void): void => {
    test(what, () => {
      const directory = mkdtempSync(join(tmpdir(), 'anneal-store-'))
      try {
        holds(directory)
      } finally {
        rmSync(directory, { recursive: true })
      }
    })
  }

  inDirectory('keeps machines, ports, sessions and secrets over a restart', (directory) => {
    const first = openConductorStore(directory)
    first.saveMachine(MACHINE)
    first.savePort({
      uuid: 'p',
      machine: 'a',
      address: '52:54:00:00:00:01',
      pxeEnabled: true,
      extra: {},
      createdAt: '',
    })
    first.saveSession('a', { task: 't', boots: 'ramdisk', bootToken: 'x' })
    first.saveCredentials('a', { ipmi_password: 'secret' })
    first.saveConfigDrive('a', '{"user_data":"hidden"}')
    first.close()
    const second = openConductorStore(directory)
    assert.deepEqual(second.machines(), [MACHINE])
    assert.deepEqual(
      second.ports().map(({ address }) => address),
      ['52:54:00:00:00:01'],
    )
    assert.deepEqual(second.session('a'), { task: 't', boots: 'ramdisk', bootToken: 'x' })
    assert.deepEqual(second.credentials('a'), { ipmi_password: 'secret' })
    assert.equal(second.configDrive('a'), '{"user_data":"hidden"}')
    second.close()
    const database = readFileSync(join(directory, 'conductor.db'), 'latin1')
    assert.doesNotMatch(database, /secret|hidden/)
    assert.equal(statSync(join(directory, 'machines/a/credentials.json')).mode & 0o777, 0o600)
  })

  inDirectory('keeps the journal of the last run alone', (directory) => {
    const store = openConductorStore(directory)
    store.appendJournal('a', entry('one', 0))
    store.appendJournal('a', entry('one', 1))
    store.appendJournal('a', entry('two', 0))
    assert.deepEqual(store.journal('a'), [entry('two', 0)])
    store.close()
  })

  inDirectory('removes a machine with everything that is kept of it', (directory) => {
    const store = openConductorStore(directory)
    store.saveMachine(MACHINE)
    store.saveCredentials('a', { ipmi_password: 'secret' })
    store.appendJournal('a', entry('one', 0))
    store.removeMachine('a')
    assert.deepEqual([store.machines(), store.journal('a'), store.credentials('a')], [[], [], {}])
    store.close()
  })

  inDirectory('says nothing of a file of secrets that is damaged', (directory) => {
    const store = openConductorStore(directory)
    store.saveCredentials('a', { ipmi_password: 'secret' })
    store.saveConfigDrive('a', '{"user_data":"secret"}')
    for (const name of ['credentials.json', 'config-drive.json']) {
      const path = join(directory, 'machines/a', name)
      writeFileSync(path, readFileSync(path, 'utf8').slice(0, -2))
    }
    for (const read of [() => store.credentials('a'), () => store.configDrive('a')]) {
      assert.throws(read, (error) => {
        assert.ok(isAnnealError(error, 'STATE_UNREADABLE'))
        assert.doesNotMatch(error.message, /secret/)
        return error.cause === undefined
      })
    }
    store.close()
  })

  inDirectory('is held by one process at a time', (directory) => {
    const store = openConductorStore(directory)
    assert.throws(
      () => openConductorStore(directory),
      (error) => isAnnealError(error, 'CONDUCTOR_LOCKED'),
    )
    store.close()
    openConductorStore(directory).close()
  })
})
