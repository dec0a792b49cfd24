import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Guest } from './census.ts'
import { judgeEnding } from './guest-ending.ts'
import type { EndingEvidence } from './guest-ending.ts'
import type { GuestLife, LoggedSignal } from './guest-log.ts'

const GUEST: Guest = {
  uuid: 'u1',
  name: 'one',
  emulator: '/usr/bin/qemu',
  consoleLogs: [],
  consoleBackend: 'none',
  identity: { pid: 10, startTicks: 100, exeInode: '1:1', namespaces: undefined, cgroups: [] },
}

const LIBVIRT: LoggedSignal = { signal: 15, pid: 7, program: '/usr/sbin/libvirtd' }

function life(reason: string | undefined, ...signals: LoggedSignal[]): GuestLife {
  return { startedAt: 1000, signals, ended: reason === undefined ? undefined : { at: 3000, reason } }
}

function judged(change: Partial<EndingEvidence>): readonly [string, 'counts' | 'does not count'] {
  const { kind, counts } = judgeEnding(GUEST, {
    seenAt: 2000,
    lives: undefined,
    domain: undefined,
    killedWith: [],
    computeSince: undefined,
    restartedAs: undefined,
    ...change,
  })
  return [kind, counts ? 'counts' : 'does not count']
}

test('a guest that its tenant or an operator ended does not count against the release', () => {
  assert.deepEqual(judged({ lives: [life('shutdown')] }), ['shutDown', 'does not count'])
  assert.deepEqual(judged({ lives: [life('shutdown', LIBVIRT)] }), ['shutDown', 'does not count'])
  assert.deepEqual(judged({ lives: [life('destroyed', LIBVIRT)] }), ['destroyed', 'does not count'])
  assert.deepEqual(judged({ lives: [life('migrated', LIBVIRT)] }), ['migrated', 'does not count'])
  assert.deepEqual(judged({ lives: [life('saved', LIBVIRT)] }), ['saved', 'does not count'])
})

test('a signal from anybody but libvirt counts, whatever libvirt makes of it', () => {
  const engine = { signal: 15, pid: 9, program: 'crun kill' }
  assert.deepEqual(judged({ lives: [life('shutdown', engine)] }), ['signalled', 'counts'])
  assert.deepEqual(judged({ lives: [life('destroyed', engine, LIBVIRT)] }), ['signalled', 'counts'])
  const imitator = { signal: 15, pid: 9, program: '/bin/sh /usr/sbin/libvirtd' }
  assert.deepEqual(judged({ lives: [life('shutdown', imitator)] }), ['signalled', 'counts'])
})

test('a crash, and a guest that libvirt killed when it came back, count', () => {
  assert.deepEqual(judged({ lives: [life('crashed')] }), ['crashed', 'counts'])
  assert.deepEqual(judged({ lives: [life('failed', LIBVIRT)] }), ['crashed', 'counts'])
  assert.deepEqual(judged({ lives: [life('daemon', LIBVIRT)] }), ['killedByLibvirt', 'counts'])
  assert.deepEqual(judged({ lives: [life('unknown', LIBVIRT)] }), ['killedByLibvirt', 'counts'])
  assert.deepEqual(judged({ lives: [life('crashed', LIBVIRT)] }), ['killedByLibvirt', 'counts'])
})

test('what cannot be known counts', () => {
  assert.deepEqual(judged({}), ['unknown', 'counts'])
  assert.deepEqual(judged({ lives: [life('unknown')] }), ['unknown', 'counts'])
  assert.deepEqual(judged({ lives: [life(undefined)] }), ['unknown', 'counts'])
  // Without a log nothing tells a signal from a shutdown.
  const shutOff = (reason: string): Partial<EndingEvidence> => ({ domain: { state: 'shutoff', reason } })
  assert.deepEqual(judged(shutOff('shutdown')), ['unknown', 'counts'])
  assert.deepEqual(judged(shutOff('destroyed')), ['destroyed', 'does not count'])
  // A journal of an earlier version does not say when the guest was last seen.
  assert.deepEqual(judged({ lives: [life('shutdown')], seenAt: undefined }), ['unknown', 'counts'])
})

test('a guest in the kill set of a container that stops counts, unless the release gives it up', () => {
  const killedWith = (expendable: boolean): Partial<EndingEvidence> => ({
    lives: [life('shutdown', LIBVIRT)],
    killedWith: [{ container: 'compute', expendable }],
  })
  assert.deepEqual(judged(killedWith(false)), ['signalled', 'counts'])
  assert.deepEqual(judged(killedWith(true)), ['expendable', 'does not count'])
})

test('a guest that was destroyed while the new compute service ran may have been destroyed by that', () => {
  const lives = [life('destroyed', LIBVIRT)]
  assert.deepEqual(judged({ lives, computeSince: 3001 }), ['destroyed', 'does not count'])
  assert.deepEqual(judged({ lives, computeSince: 3000 }), ['destroyed', 'counts'])
  assert.deepEqual(judged({ lives: [life('shutdown')], computeSince: 2000 }), ['shutDown', 'does not count'])
})

test('a guest that its tenant started again, and that was lost then, counts', () => {
  const again = (reason: string): GuestLife => ({ startedAt: 4000, signals: [], ended: { at: 5000, reason } })
  assert.deepEqual(judged({ lives: [life('shutdown'), again('crashed')] }), ['crashed', 'counts'])
  assert.deepEqual(judged({ lives: [life('shutdown'), again('destroyed')] }), ['shutDown', 'does not count'])
})

test('a guest that runs again is reported as restarted', () => {
  const ending = judgeEnding(GUEST, {
    seenAt: 2000,
    lives: [life('shutdown'), { startedAt: 4000, signals: [], ended: undefined }],
    domain: { state: 'running', reason: undefined },
    killedWith: [],
    computeSince: undefined,
    restartedAs: 20,
  })
  assert.equal(ending.restartedAs, 20)
  assert.equal(ending.counts, false)
  assert.equal(ending.at, '1970-01-01T00:00:03.000Z')
})
