import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Guest, GuestEnding } from '../guests/index.ts'
import type { Process } from '../process.ts'
import type { CheckReport } from './check.ts'
import { prove } from './prove.ts'
import type { After } from './prove.ts'

const NAMESPACES = { pid: 1, mnt: 2, net: 3, cgroup: 4, ipc: 5 }

const guest: Guest = {
  uuid: 'u1',
  name: 'one',
  emulator: '/usr/bin/qemu',
  consoleLogs: ['/log'],
  consoleBackend: 'logd',
  identity: { pid: 10, startTicks: 100, exeInode: '1:1', namespaces: NAMESPACES, cgroups: [] },
}

const process: Process = {
  pid: 10,
  startTicks: 100,
  ppid: 1,
  name: 'qemu',
  exe: '/usr/bin/qemu',
  exeInode: '1:1',
  argv: [],
  uid: 0,
  namespaces: NAMESPACES,
  cgroups: [],
}

const before: CheckReport = {
  bootId: 'b',
  census: { guests: [guest], helpers: [], stale: [] },
  killSets: [],
  endangered: [],
  findings: [],
  admissibility: undefined,
  domains: [{ uuid: 'u1', name: 'one', state: 'running' }],
  growingConsoles: { '/log': 100 },
  verdict: 'clear',
}

const after: After = {
  table: { layout: 'legacy', hostPidNamespace: 1, processes: [process] },
  domains: [{ uuid: 'u1', name: 'one', state: 'running' }],
  present: [guest],
  endings: [],
  hasHypervisor: true,
  services: [{ service: 'libvirt', container: 'c', ready: true, detail: 'running' }],
  consoles: { '/log': 101 },
  strangers: [],
}

const codes = (change: Partial<After>, from: CheckReport = before): string[] =>
  prove(from, { ...after, ...change }).failures.map((failure) => failure.code)

const processes = (...list: Process[]): Partial<After> => ({ table: { ...after.table, processes: list } })

test('a node on which nothing changed is proven', () => {
  assert.deepEqual(codes({}), [])
})

test('each thing that may go wrong with a guest has its own code', () => {
  assert.deepEqual(codes(processes()), ['GUEST_DIED'])
  assert.deepEqual(codes(processes({ ...process, startTicks: 101 })), ['GUEST_DIED'])
  assert.deepEqual(codes(processes({ ...process, exeInode: '1:2' })), ['GUEST_CHANGED'])
  assert.deepEqual(codes(processes({ ...process, namespaces: { ...NAMESPACES, mnt: 9 } })), ['GUEST_CHANGED'])
  assert.deepEqual(codes({ domains: [] }), ['GUEST_UNSEEN'])
  assert.deepEqual(codes({ domains: [{ uuid: 'u1', name: 'one', state: 'shutoff' }] }), ['GUEST_UNSEEN'])
  assert.deepEqual(codes({ domains: [{ uuid: 'u1', name: 'one', state: 'paused' }] }), [
    'GUEST_STATE_CHANGED',
  ])
})

const ENDED: GuestEnding = {
  uuid: 'u1',
  name: 'one',
  pid: 10,
  kind: 'shutDown',
  counts: false,
  detail: 'it shut down',
}

test('a guest that its tenant ended is reported with its helpers and its console, and fails nothing', () => {
  const swtpm = {
    kind: 'swtpm' as const,
    name: 'swtpm',
    identity: { ...guest.identity, pid: 20 },
    guests: ['u1'],
  }
  const withHelper = { ...before, census: { ...before.census, helpers: [swtpm] } }
  const gone = { ...processes(), present: [], consoles: {} }
  const proof = prove(withHelper, { ...after, ...gone, endings: [ENDED] })
  assert.deepEqual([proof.ok, proof.ended], [true, [ENDED]])
  assert.deepEqual(codes({ ...gone, endings: [{ ...ENDED, kind: 'crashed', counts: true }] }, withHelper), [
    'GUEST_DIED',
    'HELPER_DIED',
    'CONSOLE_SILENT',
  ])
  // The ending of another process of the same guest is none of this one's.
  assert.deepEqual(codes({ ...processes(), endings: [{ ...ENDED, pid: 9 }] }), ['GUEST_DIED'])
})

test('a guest that started after the census is reported; one that runs again is not new', () => {
  const other: Guest = { ...guest, uuid: 'u2', name: 'two', identity: { ...guest.identity, pid: 30 } }
  const again: Guest = { ...guest, identity: { ...guest.identity, pid: 31 } }
  const { startedMeanwhile } = prove(before, { ...after, present: [other, again] })
  assert.deepEqual(startedMeanwhile, [{ uuid: 'u2', name: 'two', pid: 30 }])
})

test('a guest that a user paused or resumed fails nothing; one that libvirt paused by itself does', () => {
  const paused = (reason: string): string[] =>
    codes({ domains: [{ uuid: 'u1', name: 'one', state: 'paused', reason }], consoles: { '/log': 100 } })
  assert.deepEqual(paused('user'), [])
  assert.deepEqual(paused('I/O error'), ['GUEST_STATE_CHANGED', 'CONSOLE_SILENT'])
  const wasPaused = { ...before, domains: [{ uuid: 'u1', name: 'one', state: 'paused' }] }
  assert.deepEqual(codes({}, wasPaused), [])
})

test('the console of a guest that ended before the last count is not waited for', () => {
  const recounted = { ...before, census: { guests: [], helpers: [], stale: [] } }
  assert.deepEqual(codes({ ...processes(), consoles: {} }, recounted), [])
})

test('a console that grew and grows no more fails, one that was silent before does not', () => {
  assert.deepEqual(codes({ consoles: { '/log': 100 } }), ['CONSOLE_SILENT'])
  assert.deepEqual(codes({ consoles: {} }), ['CONSOLE_SILENT'])
  assert.deepEqual(codes({ consoles: {} }, { ...before, growingConsoles: {} }), [])
})

test('a console that grows no more fails nothing where it is still open for writing', () => {
  const silent = { ...after, consoles: { '/log': 100 } }
  const { ok, quietConsoles } = prove(before, { ...silent, writtenConsoles: ['/log'] })
  assert.deepEqual([ok, quietConsoles], [true, ['/log']])
  assert.deepEqual(codes({ ...silent, writtenConsoles: ['/other'] }), ['CONSOLE_SILENT'])
  // A guest that went quiet is as dead as any other where its process is gone.
  assert.deepEqual(codes({ ...silent, ...processes(), writtenConsoles: ['/log'] }), ['GUEST_DIED'])
})

test('a console log that was rotated and written since has grown; an emptied one has not yet', () => {
  assert.deepEqual(codes({ consoles: { '/log': 7 } }), [])
  assert.deepEqual(codes({ consoles: { '/log': 0 } }), ['CONSOLE_SILENT'])
})

test('a silent libvirt, a service that is down and a second release fail', () => {
  assert.deepEqual(codes({ domains: undefined }), ['HYPERVISOR_SILENT'])
  assert.deepEqual(codes({ services: [{ service: 'x', container: 'c', ready: false, detail: 'exited' }] }), [
    'SERVICE_NOT_READY',
  ])
  assert.deepEqual(codes({ strangers: ['other'] }), ['TWO_RELEASES_RUN'])
})

test('a helper that guests need must live on', () => {
  const helper = {
    kind: 'virtlogd' as const,
    name: 'virtlogd',
    identity: { ...guest.identity, pid: 20 },
    guests: [],
  }
  assert.deepEqual(codes({}, { ...before, census: { ...before.census, helpers: [helper] } }), ['HELPER_DIED'])
})

test('without a census (another boot, the first deployment) only what runs now counts', () => {
  assert.deepEqual(prove(undefined, { ...after, ...processes() }).failures, [])
})

test('a guest that libvirt never knew need not be known afterwards', () => {
  assert.deepEqual(codes({ domains: [] }, { ...before, domains: [] }), [])
})
