import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

import { dockerStateRoots, readOciRecord, readShim } from './oci-state.ts'

const dir = mkdtempSync(join(tmpdir(), 'anneal-oci-'))
after(() => rmSync(dir, { recursive: true }))

function record(root: string, id: string, file: string, content: string): string {
  mkdirSync(join(dir, root, id), { recursive: true })
  writeFileSync(join(dir, root, id, file), content)
  return join(dir, root)
}

/** Some cgroup mount of the machine the test runs on. */
const mount = readFileSync('/proc/self/mountinfo', 'utf8')
  .split('\n')
  .find((line) => / - cgroup2? /.test(line) && line.split(' ')[3] === '/')
  ?.split(' ')[4]

test(
  'runc is known by its state.json, under whatever name it was registered',
  { skip: mount === undefined && 'needs a cgroup mount' },
  async () => {
    const state = JSON.stringify({ id: 'a', cgroup_paths: { devices: `${mount}/docker/a`, odd: 7 } })
    const root = record('runtime-mine', 'a', 'state.json', state)
    assert.deepEqual(await readOciRecord('a', [join(dir, 'absent'), root]), {
      family: 'runc',
      cgroupPaths: { devices: '/docker/a' },
    })
  },
)

test("crun is known by its status file, whose one path is every hierarchy's", async () => {
  const status = JSON.stringify({ pid: 1, 'cgroup-path': 'libpod_parent/libpod-b', 'systemd-cgroup': false })
  const found = await readOciRecord('b', [record('crun', 'b', 'status', status)])
  assert.equal(found?.family, 'crun')
  assert.deepEqual([...new Set(Object.values(found?.cgroupPaths ?? {}))], ['/libpod_parent/libpod-b'])
})

test('no record, or one that is no JSON, is undefined', async () => {
  assert.equal(await readOciRecord('c', [dir]), undefined)
  assert.equal(await readOciRecord('d', [record('runc', 'd', 'state.json', '{"cgroup')]), undefined)
})

test('the state roots of dockerd are those of its runtimes', async () => {
  mkdirSync(join(dir, 'exec/runtime-runc'), { recursive: true })
  mkdirSync(join(dir, 'exec/runtime-mine'))
  mkdirSync(join(dir, 'exec/containerd'))
  assert.deepEqual((await dockerStateRoots(join(dir, 'exec'))).toSorted(), [
    join(dir, 'exec/runtime-mine/moby'),
    join(dir, 'exec/runtime-runc/moby'),
  ])
  assert.deepEqual(await dockerStateRoots(join(dir, 'nothing')), [])
})

test('a process that no shim started tells no shim', async () => {
  assert.equal(await readShim(process.pid), undefined)
})
