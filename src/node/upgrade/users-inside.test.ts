import assert from 'node:assert/strict'
import { test } from 'node:test'
import { usersInside } from './users-inside.ts'

const PATH = '/etc/libvirt/passwd.db'
const BOUND = { type: 'bind' as const, source: '/etc/kolla/nova-libvirt/passwd.db', target: PATH }

type Place = Parameters<typeof usersInside>[1]

const place = (changes: Partial<Place>): Place => ({
  name: 'nova_libvirt',
  mounts: [],
  written: [],
  ...changes,
})
const found = (kind: 'upgrade' | 'rollback', old: Partial<Place>, next: Partial<Place>): readonly string[] =>
  usersInside({ kind }, place(old), place({ name: 'libvirt', ...next })).map(
    ({ code, severity, subject }) => `${severity} ${code} ${subject}`,
  )

test('users of libvirt that were made inside of its container refuse an upgrade that would lose them', () => {
  assert.deepEqual(found('upgrade', { written: [PATH] }, {}), ['refuse LIBVIRT_USERS_INSIDE libvirt'])
  const [finding] = usersInside({ kind: 'upgrade' }, place({ written: [PATH] }), place({}))
  assert.match(finding?.remedy ?? '', /docker cp nova_libvirt:\/etc\/libvirt\/passwd\.db DIRECTORY\//)
})

test('a way back to a container without them has a warning, and is not refused', () => {
  assert.deepEqual(found('rollback', { mounts: [BOUND], written: [PATH] }, {}), [
    'warn LIBVIRT_USERS_INSIDE libvirt',
  ])
  assert.deepEqual(found('rollback', { mounts: [BOUND], written: [PATH] }, { written: [PATH] }), [])
})

test('users of a host’s libvirt refuse a take-over that does not bind their file', () => {
  const host = { name: 'libvirtd.service', written: [PATH], isHost: true } as const
  assert.deepEqual(found('upgrade', host, {}), ['refuse LIBVIRT_USERS_INSIDE libvirt'])
  const [finding] = usersInside({ kind: 'upgrade' }, place(host), place({ name: 'libvirt' }))
  assert.match(finding?.evidence ?? '', /is a file of the host: /)
  assert.match(finding?.remedy ?? '', /^add `\/etc\/libvirt\/passwd\.db:\/etc\/libvirt\/passwd\.db` to/)
  assert.deepEqual(found('upgrade', { ...host, written: ['/etc/sasldb2'] }, {}), [])
  const bound = { type: 'bind' as const, source: PATH, target: PATH }
  assert.deepEqual(found('upgrade', host, { mounts: [bound] }), [])
  assert.deepEqual(found('rollback', { mounts: [bound], written: [PATH] }, { written: [PATH] }), [])
})

test('users in a file of the host, and no users, are no finding', () => {
  assert.deepEqual(found('upgrade', { written: [PATH] }, { mounts: [BOUND] }), [])
  assert.deepEqual(found('upgrade', {}, {}), [])
  // A directory for it, without the file.
  assert.deepEqual(
    found('upgrade', { mounts: [{ ...BOUND, source: '/etc/libvirt', target: '/etc/libvirt' }] }, {}),
    [],
  )
})
