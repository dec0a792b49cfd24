import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container, Mount } from '../../../node/index.ts'
import { lostUsers } from './check-users.ts'

const PATH = '/etc/libvirt/passwd.db'
const bind = (source: string, target = source): Mount => ({ type: 'bind', source, target, readOnly: false })

/** What an upgrade of `old` to a service with these mounts finds; `there` are the files of the host. */
async function found(
  old: Partial<Container>,
  mounts: readonly Mount[],
  ...there: readonly string[]
): Promise<readonly string[]> {
  const world = { disk: { sizeBytes: async (path: string) => (there.includes(path) ? 1 : undefined) } }
  const plan = {
    kind: 'upgrade',
    actions: [{ service: 'libvirt', action: 'replace', old: { containerName: 'old' }, newName: 'new' }],
  }
  const release = { services: [{ name: 'libvirt', container: { mounts } }] }
  const sides = { old: {}, next: { libvirt: { service: 'libvirt' }, release } }
  const seen = { containers: [{ name: 'old', mounts: [], pid: 7, ...old }] }
  const findings = await lostUsers(world as never, plan as never, sides as never, seen as never)
  return findings.map(({ evidence }) => evidence.replace(/^\S+, .* is (.*?): .*$/, '$1'))
}

test('users of libvirt are found wherever the old one has their file', async () => {
  const inside = { rootUpperDir: '/up' }
  assert.deepEqual(await found(inside, [], `/up${PATH}`), ['inside of container "old"'])
  assert.deepEqual(await found(inside, [bind('/etc/libvirt')], `/up${PATH}`), [])
  const bound = { ...inside, mounts: [bind('/srv/libvirt', '/etc/libvirt')] }
  assert.deepEqual(await found(bound, [], '/srv/libvirt/passwd.db'), [
    '/srv/libvirt/passwd.db for container "old"',
  ])
  assert.deepEqual(await found(bound, []), [])
  const host = { hostUnit: { unit: 'libvirtd.service' }, mounts: [bind('/run/libvirt')] }
  assert.deepEqual(await found(host, [], PATH), ['a file of the host'])
  assert.deepEqual(await found(host, [bind(PATH)], PATH), [])
  assert.deepEqual(await found(host, [], '/etc/sasldb2'), [])
})
